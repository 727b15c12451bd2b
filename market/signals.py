"""Technical signals: the indicator values of one symbol and timeframe, which all other rooms read.

Each field says beside its type what it means, its unit (in brackets), its formula, the closed bars that it needs, and where the
formula comes from. `docs/signals.md` is made of these words. The fields of depth `full` are costly or new: they are left out of
a journal when they are not known, so that a journal of depth `core` has the bytes that it always had.
"""

from typing import Any, Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime, Word, absent, empty
from market.timeframe import Timeframe

Depth = Literal["core", "full"]
"""How much of the signals is computed: the fields of depth `core` only, or all of them."""


class Regime(Word):
    """What kind of market it is. `docs/signals.md` has the rule."""

    TREND = "trend"
    RANGE = "range"
    TURBULENT = "turbulent"
    CRASH = "crash"


class PatternSeen(Frozen):
    """A candlestick pattern that ended at one of the last five bars."""

    name: str = Field(description="name of the pattern, as TA-Lib has it without `CDL`, in small letters")
    direction: Literal["up", "down", "none"] = Field(
        description="the move that it is said to announce; `none` for a pattern that only says that buyers and sellers are even"
    )
    bars_ago: int = Field(ge=0, le=4, description="bars since it ended; 0: it ended at this bar [bars]")


def _core(meaning: str, formula: str, known_from: int, source: str, *, default: Any = None) -> Any:
    """A field of depth `core`, which is always written."""
    return Field(default=default, description=meaning, json_schema_extra=_about("core", formula, known_from, source))


def _full(meaning: str, formula: str, known_from: int | str, source: str, **limits: Any) -> Any:
    """A field of depth `full`: written where it is known. `known_from`: the number of closed bars that it needs, or words."""
    return Field(
        default=None,
        exclude_if=absent,
        description=meaning,
        json_schema_extra=_about("full", formula, known_from, source),
        **limits,
    )


def _about(depth: Depth, formula: str, known_from: int | str, source: str) -> dict[str, Any]:
    return {"depth": depth, "formula": formula, "known_from": known_from, "source": source}


_BAR = _about("core", "of the bar", 1, "the tape")
_APPEL, _BOLLINGER, _WILDER, _LO = "Appel 1979", "Bollinger 1992", "Wilder 1978", "Lo 2002"
_DONCHIAN, _LANE, _GRANVILLE = "Donchian 1960; Faith 2003", "Lane 1984", "Granville 1963"
_KELTNER, _SEBAN, _VWAP = "Keltner 1960, in Raschke's form", "Seban 2008", "Berkowitz, Logue & Noser 1988"
_MURPHY, _LEVELS = "Murphy 1999", "Edwards & Magee 1948; Williams 1995 for the swings"
_LOG = "logarithm of a price ratio"


class TechnicalSignals(Frozen):
    """Indicators on the closed bars up to and including `close_utc`. A value is None while the history is too short.

    Prices and `*_quote` are in quote units; RSI and ADX range from 0 to 100. `realized_volatility` is that of 24 bars,
    annualised (365 days a year, or the sessions of a calendar: `market.annualise`). `return_1` is the last log return. `bars` is
    the number of closed bars so far.
    """

    symbol: str = Field(description="market, as BASE/QUOTE", json_schema_extra=_BAR)
    timeframe: Timeframe = Field(description="length of a bar", json_schema_extra=_BAR)
    close_utc: UtcTime = Field(description="when the bar closed", json_schema_extra=_BAR)
    bars: int = Field(ge=1, description="closed bars that were seen [bars]", json_schema_extra=_BAR)
    open: float = Field(description="first price [quote]", json_schema_extra=_BAR)
    high: float = Field(description="highest price [quote]", json_schema_extra=_BAR)
    low: float = Field(description="lowest price [quote]", json_schema_extra=_BAR)
    close: float = Field(description="last price [quote]", json_schema_extra=_BAR)
    volume: float = Field(description="traded quantity [base]", json_schema_extra=_BAR)
    return_1: float | None = _core("last log return", "ln(close / close before)", 2, _LOG)
    rsi_14: float | None = _core(
        "relative strength index over 14 bars [0..100]", "100 - 100 / (1 + mean rise / mean fall)", 15, _WILDER
    )
    macd: float | None = _core(
        "moving average convergence divergence, 12 and 26 bars [quote]",
        "EMA 12 - EMA 26, both begun at bar 26",
        34,
        _APPEL,
    )
    macd_signal: float | None = _core("its average over 9 bars [quote]", "EMA 9 of macd", 34, _APPEL)
    macd_hist: float | None = _core("macd less its signal [quote]", "macd - macd_signal", 34, _APPEL)
    bb_upper: float | None = _core(
        "upper Bollinger band, 20 bars [quote]", "sma_20 + 2 standard deviations of 20 closes", 20, _BOLLINGER
    )
    bb_middle: float | None = _core("middle Bollinger band, 20 bars [quote]", "sma_20", 20, _BOLLINGER)
    bb_lower: float | None = _core(
        "lower Bollinger band, 20 bars [quote]", "sma_20 - 2 standard deviations of 20 closes", 20, _BOLLINGER
    )
    sma_20: float | None = _core("average close of 20 bars [quote]", "mean of 20 closes", 20, _MURPHY)
    sma_50: float | None = _core("average close of 50 bars [quote]", "mean of 50 closes", 50, _MURPHY)
    sma_200: float | None = _core("average close of 200 bars [quote]", "mean of 200 closes", 200, _MURPHY)
    ema_12: float | None = _core(
        "exponential average, 12 bars [quote]", "weight 2 / 13, begun with the mean of 12 closes", 12, _MURPHY
    )
    ema_26: float | None = _core(
        "exponential average, 26 bars [quote]", "weight 2 / 27, begun with the mean of 26 closes", 26, _MURPHY
    )
    atr_14_quote: float | None = _core(
        "average true range, 14 bars [quote]", "Wilder's mean of the true range", 15, _WILDER
    )
    adx_14: float | None = _core(
        "average directional index, 14 bars [0..100]", "Wilder's mean of 100 |DI+ - DI-| / (DI+ + DI-)", 28, _WILDER
    )
    realized_volatility: float | None = _core(
        "volatility of 24 bars, in a year [fraction]",
        "standard deviation of 24 log returns (n - 1) * sqrt(bars per year)",
        25,
        _LO,
    )
    volume_ratio_20: float | None = _core(
        "volume against the average of the 20 bars before [multiple]",
        "volume / mean of the 20 volumes before",
        21,
        _MURPHY,
    )
    highest_20: float | None = _core(
        "highest high of the 20 bars before [quote]",
        "upper Donchian channel of 20 bars, without this bar",
        21,
        _DONCHIAN,
    )
    lowest_20: float | None = _core(
        "lowest low of the 20 bars before [quote]", "lower Donchian channel of 20 bars, without this bar", 21, _DONCHIAN
    )
    ema_cross_up: bool = _core(
        "whether the 12-bar average crossed above that of 26 bars at this bar",
        "ema_12 > ema_26 now, and not at the bar before",
        27,
        _MURPHY,
        default=False,
    )
    ema_cross_down: bool = _core(
        "whether it crossed below", "ema_12 < ema_26 now, and not at the bar before", 27, _MURPHY, default=False
    )
    golden_cross: bool = _core(
        "whether the 50-bar average crossed above that of 200 bars at this bar",
        "sma_50 > sma_200 now, and not at the bar before",
        201,
        _MURPHY,
        default=False,
    )
    death_cross: bool = _core(
        "whether it crossed below", "sma_50 < sma_200 now, and not at the bar before", 201, _MURPHY, default=False
    )
    macd_cross_up: bool = _core(
        "whether macd crossed above its signal at this bar",
        "macd > macd_signal now, and not at the bar before",
        35,
        _APPEL,
        default=False,
    )
    macd_cross_down: bool = _core(
        "whether it crossed below", "macd < macd_signal now, and not at the bar before", 35, _APPEL, default=False
    )
    overbought: bool = _core("whether the RSI is above its upper bound", "rsi_14 >= 70", 15, _WILDER, default=False)
    oversold: bool = _core("whether the RSI is below its lower bound", "rsi_14 <= 30", 15, _WILDER, default=False)
    previous_rsi_14: float | None = _core("the RSI one bar before [0..100]", "rsi_14 of the bar before", 16, _WILDER)

    obv: float | None = _full(
        "on-balance volume since the first bar that was seen: only its changes mean anything [base]",
        "sum of the volumes, less those of bars that closed lower",
        1,
        _GRANVILLE,
    )
    vwap_day: float | None = _full(
        "volume-weighted price since 00:00 UTC, on bars shorter than a day [quote]",
        "sum of (high + low + close) / 3 * volume / sum of volume, over the bars that opened on this UTC day",
        1,
        _VWAP,
    )
    vwap_20: float | None = _full(
        "volume-weighted price of 20 bars [quote]",
        "sum of (high + low + close) / 3 * volume / sum of volume, over 20 bars",
        20,
        _VWAP,
    )
    stoch_k: float | None = _full(
        "slow stochastic, 14 bars [0..100]",
        "mean of 3 of 100 (close - lowest of 14) / (highest - lowest of 14)",
        18,
        _LANE,
    )
    stoch_d: float | None = _full("its average over 3 bars [0..100]", "mean of 3 of stoch_k", 18, _LANE)
    highest_10: float | None = _full(
        "highest high of the 10 bars before [quote]",
        "upper Donchian channel of 10 bars, without this bar",
        11,
        _DONCHIAN,
    )
    lowest_10: float | None = _full(
        "lowest low of the 10 bars before [quote]", "lower Donchian channel of 10 bars, without this bar", 11, _DONCHIAN
    )
    highest_55: float | None = _full(
        "highest high of the 55 bars before [quote]",
        "upper Donchian channel of 55 bars, without this bar",
        56,
        _DONCHIAN,
    )
    lowest_55: float | None = _full(
        "lowest low of the 55 bars before [quote]", "lower Donchian channel of 55 bars, without this bar", 56, _DONCHIAN
    )
    keltner_upper: float | None = _full("upper Keltner channel [quote]", "EMA 20 + 2 ATR 10", 20, _KELTNER)
    keltner_middle: float | None = _full("middle of the Keltner channel [quote]", "EMA 20", 20, _KELTNER)
    keltner_lower: float | None = _full("lower Keltner channel [quote]", "EMA 20 - 2 ATR 10", 20, _KELTNER)
    supertrend: float | None = _full(
        "the line that a trend has to cross to end [quote]",
        "middle of the bar less 3 ATR 10, never falling, in a rise; plus 3 ATR 10, never rising, in a fall",
        11,
        _SEBAN,
    )
    supertrend_rising: bool | None = _full(
        "whether that trend rises", "turns when a close crosses the line", 11, _SEBAN
    )
    return_1d: float | None = _full(
        "log return of one day", "ln(close / last close known one day before)", "one day", _LOG
    )
    return_7d: float | None = _full(
        "log return of seven days", "ln(close / last close known seven days before)", "seven days", _LOG
    )
    return_30d: float | None = _full(
        "log return of thirty days", "ln(close / last close known thirty days before)", "thirty days", _LOG
    )
    realized_volatility_20: float | None = _full(
        "short volatility: that of 20 bars, in a year [fraction]",
        "standard deviation of 20 log returns (n - 1) * sqrt(bars per year)",
        21,
        _LO,
    )
    realized_volatility_100: float | None = _full(
        "long volatility: that of 100 bars, in a year [fraction]",
        "standard deviation of 100 log returns (n - 1) * sqrt(bars per year)",
        101,
        _LO,
    )
    support: float | None = _full(
        "nearest swing price at or below the close [quote]",
        "highest of the last 24 confirmed swing prices that is not above the close",
        "a swing below the close, and 15 bars",
        _LEVELS,
    )
    support_touches: int | None = _full(
        "swings at that price [swings]", "of the 24, those within 0.5 atr_14_quote of it", "support", _LEVELS, ge=1
    )
    support_distance_atr: float | None = _full(
        "how far the close is above it [ATR]", "(close - support) / atr_14_quote", "support", _LEVELS
    )
    resistance: float | None = _full(
        "nearest swing price above the close [quote]",
        "lowest of the last 24 confirmed swing prices that is above the close",
        "a swing above the close, and 15 bars",
        _LEVELS,
    )
    resistance_touches: int | None = _full(
        "swings at that price [swings]", "of the 24, those within 0.5 atr_14_quote of it", "resistance", _LEVELS, ge=1
    )
    resistance_distance_atr: float | None = _full(
        "how far the close is below it [ATR]", "(resistance - close) / atr_14_quote", "resistance", _LEVELS
    )
    regime: Regime | None = _full(
        "what kind of market it is",
        "the first that holds of crash, turbulent and trend, else range; each has a bound to enter and another to leave",
        101,
        "Wilder 1978 (trend); Kritzman & Li 2010 (turbulent); Mishkin & White 2002 (crash)",
    )
    patterns: tuple[PatternSeen, ...] = Field(
        default=(),
        exclude_if=empty,
        description="candlestick patterns that ended at the last five bars, the latest of each kind, newest first",
        json_schema_extra=_about(
            "full", "all 61 patterns of TA-Lib", "11 to 15 bars, by pattern", "Nison 1991; TA-Lib"
        ),
    )
