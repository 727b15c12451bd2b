"""Says on stderr, in one line a file, which data a command works with and how it was read. It does so with --quiet too."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from agents.desk.world import World
from config.clock import to_ms
from config.sections.sentiment import SourceSettings
from market.files.told import FileRead
from market.tape import Tape
from market.timeframe import Timeframe

_MOST_BASES = 8


def tell_data(world: World, tape: Tape, stderr: TextIO) -> None:
    """Print what was found in the files of a session: bars, with the account's currency, and headlines. Raises DataFault."""
    quotes = " or ".join(sorted({instrument.quote for instrument in tape.instruments.values()}))
    warm = to_ms(tape.warmup_start_utc), to_ms(tape.start_utc)
    lines = [*world.said]
    lines += [f"{file.line(tape.timeframe, *warm)}; account in {quotes}" for file in tape.files]
    lines += [f"{file.line(file.timeframe)}; inside the bars of {tape.timeframe}" for file in tape.detail_files]
    lines += [file.line() for file in tape.fact_files]
    lines += [_headlines(source) for source in world.settings.sentiment.sources if source.kind == "recorded"]
    _print(lines, stderr)


def tell_files(files: Sequence[FileRead], used: Timeframe, stderr: TextIO) -> None:
    """Print what was found in files of bars, used in the timeframe `used`."""
    _print([file.line(used) for file in files], stderr)


def _headlines(source: SourceSettings) -> str:
    """How many headlines a file has, and of which coins they are read."""
    from sentiment.sources.files import (
        read_headlines,
    )  # it loads pandas, which a session without recorded news does not need

    path = Path(source.path or "")
    found = read_headlines(path, source.name)
    bases = Counter(base for headline in found for base in headline.symbols)
    told = [f"{count:,} for {base}" for base, count in bases.most_common(_MOST_BASES)]
    if len(bases) > _MOST_BASES:
        told.append(f"others for {len(bases) - _MOST_BASES} more coins")
    everywhere = sum(not headline.symbols for headline in found)
    if everywhere:
        told.append(f"{everywhere:,} for the whole market")
    return f"{path.name}: {len(found):,} headlines: {', '.join(told)}"


def _print(lines: Sequence[str], stderr: TextIO) -> None:
    for line in lines:
        stderr.write(f"{line}\n")
