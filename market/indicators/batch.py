"""All signals of a whole history at once, as columns: for research, where a million bars are read in a second.

They equal the stream (`horizon.py`, `full_depth.py`) bit for bit. The one exception is `realized_volatility`, whose squares the
stream takes with another function: it agrees to 14 digits. A column knows nothing of later bars, as the stream does not.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from market.candles import Candles, Floats
from market.indicators.full_depth import CHANNELS, DAY_S, FUNCTIONS, KELTNER_ATR, LONG, SAMPLE, SHORT, SPANS_DAYS
from market.indicators.handles import Function
from market.indicators.library import talib
from market.indicators.patterns import KINDS, NAMES, SEEN_FOR, pattern_seen
from market.resample import resample
from market.signals import PatternSeen, Regime, TechnicalSignals
from market.timeframe import HORIZONS, Timeframe

_OVERBOUGHT, _OVERSOLD = 70.0, 30.0
_CROSSES = (
    ("ema_12", "ema_26", "ema_cross_up", "ema_cross_down"),
    ("sma_50", "sma_200", "golden_cross", "death_cross"),
    ("macd", "macd_signal", "macd_cross_up", "macd_cross_down"),
)
"""Two lines, the flag of the first one crossing above the second, and that of its crossing below."""
REGIMES = tuple(Regime)
_OF_THE_BAR = {"symbol", "timeframe", "close_utc", "bars", "open", "high", "low", "close", "volume", "patterns"}
_FIELDS = tuple(name for name in TechnicalSignals.model_fields if name not in _OF_THE_BAR)


class Ended(NamedTuple):
    """Where one pattern ended, oldest first, both of shape (n_ended,): the bars' places, int64, and TA-Lib's values, int32
    [dimensionless]: above 0 for a rise, below for a fall."""

    rows: npt.NDArray[np.int64]
    values: npt.NDArray[np.int32]


class SignalColumns(NamedTuple):
    """The signals at each bar of one timeframe.

    `values`: a column for each numeric field of `TechnicalSignals` after `volume`, shape (n_bars,), float64 [unit of the field],
    NaN where the field is None; flags are 0 and 1, and `regime` is the place in `REGIMES`. `patterns`: all 61, by name.
    """

    values: dict[str, Floats]
    patterns: dict[str, Ended]

    def patterns_at(self, row: int) -> tuple[PatternSeen, ...]:
        """The patterns that the stream tells at this bar."""
        found = []
        for name, ended in self.patterns.items():
            last = int(np.searchsorted(ended.rows, row, side="right")) - 1
            if last >= 0 and row - ended.rows[last] < SEEN_FOR:
                found.append((row - int(ended.rows[last]), name, int(ended.values[last])))
        return tuple(pattern_seen(name, value, ago) for ago, name, value in sorted(found))


def columns_of_all(candles: Candles) -> dict[Timeframe, SignalColumns]:
    """The columns on the bars' own timeframe and on every coarser horizon of the court, each on its own closed bars."""
    coarser = (horizon for horizon in HORIZONS if horizon.seconds > candles.timeframe.seconds)
    return {
        candles.timeframe: signal_columns(candles),
        **{length: signal_columns(resample(candles, length)) for length in coarser},
    }


def signal_columns(candles: Candles) -> SignalColumns:
    """The columns of one timeframe; none of no bars."""
    from market.indicators.compiled import OUT, walk  # numba is imported when columns are asked for

    n = len(candles)
    if not n:
        return SignalColumns({}, {})
    # one block for all columns: the system hands out one large block far faster than fifty small ones
    names = (*OUT, *(name for name in _FIELDS if name not in OUT))
    table = np.empty((len(names), n))
    table[: len(OUT)] = np.nan
    columns = dict(zip(names, table, strict=True))
    columns["return_1"][:] = _log_moves(candles.close, 1)
    _put_core(columns, candles)
    made = {each.name: _ta(each.kind, *_inputs(each, candles, columns), **dict(each.parameters)) for each in FUNCTIONS}
    _put_full(columns, made, candles.timeframe.bars_per_year)
    strains = np.stack(_strains(made["deviation_20"], made["deviation_100"], _log_moves(candles.close, SHORT)))
    ranges = np.stack([made["atr_10"], columns["atr_14_quote"]])
    spans = np.array([days * DAY_S * 1000 for days in SPANS_DAYS.values()])
    spans[spans < candles.timeframe.seconds * 1000] = 0
    days = (candles.close_ms // 1000 - candles.timeframe.seconds) // DAY_S
    returns, adx, year = columns["return_1"], columns["adx_14"], candles.timeframe.bars_per_year
    walk(candles.close_ms, spans, days, candles.columns, returns, year, ranges, adx, strains, table[: len(OUT)])
    for name in SPANS_DAYS:
        columns[name][:] = talib.LN(columns[name])
    if candles.timeframe.seconds >= DAY_S:
        columns["vwap_day"][:] = np.nan
    patterns = {name: _ended(_ta(kind, *candles.columns[:4])) for name, kind in zip(NAMES, KINDS, strict=True)}
    return SignalColumns({name: columns[name] for name in _FIELDS}, patterns)


def _put_core(columns: dict[str, Floats], candles: Candles) -> None:
    """Fill the columns of depth `core` that are TA-Lib's, or made of them."""
    _, high, low, close, _ = candles.columns
    _put(columns, ("macd", "macd_signal", "macd_hist"), _ta("MACD", close))
    _put(columns, ("bb_upper", "bb_middle", "bb_lower"), _ta("BBANDS", close, timeperiod=20))
    for bars in (20, 50, 200):
        columns[f"sma_{bars}"][:] = _ta("SMA", close, timeperiod=bars)
    for bars in (12, 26):
        columns[f"ema_{bars}"][:] = _ta("EMA", close, timeperiod=bars)
    columns["rsi_14"][:] = _ta("RSI", close, timeperiod=14)
    columns["atr_14_quote"][:] = _ta("ATR", high, low, close, timeperiod=14)
    columns["adx_14"][:] = _ta("ADX", high, low, close, timeperiod=14)
    _put_later(columns["highest_20"], _ta("MAX", high, timeperiod=20))
    _put_later(columns["lowest_20"], _ta("MIN", low, timeperiod=20))
    _put_later(columns["previous_rsi_14"], columns["rsi_14"])
    for first, second, up, down in _CROSSES:
        line, other = columns[first], columns[second]
        begins = int(max(np.count_nonzero(np.isnan(line)), np.count_nonzero(np.isnan(other))))
        _put_turns(columns[up], line > other, begins)
        _put_turns(columns[down], line < other, begins)
    columns["overbought"][:] = columns["rsi_14"] >= _OVERBOUGHT
    columns["oversold"][:] = columns["rsi_14"] <= _OVERSOLD


def _put_full(columns: dict[str, Floats], made: dict[str, Any], per_year: float) -> None:
    """Fill the columns of depth `full` that are TA-Lib's, or made of them."""
    for name in CHANNELS:
        _put_later(columns[name], made[name])
    columns["obv"][:] = made["obv"]
    _put(columns, ("stoch_k", "stoch_d"), made["stoch"])
    width, middle = KELTNER_ATR * made["atr_10"], made["ema_20"]
    columns["keltner_upper"][:] = middle + width
    columns["keltner_middle"][:] = np.where(np.isnan(width), np.nan, middle)
    columns["keltner_lower"][:] = middle - width
    for bars in (SHORT, LONG):
        columns[f"realized_volatility_{bars}"][:] = made[f"deviation_{bars}"] * SAMPLE[bars] * np.sqrt(per_year)


def _put(columns: dict[str, Floats], names: tuple[str, ...], values: tuple[Floats, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        columns[name][:] = value


def _put_turns(column: Floats, holds: npt.NDArray[np.bool_], begins: int) -> None:
    """Fill a column with 1 where something holds and did not at the bar before, both known, else 0; it is known from `begins`."""
    column[: begins + 1] = 0.0
    np.greater(holds[begins + 1 :], holds[begins:-1], out=column[begins + 1 :])


def _put_later(column: Floats, values: Floats) -> None:
    """Fill a column with what was known one bar before."""
    column[:1] = np.nan
    column[1:] = values[:-1]


def _inputs(function: Function, candles: Candles, columns: dict[str, Floats]) -> list[Floats]:
    places = (*candles.columns, columns["return_1"])
    return [places[place] for place in function.inputs]


def _ended(values: npt.NDArray[np.int32]) -> Ended:
    rows = np.flatnonzero(values != 0)  # of booleans it takes half the time
    return Ended(rows, values[rows])


def _ta(kind: str, *columns: Floats, **parameters: int) -> Any:
    """One batch function of TA-Lib. All of its values are NaN on a history that it refuses as too short."""
    return getattr(talib, kind)(*columns, **parameters)


def _log_moves(close: Floats, bars: int) -> Floats:
    """Log returns over `bars` bars, NaN at the first ones. The logarithm is that of the C library, as in the stream."""
    found = np.full(len(close), np.nan)
    if len(close) > bars:
        found[bars:] = talib.LN(close[bars:] / close[:-bars])
    return found


def _strains(short: Floats, long: Floats, moved: Floats) -> tuple[Floats, Floats]:
    """`full_depth.strain` of each bar; NaN where the long deviation is not known."""
    deviation = long * SAMPLE[LONG]
    with np.errstate(divide="ignore", invalid="ignore"):
        stress = np.where(long > 0, short * SAMPLE[SHORT] / deviation, 0.0)
        fall = np.where(long > 0, moved / (deviation * np.sqrt(SHORT)), 0.0)
    unknown = np.isnan(long)
    stress[unknown] = fall[unknown] = np.nan
    return stress, fall
