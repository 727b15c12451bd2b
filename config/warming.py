"""Settings of the watchlist: for which markets the analyst is asked ahead, how near to a trigger, and for how much.

Off unless a profile names markets. What contradicts the rest of a profile is refused at the start: an outlook that would
delay the court, and one that nobody could ever use.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from config.frozen import Frozen

if TYPE_CHECKING:
    from config.clashes import Clash
    from config.settings import Settings


class WatchlistSettings(Frozen):
    """The part of `minds` that keeps outlooks warm."""

    watchlist: tuple[str, ...] = Field(
        default=(), description="markets whose outlook is asked before they are proposed; `*` for all"
    )
    warm_within: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="netted vote for a purchase from which one is asked [share of court.net_threshold]"
    )
    warm_budget_usd: Annotated[Decimal, Field(gt=0)] = Field(
        default=Decimal("0.20"), description="outlooks of one UTC day, all runs of this user, within day_usd [USD]"
    )
    warm_wait: bool = Field(
        default=True, description="wait for outlooks at the end of a bar, where bars follow at once"
    )
    outlook_ttl_bars: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="age of a usable outlook [bars]"
    )
    outlook_move_atr: Annotated[float, Field(gt=0, le=20)] = Field(
        default=1.0, description="move of the close from which an outlook is void [ATRs]"
    )


def watchlist_clashes(settings: "Settings") -> "list[Clash]":
    """What contradicts a watchlist that is not empty, where models sit."""
    minds, court = settings.minds, settings.court
    if not minds.watchlist or court.mind != "models":
        return []
    chain = minds.roles.get("analyst", minds.chain)
    asked = chain[: chain.index("rules")] if "rules" in chain else chain
    clashes: list[Clash] = []
    if court.call == "every_bar":
        clashes.append(
            (("minds.watchlist", "court.call"), "where every bar is tried nothing is left to be asked ahead")
        )
    if not asked:
        clashes.append((("minds.watchlist",), "the analyst of this profile is no model, so nobody can be asked ahead"))
    if minds.warm_wait and settings.world in ("testnet", "live"):
        late = "waiting for outlooks would delay the bars of a world that does not wait"
        clashes.append((("minds.warm_wait", "world"), late))
    if not minds.warm_wait and minds.transcripts in ("record", "replay"):
        unknown = "recorded answers do not say which outlooks had come by a bar's close; warm_wait must be true"
        clashes.append((("minds.warm_wait", "minds.transcripts"), unknown))
    if not minds.warm_wait:
        single = [name for name in asked if minds.providers[name].concurrency < 2]
        clashes += [
            (
                ("minds.warm_wait", f"minds.providers.{name}.concurrency"),
                f"the one call at a time of {name} is the court's",
            )
            for name in single
        ]
    return clashes
