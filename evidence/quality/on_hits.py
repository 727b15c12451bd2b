"""The monitor against the list of hits: gaps and bars without volume as listed, jumps and wide bars as they were labelled.

A bar that was labelled a bad print, or another coin, is a case. It is found if the monitor refuses it, as `bad_print`, `jump`,
`unit` or `identity`. Every other bar that it refuses so is a false alarm: the real moves of the list, and all bars that are not
listed. A gap or a bar without volume is false if the file shows a bar, or a volume, there; a true one that is not listed does not
count.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from config.clock import from_ms, to_ms
from evidence.quality.figures import Crash, Score
from evidence.quality.hits import Feeds, Hit
from evidence.quality.labelling import Label
from evidence.quality.labels import Key
from evidence.quality.listening import Said
from market.candles import RawCandles

REFUSED = frozenset({"bad_print", "jump", "wide_bar", "unit", "identity"})
"""Kinds that say that a price is not one."""

CRASHES = (
    ("2020-03-12 and 13", datetime(2020, 3, 12, tzinfo=UTC), datetime(2020, 3, 14, tzinfo=UTC)),
    ("2021-05-19", datetime(2021, 5, 19, tzinfo=UTC), datetime(2021, 5, 20, tzinfo=UTC)),
    ("2022-05-09 to 13", datetime(2022, 5, 9, tzinfo=UTC), datetime(2022, 5, 14, tzinfo=UTC)),
    ("2022-11-08 to 14", datetime(2022, 11, 8, tzinfo=UTC), datetime(2022, 11, 15, tzinfo=UTC)),
)
"""Days in which markets fell, and the data was right."""


class Place(NamedTuple):
    """A bar of a session: the folder, the market without a slash, and the open [ms since 1970 UTC]."""

    folder: str
    market: str
    open_ms: int


Session = tuple[str, Mapping[str, RawCandles], Sequence[Said]]
"""The folder of a session, its bars, and what the monitor said about them."""


def sessions_of(feeds: Feeds) -> dict[str, list[str]]:
    """The files of each folder that are one session: markets of one venue and timeframe."""
    found: dict[str, list[str]] = {}
    for file in feeds:
        found.setdefault(str(Path(file).parent), []).append(file)
    return found


def is_for_tuning(folder: str, market: str) -> bool:
    """The split: markets whose CRC-32 of `FOLDER:MARKET` is even are for tuning, the others are the test."""
    return crc32(f"{folder}:{market}".encode()) % 2 == 0


def refused_scores(sessions: Iterable[Session], labels: Mapping[Key, Label]) -> tuple[Score, Score, Score]:
    """Bad prints and other coins: of all markets, of those for tuning, and of the test."""
    bad, called = set(), set()
    for key, label in labels.items():
        if label is not Label.REAL_MOVE:
            bad.add(Place(str(Path(key.file).parent), key.symbol, to_ms(key.opens_utc)))
    for folder, _, said in sessions:
        called |= {_place(folder, each) for each in said if each.kind in REFUSED}

    def score(kind: str, wanted: tuple[bool, ...]) -> Score:
        cases, told = (
            {each for each in some if is_for_tuning(each.folder, each.market) in wanted} for some in (bad, called)
        )
        return Score(kind=kind, source="hits", cases=len(cases), found=len(cases & told), false=len(told - cases))

    every = score("bad print", (True, False))
    return every, score("bad print: tuning", (True,)), score("bad print: test", (False,))


def gap_score(sessions: Iterable[Session], hits: Sequence[Hit]) -> Score:
    """Gaps. A hit is the open of the last bar before the hole, and the monitor speaks at the first bar that is missing."""
    listed = {_of(hit) for hit in hits if hit.kind == "gap"}
    told, false = set(), 0
    for folder, markets, said in sessions:
        step_ms = next(iter(markets.values())).timeframe.seconds * 1000
        opens = {symbol: set((each.close_ms - step_ms).tolist()) for symbol, each in markets.items()}
        for each in said:
            if each.kind != "gap":
                continue
            shown = each.open_ms in opens[each.symbol]
            passed_over = shown and each.open_ms - step_ms not in opens[each.symbol]
            false += shown and not passed_over
            told.add(
                _place(folder, each)._replace(open_ms=_before(each.open_ms - step_ms, opens[each.symbol], step_ms))
            )
    return Score(kind="gap", source="hits", cases=len(listed), found=len(listed & told), false=false)


def zero_volume_score(sessions: Iterable[Session], hits: Sequence[Hit]) -> Score:
    """Bars without volume. The monitor speaks at the first of a row of them."""
    listed = {_of(hit) for hit in hits if hit.kind in ("zero_volume", "zero_volume_many")}
    told, false = set(), 0
    for folder, markets, said in sessions:
        step_ms = next(iter(markets.values())).timeframe.seconds * 1000
        flat = {symbol: set((each.close_ms[each.volume == 0.0] - step_ms).tolist()) for symbol, each in markets.items()}
        for each in said:
            if each.kind != "zero_volume":
                continue
            false += each.open_ms not in flat[each.symbol]
            at = each.open_ms
            while at in flat[each.symbol]:
                told.add(_place(folder, each)._replace(open_ms=at))
                at += step_ms
    return Score(kind="zero volume", source="hits", cases=len(listed), found=len(listed & told), false=false)


def crashes(sessions: Sequence[Session]) -> tuple[Crash, ...]:
    """What was said in the days of each real crash, on hourly bars and finer."""
    return tuple(_crash(sessions, name, to_ms(begin), to_ms(end)) for name, begin, end in CRASHES)


def _crash(sessions: Sequence[Session], name: str, begin_ms: int, end_ms: int) -> Crash:
    inside = [(folder, each) for folder, _, said in sessions for each in said if begin_ms <= each.open_ms < end_ms]
    there = [
        int(((each.close_ms > begin_ms) & (each.close_ms <= end_ms)).sum())
        for _, markets, _ in sessions
        for each in markets.values()
    ]
    called = sorted({(each.symbol, each.open_ms) for _, each in inside if each.kind in REFUSED})
    return Crash(
        name=name,
        markets=sum(bars > 0 for bars in there),
        bars=sum(there),
        large_moves=sum(each.kind == "large_move" for _, each in inside),
        called=tuple(f"{symbol} at {from_ms(at):%Y-%m-%d %H:%M}" for symbol, at in called),
    )


def _before(at: int, opens: set[int], step_ms: int) -> int:
    """The open of the last bar that is there, at or before this moment [ms]."""
    while at not in opens and at > 0:
        at -= step_ms
    return at


def _place(folder: str, said: Said) -> Place:
    return Place(folder, said.symbol.replace("/", ""), said.open_ms)


def _of(hit: Hit) -> Place:
    return Place(str(Path(hit.file).parent), hit.symbol, to_ms(hit.at_utc))
