"""`exits:`: the stop and the target that protect every entry from the moment of its fill."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


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
