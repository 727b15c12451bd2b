"""`python -m sentiment.collect`: read RSS feeds and add what is new to a point-in-time archive of headlines.

    python -m sentiment.collect --feed wire=https://example.org/rss --archive headlines.jsonl [--every 300]

Each headline is kept with the moment when this program first saw it, which is what makes a later backtest honest: a source of
kind `recorded` (or `agents.run --news headlines.jsonl`) never shows it to a decision before that. Lines are only ever added,
each with one write, so that the archive survives a kill. Exit codes: 0 something was read, 2 wrong arguments or archive,
3 no feed could be read, 130 stopped by Ctrl-C.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from config.clock import SystemClock
from config.ending import ended
from config.errors import DataFault, OutputFault, UsageFault
from config.sections.sentiment import SourceSettings
from sentiment.headline import Headline

_MORE = "Give feeds as NAME=URL, such as wire=https://example.org/rss."


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m sentiment.collect",
        description="Add new headlines of RSS or Atom feeds to a point-in-time archive (JSON lines).",
    )
    parse.add_argument("--feed", action="append", required=True, metavar="NAME=URL", help="a feed; may be repeated")
    parse.add_argument("--archive", required=True, metavar="FILE", help="the .jsonl file that lines are added to")
    parse.add_argument("--every", type=float, metavar="S", help="go on, reading every so many seconds, until Ctrl-C")
    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Collect once, or until stopped; returns the exit code."""
    arguments = parser().parse_args(argv)

    def work() -> int:
        feeds = [_feed(text) for text in arguments.feed]
        return asyncio.run(_collect(feeds, Path(arguments.archive), arguments.every))

    return ended(work, "Stopped; what was read is in the archive.")


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


if __name__ == "__main__":
    sys.exit(main())
