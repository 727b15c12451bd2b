"""Technical signals: the indicator values of one symbol and timeframe, which all other rooms read."""

from pydantic import Field

from config.frozen import Frozen, UtcTime
from market.timeframe import Timeframe


class TechnicalSignals(Frozen):
    """Indicators on the closed bars up to and including `close_utc`. A value is None while the history is too short.

    Prices and `*_quote` are in quote units; RSI and ADX range from 0 to 100. `realized_volatility` is that of 24 bars,
    annualised (365 days a year). `return_1` is the last log return. `bars` is the number of closed bars so far.
    """

    symbol: str
    timeframe: Timeframe
    close_utc: UtcTime
    bars: int = Field(ge=1)
    open: float
    high: float
    low: float
    close: float
    volume: float
    return_1: float | None = None
    rsi_14: float | None = None
    macd: float | None = None
    macd_signal: float | None = None
    macd_hist: float | None = None
    bb_upper: float | None = None
    bb_middle: float | None = None
    bb_lower: float | None = None
    sma_20: float | None = None
    sma_50: float | None = None
    sma_200: float | None = None
    ema_12: float | None = None
    ema_26: float | None = None
    atr_14_quote: float | None = None
    adx_14: float | None = None
    realized_volatility: float | None = None
    volume_ratio_20: float | None = None
    highest_20: float | None = None
    lowest_20: float | None = None
    ema_cross_up: bool = False
    ema_cross_down: bool = False
    golden_cross: bool = False
    death_cross: bool = False
    macd_cross_up: bool = False
    macd_cross_down: bool = False
    overbought: bool = False
    oversold: bool = False
    previous_rsi_14: float | None = None
