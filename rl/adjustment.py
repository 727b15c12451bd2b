"""The output of a policy: a factor that reduces the size of a ruling."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


class Adjustment(Frozen):
    """What is left of the size: a scale in [0, 1]. An adjuster can only make a position smaller."""

    adjuster: str
    scale: Annotated[float, Field(ge=0.0, le=1.0)]
