"""What trading costs on the simulated exchange: its spread, its depth, how a large order moves it, and how late one comes.

They are the base of `config.settings.VenueSettings`.
"""

from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen


class CostSettings(Frozen):
    """Spread and depth shape the book that is laid around each recorded or simulated price."""

    spread_bps: Annotated[float, Field(ge=0, le=500)] = Field(description="best bid to best ask [bps]")
    levels: Annotated[int, Field(ge=1, le=100)] = Field(description="price levels a side")
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
