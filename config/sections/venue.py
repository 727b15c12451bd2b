"""`venue:`: the exchange, and the trading costs of the simulated one: spread, depth, impact, latency."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen, absent
from config.sections.kinds import Money

MOST_LEVELS = 100
"""Price levels of a side of the book, at most; the fast engine keeps room for so many."""


class EntrySettings(Frozen):
    """How an entry is bought that the gate has signed. It is never bought dearer than the gate allowed
    (`entry_price_cap_bps`)."""

    how: Literal["market", "touch"] = Field(
        default="market",
        description="at market at once; or at the best bid, sent anew when that moves, and at market when its time is up",
    )
    reprice_s: Annotated[float, Field(ge=0.5, le=3600)] = Field(
        default=5.0, description="how often a real exchange's best bid is looked at between two bars, for touch [s]"
    )
    market_after_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=30.0,
        description="the time of an entry, or of each slice of it; in process it is up at the next close, for touch [s]",
    )
    slice_quote: Annotated[Decimal, Field(gt=0)] | None = Field(
        default=None, description="value above which an entry is bought in slices; null for never, for touch [quote]"
    )


class VenueSettings(Frozen):
    """The exchange: the simulated one with its trading costs, or one that CCXT supports.

    Spread and depth define the order book that the simulated exchange builds around each recorded or simulated price.
    """

    spread_bps: Annotated[float, Field(ge=0, le=500)] = Field(description="best bid to best ask [bps]")
    levels: Annotated[int, Field(ge=1, le=MOST_LEVELS)] = Field(description="price levels a side")
    level_step_bps: Annotated[float, Field(gt=0, le=500)] = Field(description="distance between levels [bps]")
    depth_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="quantity on one side of the book, as a share of the bar's volume [fraction]"
    )
    latency_ms: Annotated[float, Field(ge=0, le=86_400_000)] = Field(
        default=0.0,
        description="time from a decision to the venue; 0 in journals written before this setting existed [ms]",
    )
    calm_volatility: Annotated[float, Field(gt=0, le=10)] | None = Field(
        default=None,
        exclude_if=absent,
        description="volatility of a day, as the range of each bar shows it, up to which books are as the other settings say; a "
        "bar that is n times as volatile has n times the spread and the steps, and an n-th of the depth; null for never "
        "[fraction]",
    )
    impact: Literal["book", "square_root"] = Field(
        default="book", description="prices behind the best price: levels at even steps, or the square-root law"
    )
    impact_coefficient: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0, description="Y of the square-root law; not used with impact: book [multiple]"
    )

    kind: Literal["simulated", "ccxt"] = Field(description="the simulated exchange, or a real one behind CCXT")
    exchange: str = Field(default="binance", min_length=1, description="CCXT id, for kind ccxt")
    url: str | None = Field(
        default=None,
        description="another address of the exchange, such as a simulator's on this machine; null: its own, for kind ccxt",
    )
    compare_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=60.0,
        description="how often the account is compared with the ledger between two bars, for kind ccxt [s]",
    )
    entry: EntrySettings = Field(
        default=EntrySettings(),
        description="how entries are bought; at market in journals written before this setting existed",
    )
    close_together: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1,
        description="markets that are asked at one time when the kill switch sells, for kind ccxt; 1 in journals written before "
        "this setting existed [markets]",
    )
    max_clock_off_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=86_400.0,
        description="how far this machine's clock may be from the exchange's before no market takes new risk, for kind ccxt; a "
        "day in journals written before this setting existed [s]",
    )
    starting_cash: Money = Field(description="cash of the account at the start [quote]")
