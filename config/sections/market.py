"""`market:`: where bars come from, and the trading rules of each market."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen
from config.sections.kinds import Money


class InstrumentSettings(Frozen):
    """Trading rules of one market. Recorded files do not contain them, so the profile does; `default` covers the rest."""

    tick_size: Money = Field(default=Decimal("0.01"), description="smallest price step [quote]")
    lot_size: Money = Field(default=Decimal("0.00001"), description="smallest quantity step [base]")
    min_notional: Money = Field(default=Decimal("5"), description="smallest order value [quote]")
    maker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a resting order [bps]")
    taker_fee_bps: Decimal = Field(default=Decimal("10"), ge=0, le=1000, description="fee of a taking order [bps]")


class MarketSettings(Frozen):
    """The markets, their bars and their trading rules."""

    symbols: tuple[str, ...] = Field(min_length=1, description="markets, as BASE/QUOTE")
    timeframe: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"] = Field(
        description="length of the bars on which the strategies decide"
    )
    feed: str | None = Field(
        min_length=1,
        description="exchange whose closed bars a session trades as they close, a CCXT id; null for drawn or recorded bars",
    )
    feed_patience_s: float = Field(
        gt=0,
        le=3600,
        description="how long a bar is waited for that one market lacks while others have it; at most half a bar [s]",
    )
    feed_late_s: float = Field(
        gt=0, le=3600, description="age of a live bar from which on nothing new is opened on it; at most one bar [s]"
    )
    session_days: int = Field(ge=1, le=3650, description="length of a simulated session [days]")
    warmup_bars: int = Field(ge=200, le=20000, description="closed bars before the first decision [bars]")
    scenario: Literal["weather", "mixed", "calm", "bull", "bear", "chop", "flash-crash", "outage", "depeg"] = Field(
        description="what the simulated market does in a session; `weather`: as before version 0.3.0"
    )
    context: Literal["none", "facts"] = Field(
        description="what a case knows beside bars and headlines: nothing, or the figures of docs/context.md"
    )
    history_days: int | None = Field(
        ge=0,
        le=3650,
        description="days before the warm-up that are read as daily bars; null for what voters and context ask for [days]",
    )
    signals: Literal["core", "full"] = Field(
        description="signals that a case holds and voters may read: `core`, those of version 0.2; `full`, all of docs/signals.md"
    )
    start_price: dict[str, Annotated[float, Field(gt=0, le=1e7)]] = Field(
        default_factory=dict, description="first simulated price by base [quote]"
    )
    instruments: dict[str, InstrumentSettings] = Field(description="trading rules by symbol; `default` for the rest")
