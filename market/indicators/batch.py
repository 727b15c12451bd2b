"""All signals of a whole history at once, as columns: for research, where a million bars are read in a second.

They equal the stream (`horizon.py`, `full_depth.py`) bit for bit. The one exception is `realized_volatility`, whose squares the
stream takes with another function: it agrees to 14 digits. A column knows nothing of later bars, as the stream does not.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import talib

from market.candles import Candles, Floats
from market.indicators.full_depth import CHANNELS, DAY_S, FUNCTIONS, KELTNER_ATR, LONG, SAMPLE, SHORT, SPANS_DAYS
from market.indicators.patterns import KINDS, NAMES, SEEN_FOR, pattern_seen
from market.resample import resample
from market.signals import PatternSeen, Regime
from market.timeframe import HORIZONS, Timeframe

_OVERBOUGHT, _OVERSOLD = 70.0, 30.0
_CROSSES = {
    "ema_cross_up": ("ema_12", "ema_26"), "ema_cross_down": ("ema_26", "ema_12"),
    "golden_cross": ("sma_50", "sma_200"), "death_cross": ("sma_200", "sma_50"),
    "macd_cross_up": ("macd", "macd_signal"), "macd_cross_down": ("macd_signal", "macd"),
}  # fmt: skip
REGIMES = tuple(Regime)


class SignalColumns(NamedTuple):
    """The signals at each bar of one timeframe.

    `values`: a column for each numeric field of `TechnicalSignals` after `volume`, shape (n_bars,), float64 [unit of the field],
    NaN where the field is None; flags are 0 and 1, and `regime` is the place in `REGIMES`. `patterns`: by the name of each of
    the 61, TA-Lib's value where one ends and 0 elsewhere, shape (n_bars,), int32 [dimensionless].
    """

    values: dict[str, Floats]
    patterns: dict[str, npt.NDArray[np.int32]]

    def patterns_at(self, row: int) -> tuple[PatternSeen, ...]:
        """The patterns that the stream tells at this bar."""
        found = []
        first = max(0, row + 1 - SEEN_FOR)
        for name, column in self.patterns.items():
            ended = first + np.flatnonzero(column[first : row + 1])
            if len(ended):
                found.append((row - int(ended[-1]), name, int(column[ended[-1]])))
        return tuple(pattern_seen(name, value, ago) for ago, name, value in sorted(found))


def columns_of_all(candles: Candles) -> dict[Timeframe, SignalColumns]:
    """The columns on the bars' own timeframe and on every coarser horizon of the court, each on its own closed bars."""
    coarser = (horizon for horizon in HORIZONS if horizon.seconds > candles.timeframe.seconds)
    return {
        candles.timeframe: signal_columns(candles),
        **{length: signal_columns(resample(candles, length)) for length in coarser},
    }


def signal_columns(candles: Candles) -> SignalColumns:
    """The columns of one timeframe."""
    from market.indicators.compiled import OUT, walk  # numba is imported when columns are asked for

    n = len(candles)
    if not n:
        return SignalColumns({}, {})
    close, per_year = candles.close, candles.timeframe.bars_per_year
    returns = _log_moves(close, 1)
    values = _core(candles, returns)
    made = _made(candles, returns)
    walked = np.full((len(OUT), n), np.nan)
    strains = np.stack(_strains(made["deviation_20"], made["deviation_100"], _log_moves(close, SHORT)))
    open_s = candles.close_ms // 1000 - candles.timeframe.seconds
    ranges = np.stack([made["atr_10"], values["atr_14_quote"]])
    spans = np.array([days * DAY_S * 1000 for days in SPANS_DAYS.values()])
    spans[spans < candles.timeframe.seconds * 1000] = 0
    columns, adx = candles.columns, values["adx_14"]
    walk(candles.close_ms, spans, open_s // DAY_S, columns, returns, per_year, ranges, adx, strains, walked)
    values |= dict(zip(OUT, walked, strict=True))
    values |= {name: talib.LN(values[name]) for name in SPANS_DAYS}
    if candles.timeframe.seconds >= DAY_S:
        values["vwap_day"] = np.full(n, np.nan)
    values |= {name: _later(made[name], 1) for name in CHANNELS}
    values |= {"obv": made["obv"], "stoch_k": made["stoch"][0], "stoch_d": made["stoch"][1]}
    width = KELTNER_ATR * made["atr_10"]
    middle = np.where(np.isnan(width), np.nan, made["ema_20"])
    values |= {"keltner_upper": middle + width, "keltner_middle": middle, "keltner_lower": middle - width}
    for bars in (SHORT, LONG):
        values[f"realized_volatility_{bars}"] = made[f"deviation_{bars}"] * SAMPLE[bars] * np.sqrt(per_year)
    patterns = {name: _ta(kind, *candles.columns[:4]) for name, kind in zip(NAMES, KINDS, strict=True)}
    return SignalColumns(values, patterns)


def _core(candles: Candles, returns: Floats) -> dict[str, Floats]:
    """The columns of depth `core` that are TA-Lib's, or made of them."""
    _, high, low, close, _ = candles.columns
    found = {"return_1": returns, "rsi_14": _ta("RSI", close, timeperiod=14)}
    found["macd"], found["macd_signal"], found["macd_hist"] = _ta("MACD", close)
    found["bb_upper"], found["bb_middle"], found["bb_lower"] = _ta("BBANDS", close, timeperiod=20)
    found |= {f"sma_{bars}": _ta("SMA", close, timeperiod=bars) for bars in (20, 50, 200)}
    found |= {f"ema_{bars}": _ta("EMA", close, timeperiod=bars) for bars in (12, 26)}
    found["atr_14_quote"] = _ta("ATR", high, low, close, timeperiod=14)
    found["adx_14"] = _ta("ADX", high, low, close, timeperiod=14)
    found["highest_20"] = _later(_ta("MAX", high, timeperiod=20), 1)
    found["lowest_20"] = _later(_ta("MIN", low, timeperiod=20), 1)
    found["previous_rsi_14"] = _later(found["rsi_14"], 1)
    for name, (line, other) in _CROSSES.items():
        above = found[line] > found[other]
        crosses = np.zeros(len(close))
        crosses[1:] = above[1:] & (found[line][:-1] <= found[other][:-1])
        found[name] = crosses
    found["overbought"] = (found["rsi_14"] >= _OVERBOUGHT).astype(np.float64)
    found["oversold"] = (found["rsi_14"] <= _OVERSOLD).astype(np.float64)
    return found


def _made(candles: Candles, returns: Floats) -> dict[str, Any]:
    """What TA-Lib gives for the functions of depth `full`, by their names."""
    places = (*candles.columns, returns)
    return {
        each.name: _ta(each.kind, *(places[place] for place in each.inputs), **dict(each.parameters))
        for each in FUNCTIONS
    }


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


def _later(column: Floats, bars: int) -> Floats:
    """A column as it was `bars` bars before."""
    found = np.full(len(column), np.nan)
    found[bars:] = column[:-bars]
    return found
