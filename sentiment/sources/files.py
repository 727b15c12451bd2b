"""Reads recorded headlines from a file, and says how its dates were taken and whom its headlines name.

The file needs a column of text and a column of dates. A date without a time is known when the day is over; without a column for
first sight, a headline counts as seen when it was published, which favours a backtest by the delay of the feed. Dates such as
05/11/2022 are read only if the user says their order, or none of them can be read both ways. A faulty file is refused with the
first bad row, and is never read in part without a message.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from config.clock import Clock
from config.errors import DataFault
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.headline import Headline
from sentiment.sources.archive import read_archive
from sentiment.sources.coins import coins_of
from sentiment.sources.moments import (
    NoDate,
    Order,
    Read,
    both_ways,
    days_in_disguise,
    orders_of,
    read_moment,
)
from sentiment.sources.recorded import RecordedSource, headline
from sentiment.sources.tables import Table, read_table

_TEXT = ("headline", "title", "text", "shortdescription", "news", "description")
_DATE = ("publishedutc", "publishedat", "published", "datetime", "date", "timestamp", "time")
_SEEN = ("firstseenutc", "firstseen", "fetchedat")
_BASES = ("bases", "symbols", "base", "symbol", "pair", "pairs", "ticker", "tickers", "coin", "coins", "currencies")
_MAX_BAD = 0.05


class NewsFile(NamedTuple):
    """The headlines of a file, in its order, and how they were read."""

    name: str
    lines: tuple[Headline, ...]
    left_out: tuple[str, ...]
    """Each row that was left out: the row and the reason."""
    order: Order | None
    """The order in which numeric dates were read, if there are any."""
    whole_days: bool
    unzoned: bool

    def told(self, bases: Iterable[str]) -> str:
        """One line for the user: how much was read, for whom among `bases`, and what was assumed of its dates."""
        return ". ".join((_counted(self.name, self.lines, bases), *self._assumed())) + "."

    def _assumed(self) -> Iterable[str]:
        if self.unzoned:
            yield "Times without a zone are taken for UTC"
        if self.whole_days:
            yield "A date without a time is known from the next midnight UTC"
        if self.order is not None:
            yield f"Dates are read {'day' if self.order == 'dmy' else 'month'} first"
        if self.left_out:
            rows = "1 row was" if len(self.left_out) == 1 else f"{len(self.left_out):,} rows were"
            yield f"{rows} left out; the first, {self.left_out[0]}"


def _counted(name: str, lines: Sequence[Headline], bases: Iterable[str]) -> str:
    """How many headlines there are, of which days, and how many of them are read for each of `bases`."""
    counts = Counter(base for line in lines for base in line.symbols)
    wide = sum(not line.symbols for line in lines)
    here = dict.fromkeys(bases)
    others = sum(not here.keys() & set(line.symbols) for line in lines if line.symbols)
    shares = [f"{counts[base]:,} for {base}" for base in here] + [f"{wide:,} for the whole market"] * bool(wide)
    if others:
        rest = [base for base, _ in counts.most_common() if base not in here]
        shares.append(f"{others:,} only for others ({', '.join(rest[:3])}{', …' if len(rest) > 3 else ''})")
    days = [line.first_seen_utc for line in lines]
    span = f"{min(days):%Y-%m-%d} to {max(days):%Y-%m-%d}" if days else "none"
    return f"{name}: {len(lines):,} headline{'s' * (len(lines) != 1)}, {span}: {', '.join(shares)}"


def read_headlines(path: Path, source: str, order: Order | None = None) -> tuple[Headline, ...]:
    """All headlines of a file; see `read_news`."""
    return read_news(path, source, order).lines


def read_news(path: Path, source: str, order: Order | None = None) -> NewsFile:
    """The headlines of a file, with `source` as the name of their source. `order` is that of dates such as 05/11/2022.

    Rows without visible text or without a date are left out if they are at most 5 % of all. Raises DataFault for a missing,
    empty or unreadable file, for missing columns, for more bad rows than that, and for dates whose order nobody knows.
    """
    table = read_table(path)
    names = {"".join(filter(str.isalnum, name.lower())): name for name in table}
    text, date = _needed(table, names, path)
    seen = _column(names, _SEEN)
    dated = {name: table[name] for name in dict.fromkeys((date, seen)) if name is not None}
    found_order = _order(dated, path, order)
    moments = {
        name: days_in_disguise(cells, [_moment(cell, found_order) for cell in cells]) for name, cells in dated.items()
    }
    bases = _column(names, _BASES)
    coins = [coins_of(cell) for cell in table[bases]] if bases else [None] * len(table[text])
    sights: Sequence[Read | NoDate] = moments[seen] if seen else moments[date]
    lines: list[Headline] = []
    bad: list[str] = []
    for row, (raw, published, sight, named) in enumerate(
        zip(table[text], moments[date], sights, coins, strict=True), 1
    ):
        made = _line(raw, source, published, sight, named, own_sight=seen is not None)
        if isinstance(made, Headline):
            lines.append(made)
        else:
            bad.append(f"row {row} ({_shown(raw, [cells[row - 1] for cells in dated.values()])}): {made}")
    _refuse_if_many(path, bad, len(table[text]), date)
    return _news_file(path, tuple(lines), tuple(bad), found_order, moments)


def _news_file(
    path: Path,
    lines: tuple[Headline, ...],
    bad: tuple[str, ...],
    order: Order | None,
    moments: Mapping[str, Sequence[Read | NoDate]],
) -> NewsFile:
    reads = [read for column in moments.values() for read in column if isinstance(read, Read)]
    days = any(read.whole_day for read in reads)
    return NewsFile(path.name, lines, bad, order, days, any(not read.zoned and not read.whole_day for read in reads))


def _needed(table: Table, names: Mapping[str, str], path: Path) -> tuple[str, str]:
    """The columns of text and of dates. Raises DataFault."""
    text, date = _column(names, _TEXT), _column(names, _DATE)
    if text is None or date is None:
        missing = " and ".join(what for what, column in (("text", text), ("date", date)) if column is None)
        raise DataFault(
            f"{path.name} has no column of {missing}; it has {', '.join(table)}. Nothing was read. Name the columns "
            "`text` and `date`."
        )
    return text, date


def _column(columns: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _order(dated: Mapping[str, Sequence[object]], path: Path, given: Order | None) -> Order | None:
    """The order of numeric dates: as given, or the only one in which they can be read; None where it has none. Raises DataFault.

    As with bars (decision 18), one day above 12 decides nothing about a date that can be read both ways.
    """
    found = {name: orders_of(cells) for name, cells in dated.items()}
    proofs = {order: (name, row) for name, orders in found.items() for order, row in orders.proofs.items()}
    doubtful = [(name, row) for name, orders in found.items() for row in orders.doubtful]
    if given is not None:
        return given if proofs or doubtful else None
    if len(proofs) > 1:
        (name, row), why = max(proofs.values(), key=lambda place: place[1]), "is of another order than a row before it"
    else:
        if not doubtful:
            return next(iter(proofs), None)
        name, row = doubtful[0]
        rest = "a later row does not decide it, since a spreadsheet turns round exactly such dates"
        why = f"may be {both_ways(dated[name][row])}, and {rest if proofs else 'no other row decides it'}"
    raise DataFault(
        f"{path.name}, row {row + 1}, column {name}: {str(dated[name][row])!r} {why}. Nothing was read. Say which order it is "
        "with --news-dates dmy or --news-dates mdy (`dates` of the source in a profile), or write dates as 2022-11-05."
    )


def _moment(cell: object, order: Order | None) -> Read | NoDate:
    try:
        return read_moment(cell, order)
    except NoDate as fault:
        return fault


def _line(
    raw: object,
    source: str,
    published: Read | NoDate,
    seen: Read | NoDate,
    bases: tuple[str, ...] | None,
    *,
    own_sight: bool,
) -> Headline | str:
    """The headline of a row, or why there is none.

    With a first sight of its own, a headline of a whole day counts as published when the day began: no look-ahead follows,
    because nothing is read before its first sight.
    """
    if isinstance(published, NoDate) or isinstance(seen, NoDate):
        return str(published if isinstance(published, NoDate) else seen)
    moment = published.moment if own_sight else published.end
    made = headline(raw, source, moment, seen.end, bases) if isinstance(raw, str) else None
    return made if made is not None else "it has no text"


def _shown(raw: object, dates: Sequence[object]) -> str:
    cells = ", ".join(repr(str(cell))[:40] for cell in dates)
    return f"{cells}, {str(raw)[:40]!r}"


def _refuse_if_many(path: Path, bad: Sequence[str], rows: int, date: str) -> None:
    if len(bad) > rows * _MAX_BAD:
        raise DataFault(
            f"{len(bad)} of {rows} rows of {path.name} have no text or no valid date, which is too many; nothing was read. "
            f"The first is {bad[0]}. Write the dates of column {date} as 2022-11-05T14:30:00Z, 2022-11-05, 20221105 or "
            "seconds since 1970."
        )


def recorded_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> RecordedSource:
    """A file or an archive folder of headlines as the table of sources builds it. Raises DataFault if it cannot be read."""
    place = Path(settings.path or "")
    if place.is_dir():
        lines, _ = read_archive(place, settings.feeds)
        return RecordedSource(
            settings.name, settings.weight, lines, lambda bases: f"{_counted(place.name, lines, bases)}."
        )
    news_file = read_news(place, settings.name, settings.dates)
    return RecordedSource(settings.name, settings.weight, news_file.lines, news_file.told)
