"""What the policy is shown of a proposal."""

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
