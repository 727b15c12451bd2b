"""The policy's words: what it sees, and what it may do."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


class Observation(Frozen):
    """What an adjuster sees of one ruled case; all of it was known at the bar close. Fractions are of equity."""

    conviction: float
    ruling_scale: float
    deployed_fraction: float
    drawdown: float
    var_1d: float
    realized_volatility: float | None
    rsi_14: float | None


class Adjustment(Frozen):
    """What is left of the size: a scale in [0, 1]. An adjuster can only make a position smaller."""

    adjuster: str
    scale: Annotated[float, Field(ge=0.0, le=1.0)]
