"""What `tribunal collect` does: it reads feeds and adds to the archive what it has not seen."""

import argparse
import asyncio
import sys
from pathlib import Path

from config.clock import SystemClock
from config.errors import DataFault, OutputFault, UsageFault
from config.sections.sentiment import SourceSettings
from sentiment.headline import Headline

_MORE = "Give feeds as NAME=URL, such as wire=https://example.org/rss."


def collect_command(arguments: argparse.Namespace) -> int:
    """Collect once, or until stopped; returns the exit code. Raises UsageFault, OutputFault."""
    feeds = [_feed(text) for text in arguments.feed]
    return asyncio.run(_collect(feeds, Path(arguments.archive), arguments.every))


async def _collect(feeds: list[SourceSettings], archive: Path, every: float | None) -> int:
    from sentiment.sources.rss import RssSource

    sources = [RssSource(feed, SystemClock()) for feed in feeds]
    known = _known(archive)
    while True:
        await asyncio.gather(*(source.refresh() for source in sources))
        fresh = [line for source in sources for line in source.seen() if _key(line) not in known]
        _add(archive, fresh)
        known.update(_key(line) for line in fresh)
        for source in sources:
            note = f"not read: {source.failure}" if source.failure else f"{len(source.seen())} headlines known"
            sys.stderr.write(f"{source.name}: {note}\n")
        sys.stdout.write(f"{len(fresh)} new headlines, {len(known)} in {archive.name}\n")
        if every is None:
            return DataFault.exit_code if all(source.failure for source in sources) else 0
        await asyncio.sleep(every)


def _feed(text: str) -> SourceSettings:
    name, sign, url = text.partition("=")
    if not sign or not name or not url.startswith(("http://", "https://")):
        raise UsageFault(f"--feed {text!r} is not a feed; nothing was read. {_MORE}")
    return SourceSettings(kind="rss", name=name[:40], weight=1.0, url=url)


def _known(archive: Path) -> set[tuple[str, str]]:
    """What the archive holds. A last line that was cut by a kill is left alone, and the next one begins afresh."""
    if archive.suffix != ".jsonl":
        raise UsageFault(f"{archive.name} is not a .jsonl file; nothing was read. Name the archive so.")
    known = set()
    try:
        lines = archive.read_text().splitlines() if archive.exists() else []
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageFault(f"{archive} cannot be read ({fault}); nothing was added to it.") from fault
    for line in lines:
        try:
            known.add(_key(Headline.model_validate_json(line)))
        except ValueError:
            continue
    return known


def _add(archive: Path, fresh: list[Headline]) -> None:
    text = "".join(line.model_dump_json() + "\n" for line in fresh)
    try:
        whole = not archive.exists() or archive.stat().st_size == 0 or archive.read_bytes().endswith(b"\n")
        with archive.open("a") as file:
            file.write(text if whole else "\n" + text)
    except OSError as fault:
        raise OutputFault(f"{archive} cannot be written ({fault.strerror}); what was read is lost.") from fault


def _key(line: Headline) -> tuple[str, str]:
    return line.source, line.text.casefold()
