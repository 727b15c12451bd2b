"""Generates `docs/context.md` from the catalogue of figures, the forms of files and the live sources.

`python -m market.context.page` prints the page; a test compares it.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta

from market.context.catalogue import FIGURES, Figure
from market.context.files.columns import COLUMNS, OPEN, PAIRS, PRICED, RATIOS, Meaning
from market.context.files.published import Published

_HEAD = """# Market context

What may be known of a market beside its bars, point in time. `python -m market.context.page` generates this page.

With `market.context: facts` each case has these figures in `case.context`. The court may cite them (`context.funding_rate`), and
voters may read them. A figure that was never known, or is stale, is abstained with its reason. Nothing is read before the moment
at which it was known, and a revised value counts from its own moment on.

| figure | unit | of | formula | says nothing after | source |
|---|---|---|---|---|---|
"""


_FILES = """
## Files

`--facts FILE…` of `tribunal run` and `tribunal backtest` reads Parquet, Feather, CSV and JSON tables, folders and patterns, and
order books (Tardis snapshots, Binance depth snapshots). Columns are found by their names. A market is named by a column
(`symbol`, `asset`), by the column itself (`btc_oi_value_usd`) or by the name of the file; a coin alone means every market in
which it is the base. Times without a zone are refused unless `--tz` names it; a date alone is a whole day. A unit may stand at
the end of a name (`_percent`, `_bps`, `_fraction`); where neither name nor values tell it, the column is left out, and the line
of the file says so.

A value counts as known from the time in `first_seen` (`known_utc`, `fetched_at`), or from the end of the day of its vintage
(`realtime_start`, `vintage_date`, ALFRED's `DGS10_20240308`), if a file has several. Otherwise it counts as known:

| column | figure | known |
|---|---|---|
"""

_INDICES = """
Files of an index with open, high, low and close are read at the close if their name has one of these words: {words}. A table
with the columns `name`, `value` and a time holds any figure by its own name and in its own unit; `series_id` names series of
FRED. These columns are left out, because no name says their unit: {open}.

## Live sources

`tribunal facts` asks them now, and adds what is new to an archive, with the time of first sight. `--facts FOLDER` reads the
archive.

| source | figures |
|---|---|
| `--sources deribit` | `dvol` of BTC and ETH |
| `--sources fred` | `vix`, `us10y`, `fed_funds` |
| `--sources alfred` | the same, in today's vintage |
| `--sources coingecko` | `total_market_cap`, `btc_dominance` |
| `--sources coinmetrics` | `asset_market_cap`, `exchange_net_flow_24h` (community data, for non-commercial use) |
| `--sources mempool` | `mempool_fee` |
| `--exchange NAME` | `book_spread_bps`, `book_imbalance`, `book_depth_1pct`, `funding_rate`, `open_interest`, \
`long_short_ratio` |
| `--odds SYMBOL=SLUG` | `prediction_odds`, from Polymarket |
"""

_CALENDAR = """
## The calendar of releases

`limits.macro_pause_h` lets a profile open nothing near an FOMC decision or a release of US consumer prices. The days stand in
`market/context/calendar/releases.csv`, with their sources; it covers 2019 to 2026, and outside of that the gate takes every
moment for one near a release. The dates of consumer prices in 2026 are those that were scheduled: nobody has compared them with
what came. Look at the bureau's page before you rely on them.
"""


def page() -> str:
    """The text of `docs/context.md`."""
    figures = "".join(_row(figure) for figure in FIGURES)
    indices = _INDICES.format(words=_listed(PRICED), open=_listed(OPEN))
    return _HEAD + figures + _FILES + "".join(_columns()) + indices + _CALENDAR


def _columns() -> Iterator[str]:
    """One row for each way in which a figure may stand in a file."""
    ways: dict[tuple[str, str], list[str]] = {}
    for name, meaning in (*COLUMNS.items(), *RATIOS.items()):
        ways.setdefault((meaning.figure, _known(meaning)), []).append(f"`{name}`")
    for pair in PAIRS:
        together = f"`{pair.first[0]}` and `{pair.second[0]}`"
        ways.setdefault((pair.meaning.figure, _known(pair.meaning)), []).append(together)
    yield from (f"| {', '.join(names)} | `{figure}` | {known} |\n" for (figure, known), names in ways.items())


def _known(meaning: Meaning) -> str:
    if meaning.interval and meaning.published is Published.AT_ONCE:
        return "when the time that it sums up is over"
    return str(meaning.published)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(figure: Figure) -> str:
    whose = "a symbol" if figure.of == "symbol" else "the whole market"
    return f"| `{figure.name}` | {figure.unit} | {whose} | {figure.formula} | {_age(figure.stale_after)} | {figure.source} |\n"


def _age(age: timedelta | None) -> str:
    """An age in whole days, hours or minutes; for a figure of bars, the last bar."""
    if age is None:
        return "the last bar"
    minutes = int(age.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"{minutes // 1440} days" if minutes > 1440 else "24 hours"
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"


if __name__ == "__main__":
    sys.stdout.write(page())
