"""`venue:`: the exchange, and on the simulated one what trading costs: spread, depth, impact, latency."""

from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen
from config.sections.kinds import Money

MOST_LEVELS = 100
"""Price levels of a side of the book, at most; the fast engine keeps room for so many."""


class VenueSettings(Frozen):
    """The exchange: a simulated one, with what trading costs there, or one that CCXT knows.

    Spread and depth shape the book that is laid around each recorded or simulated price.
    """

    spread_bps: Annotated[float, Field(ge=0, le=500)] = Field(description="best bid to best ask [bps]")
    levels: Annotated[int, Field(ge=1, le=MOST_LEVELS)] = Field(description="price levels a side")
    level_step_bps: Annotated[float, Field(gt=0, le=500)] = Field(description="distance between levels [bps]")
    depth_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="quantity on one side of the book, of the bar's volume [fraction]"
    )
    latency_ms: Annotated[float, Field(ge=0, le=86_400_000)] = Field(
        default=0.0, description="from a decision to the venue; 0 in journals of before it was counted [ms]"
    )
    impact: Literal["book", "square_root"] = Field(
        default="book", description="what lies behind the best price: levels at even steps, or the square-root law"
    )
    impact_coefficient: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0, description="Y of the square-root law; not used by impact: book [multiple]"
    )

    kind: Literal["simulated", "ccxt"]
    exchange: str = Field(default="binance", min_length=1, description="CCXT id, for kind ccxt")
    starting_cash: Money = Field(description="account at the start [quote]")
