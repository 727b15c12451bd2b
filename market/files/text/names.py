"""The names that publishers give to the columns of a file of bars, and what each column holds.

A name that is not in these tables is not guessed: the column is not used.
"""

import re
from collections.abc import Iterable

PRICES = ("open", "high", "low", "close")
OPEN_TIMES = (
    "open_time", "opentime", "time_period_start", "period_start", "candle_begin_time", "timeopen", "time_open",
    "start_time", "starttime",
)  # fmt: skip
TIMES = (
    *OPEN_TIMES, "unix", "unix_timestamp", "unixtimestamp", "timestamp", "timestamp_ms", "timestamp_utc",
    "ts", "gmt_time", "utc_time", "time_utc", "local_time", "time", "datetime", "datetime_utc", "date_time", "date_utc",
    "date", "dtyyyymmdd", "datum", "fecha", "data", "zeit", "__index_level_0__", "unnamed:_0", "", "t", "id",
)  # fmt: skip
"""Columns with the open of a bar, the surest first."""
CLOSE_TIMES = (
    "close_time", "closetime", "time_period_end", "period_end", "timeclose", "time_close", "end_time", "endtime",
)  # fmt: skip
"""Columns with the close of a bar. They are used in a file that has none of `TIMES`."""
DAYS = ("date", "datum", "fecha", "data", "dtyyyymmdd")
CLOCKS = ("time", "zeit", "uhrzeit", "hora", "ora", "heure")
"""A day and a time of day in two columns."""
UTC_TIMES = frozenset({"gmt_time", "utc_time", "time_utc", "timestamp_utc", "datetime_utc", "date_utc"})
SYMBOLS = ("symbol", "pair", "market", "instrument", "ticker")
VOLUMES = ("volume", "real_volume")
TICKS = ("tickvol", "tick_volume", "ticks")
"""Columns that count changes of the price. They are no volume."""

_ALIASES = {
    "open": "o price_open opening_price eröffnung eröffnungskurs eröffn erster ouverture ouv apertura abertura",
    "high": "h price_high high_price highest_price hoch haut plus_haut máximo maximo máxima maxima massimo",
    "low": "l price_low low_price lowest_price tief bas plus_bas mínimo minimo mínima minima",
    "close": "c price_close close_price closing_price trade_price close/last last schluss schlusskurs zuletzt clôture "
    "cloture dernier cierre último ultimo chiusura fechamento",
    "volume": "v vol volumen volume_traded",
}
_NAMED = {other: name for name, others in _ALIASES.items() for other in others.split()}
_WEAK_CLOSE = "price"
"""Investing.com's name of the close. It is the close only beside the other three prices."""
_PRICED = re.compile(r"(open|high|low|close)(?:_(?:price|usdt?|usdc|eur|gbp|btc|eth))+")
"""A price with its currency: `Open (USD)`, `close_price`."""
_ORNAMENTS = re.compile(r"[<>()\[\]*\"'.]")


def plain(spelling: object) -> str:
    """The name of a column in lower case, without ornaments, surrounding blanks, byte-order mark and separators."""
    bare = _ORNAMENTS.sub("", str(spelling)).strip().strip("\ufeff").lower().replace("-", "_")
    return "_".join(bare.split())


def meanings(columns: Iterable[object]) -> dict[str, str]:
    """The column of each meaning: prices and volume by our own names, all others by their plain names; the first one counts."""
    found: dict[str, str] = {}
    for column in map(str, columns):
        name = plain(column)
        if (priced := _PRICED.fullmatch(name)) is not None:
            name = priced[1]
        found.setdefault(_NAMED.get(name, name), column)
    if "close" not in found and found.keys() >= {_WEAK_CLOSE, "open", "high", "low"}:
        found["close"] = found.pop(_WEAK_CLOSE)
    return found


def is_header(cells: Iterable[object]) -> bool:
    """Whether a line of a text file is the header with the column names. A banner line above it is not."""
    return meanings(cells).keys() >= set(PRICES)
