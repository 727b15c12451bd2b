"""`exits:`: the stop and the target that protect every entry from the moment of its fill, and its end when its time is up."""

from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen, absent


class ExitSettings(Frozen):
    """The stop and the target that protect every entry from the moment of its fill."""

    take_profit_fraction: Annotated[float, Field(gt=0, le=10)] = Field(
        description="first target above entry [fraction]"
    )
    take_profit_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="part of the position that is sold at the target [fraction]"
    )
    trail_fraction: Annotated[float, Field(gt=0, lt=0.9)] = Field(
        description="trailing distance of the rest below the highest price since the target [fraction]"
    )
    trail_atr_multiple: Annotated[float, Field(gt=0, le=100)] | None = Field(
        default=None,
        exclude_if=absent,
        description="trailing distance of the rest below the highest price, in average true ranges at the purchase, in the place "
        "of trail_fraction, where the range is known; null for trail_fraction; null in journals written before this setting "
        "existed [ATR]",
    )
    attached: bool = Field(
        default=False,
        exclude_if=lambda attached: not attached,
        description="whether an entry leaves with one trailing stop attached, at the distance by which its size is counted "
        "(stop_atr_multiple), in the place of stop and target; false in journals written before this setting existed",
    )
    horizon: Literal["ignore", "close"] = Field(
        default="ignore",
        exclude_if=lambda horizon: horizon == "ignore",
        description="a position for whose purchase nobody has voted again within the horizon of its voters: ignore keeps it, "
        "close sells it at market; ignore in journals written before this setting existed",
    )
