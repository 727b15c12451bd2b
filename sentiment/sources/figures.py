"""Point-in-time figures about a crowd: the newest that could be known at a moment, and none that came later.

A file has a column of dates and one of values, and one of symbols unless its figures are of the whole market. Funding rates are
fractions of the notional for eight hours, and not percent.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from config.clock import Clock
from config.errors import DataFault
from config.sections.sentiment import SourceSettings
from config.silence import Abstained
from market.bar import Fact
from market.news import NewsRow
from sentiment.figures import impossible
from sentiment.sources.archive import read_archive
from sentiment.sources.coins import base_of_market, coins_of
from sentiment.sources.moments import NoDate, read_moment
from sentiment.sources.tables import read_table

_DATES = ("publishedutc", "atutc", "timestamp", "time", "datetime", "date", "fundingtime", "calctime")
_SEEN = ("firstseenutc", "firstseen", "knownutc", "fetchedat")
_VALUES = ("value", "fundingrate", "rate", "longshortratio", "ratio", "fng", "index")
_SYMBOLS = ("symbol", "symbols", "base", "pair", "ticker", "coin")


class RecordedFigures:
    """Figures in order of first sight, found by bisection. `symbol` of a fact is a base ("BTC"), or None for the whole market."""

    def __init__(self, name: str, weight: float, facts: Iterable[Fact] = ()) -> None:
        self.name = name
        self.weight = weight
        self._shelves: dict[str | None, tuple[list[datetime], list[Fact]]] = {}
        self.hear(facts)

    def hear(self, facts: Iterable[Fact]) -> None:
        """Add figures, as a live source of market data finds them."""
        found: dict[str | None, list[Fact]] = {}
        for fact in facts:
            found.setdefault(_base(fact), []).append(fact)
        for base, more in found.items():
            known = sorted((*self._shelves.get(base, ([], []))[1], *more), key=lambda one: (one.known_utc, one.at_utc))
            self._shelves[base] = ([one.known_utc for one in known], known)

    def figure(self, as_of: datetime, base: str) -> Fact | Abstained:
        """See `FigureSource`. A late word on an older moment does not replace a newer one."""
        newest: Fact | None = None
        for shelf in (base, None):
            known, facts = self._shelves.get(shelf, ([], []))
            place = bisect_right(known, as_of)
            for one in reversed(facts[max(0, place - 8) : place]):
                if newest is None or one.at_utc > newest.at_utc:
                    newest = one
            if newest is not None:
                return newest
        return Abstained(why=f"no figure on {base} was known then")


def _base(fact: Fact) -> str | None:
    return None if fact.symbol is None else base_of_market(fact.symbol)


def read_figures(path: Path, settings: SourceSettings) -> tuple[Fact, ...]:
    """The figures of a file. Raises DataFault for a file without dates or values, and for a figure that cannot be one."""
    table = read_table(path)
    names = {"".join(filter(str.isalnum, name.lower())): name for name in table}
    date, value, seen, symbol = (
        next((names[name] for name in known if name in names), None) for known in (_DATES, _VALUES, _SEEN, _SYMBOLS)
    )
    if date is None or value is None:
        raise DataFault(
            f"{path.name} has no column of dates or none of values; it has {', '.join(table)}. Nothing was read. Name the "
            "columns `date` and `value`."
        )
    facts = []
    for row in range(len(table[date])):
        cells = (table[date][row], table[value][row], table[seen][row] if seen else None)
        coins = coins_of(table[symbol][row]) if symbol else None
        facts.append(_fact(cells, coins, settings, f"{path.name}, row {row + 1}"))
    return tuple(facts)


def _fact(
    cells: tuple[object, object, object], coins: tuple[str, ...] | None, settings: SourceSettings, place: str
) -> Fact:
    """One figure. A date without a time is known at the end of its day."""
    try:
        at = read_moment(cells[0], settings.dates)
        known = at.end if cells[2] is None else read_moment(cells[2], settings.dates).end
        value = float(str(cells[1]))
    except NoDate as fault:
        raise DataFault(f"{place}: {cells[0]!r} is no date, because {fault}. Nothing was read.") from fault
    except ValueError as fault:
        raise DataFault(f"{place}: {cells[1]!r} is no number. Nothing was read; correct the file.") from fault
    wrong = impossible(settings.feeds, value)
    if wrong is not None:
        raise DataFault(f"{place}: {wrong}. Nothing was read; correct the file, or the `component` of the source.")
    symbol = coins[0] if coins else None
    return Fact(name=settings.feeds, symbol=symbol, at_utc=at.moment, known_utc=max(known, at.moment), value=value)


def figures_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> RecordedFigures:
    """A file or an archive folder of figures as the table of sources builds it. Raises DataFault if it cannot be read."""
    place = Path(settings.path or "")
    facts = read_archive(place, settings.feeds)[1] if place.is_dir() else read_figures(place, settings)
    return RecordedFigures(settings.name, settings.weight, facts)
