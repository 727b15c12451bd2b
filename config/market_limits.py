"""The hard limits that hold an entry against the market of the moment: its price, its time, its book, the venue's answers.

They are a part of `config.settings.RiskLimits`. The book of the simulated exchange is set in a profile too, so a profile can
contradict itself; `market_clashes` says where.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from config.book_limits import BookLimits

if TYPE_CHECKING:
    from config.clashes import Clash
    from config.settings import Settings


class MarketLimits(BookLimits):
    """What the market must look like, and what the whole book may come to against equity."""

    max_price_gap_bps: Annotated[float, Field(gt=0, le=10_000)] = Field(
        description="proposed price against the last believed close [bps]"
    )
    max_proposal_age_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        description="time of a proposal before or after that of the book [seconds]"
    )
    max_spread_bps: Annotated[float, Field(gt=0, le=2000)] = Field(description="best bid to best ask [bps]")
    max_slippage: Annotated[float, Field(gt=0, le=0.5)] = Field(
        description="average price of an entry that walks the book, above the middle [fraction]"
    )
    max_order_errors: Annotated[int, Field(ge=0, le=1000)] = Field(
        description="orders in 24 hours that the venue rejected or lost; with more, no entries [orders]"
    )
    max_gross_leverage: Annotated[float, Field(gt=0, le=10)] = Field(
        description="long and short positions together [fraction of equity]"
    )
    max_net_leverage: Annotated[float, Field(gt=0, le=10)] = Field(
        description="long positions less short ones [fraction of equity]"
    )
    risk_parity: bool = Field(
        description="proposals of one session bring equal parts of the risk, within the VaR limit"
    )


def market_clashes(settings: "Settings") -> "list[Clash]":
    """What contradicts the simulated exchange: a book in which nothing may ever be bought."""
    venue, limits = settings.venue, settings.limits
    if venue.kind != "simulated":
        return []
    clashes: list[Clash] = []
    if venue.spread_bps > limits.max_spread_bps:
        wide = f"spread_bps {venue.spread_bps:g} is above max_spread_bps {limits.max_spread_bps:g}: nothing could be bought"
        clashes.append((("venue.spread_bps", "limits.max_spread_bps"), wide))
    elif venue.spread_bps / 2 > limits.max_slippage * 10_000:
        dear = f"half of spread_bps {venue.spread_bps:g} is above max_slippage {limits.max_slippage:g}: nothing could be bought"
        clashes.append((("venue.spread_bps", "limits.max_slippage"), dear))
    return clashes
