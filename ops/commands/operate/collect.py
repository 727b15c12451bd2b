"""What `tribunal collect` does: it reads feeds and adds to the archive what it has not seen."""

import argparse
import asyncio
import sys
from pathlib import Path

from config.clock import SystemClock
from config.errors import DataFault, OutputFault, UsageFault
from config.sections.sentiment import SourceSettings
from sentiment.sources.identity import Archived, Item

_MORE = "Give feeds as NAME=URL, such as wire=https://example.org/rss."


def collect_command(arguments: argparse.Namespace) -> int:
    """Collect once, or until stopped; returns the exit code. Raises UsageFault, OutputFault."""
    feeds = [_feed(text) for text in arguments.feed]
    return asyncio.run(_collect(feeds, Path(arguments.archive), arguments.every))


async def _collect(feeds: list[SourceSettings], archive: Path, every: float | None) -> int:
    from sentiment.sources.rss import RssSource

    known = _known(archive)
    sources = [
        RssSource(feed, SystemClock(), [item for item in known if item.line.source == feed.name]) for feed in feeds
    ]
    held = len(known)
    while True:
        await asyncio.gather(*(source.refresh() for source in sources))
        fresh = [item for source in sources for item in source.fresh]
        _add(archive, fresh)
        held += len(fresh)
        for source in sources:
            note = f"not read: {source.failure}" if source.failure else f"{len(source.fresh)} new headlines"
            sys.stderr.write(f"{source.name}: {note}\n")
        sys.stdout.write(f"{len(fresh)} new headlines, {held} in {archive.name}\n")
        if every is None:
            return DataFault.exit_code if all(source.failure for source in sources) else 0
        await asyncio.sleep(every)


def _feed(text: str) -> SourceSettings:
    name, sign, url = text.partition("=")
    if not sign or not name or not url.startswith(("http://", "https://")):
        raise UsageFault(f"--feed {text!r} is not a feed; nothing was read. {_MORE}")
    return SourceSettings(kind="rss", name=name[:40], weight=1.0, url=url)


def _known(archive: Path) -> list[Item]:
    """What the archive holds. A last line that was cut by a kill is left alone, and the next one begins afresh."""
    if archive.suffix != ".jsonl":
        raise UsageFault(f"{archive.name} is not a .jsonl file; nothing was read. Name the archive so.")
    known = []
    try:
        lines = archive.read_text(encoding="utf-8").splitlines() if archive.exists() else []
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageFault(f"{archive} cannot be read ({fault}); nothing was added to it.") from fault
    for line in lines:
        try:
            known.append(Archived.model_validate_json(line).item)
        except ValueError:
            continue
    return known


def _add(archive: Path, fresh: list[Item]) -> None:
    text = "".join(Archived.of(item).model_dump_json() + "\n" for item in fresh)
    try:
        whole = not archive.exists() or archive.stat().st_size == 0 or archive.read_bytes().endswith(b"\n")
        with archive.open("a", encoding="utf-8") as file:
            file.write(text if whole else "\n" + text)
    except OSError as fault:
        raise OutputFault(f"{archive} cannot be written ({fault.strerror}); what was read is lost.") from fault
