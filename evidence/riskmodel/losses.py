"""Loss functions for forecasts. The true VaR, and the true pair of VaR and ES, minimise them on average.

Series have shape (n,): the returns, and the forecasts made before them, losses positive. Lower is better. The values only compare
models on the same bars; alone they have no meaning. Bad input raises ValueError.
"""

import numpy as np
import numpy.typing as npt

from risk.measures.basic import finite_series, tail_probability


def quantile_loss(returns: npt.ArrayLike, var: npt.ArrayLike, *, confidence: float) -> float:
    """Mean pinball loss of VaR [simple return] (Koenker & Bassett 1978).

    `returns` and `var`: shape (n,), float64 [simple return, VaR as a positive loss]. Raises ValueError for bad or unaligned
    series.
    """
    happened, edge = finite_series(returns), -finite_series(var)
    if happened.size != edge.size:
        raise ValueError(f"the series are not aligned: {happened.size} and {edge.size} values")
    return float(((tail_probability(confidence) - (happened < edge)) * (happened - edge)).mean())


def joint_loss(returns: npt.ArrayLike, var: npt.ArrayLike, es: npt.ArrayLike, *, confidence: float) -> float:
    """Mean joint loss of VaR and ES [dimensionless]: Fissler & Ziegel (2016) in the form FZ0.

    Patton, Ziegel & Chen (2019), equation 6: in this form alone, differences do not depend on the unit of the returns.
    `returns`, `var` and `es`: shape (n,), float64 [simple return, VaR and ES as positive losses]. Raises ValueError for bad or
    unaligned series, and for an ES that is not above 0.
    """
    happened, edge, mean = finite_series(returns), -finite_series(var), -finite_series(es)
    if not happened.size == edge.size == mean.size:
        raise ValueError(f"the series are not aligned: {happened.size}, {edge.size} and {mean.size} values")
    if mean.max() >= 0.0:
        raise ValueError("the loss needs an expected shortfall above 0 in every bar")
    beyond = np.where(happened <= edge, edge - happened, 0.0)
    return float((-beyond / (tail_probability(confidence) * mean) + edge / mean + np.log(-mean) - 1.0).mean())
