"""The closed set of VaR and ES estimators that the gate can use, by their names in `limits.var_method`.

Each is a pure function of one series of portfolio returns, shape (n,), oldest first. The results in `docs/evidence.md` were
measured with the same functions. GARCH is not among them, because the gate must not fit a model at every bar. An estimator that
cannot be computed raises ValueError, and the gate then refuses the proposal.
"""

from typing import assert_never

import numpy.typing as npt

from config.sections.limits import VarMethod
from risk.measures.basic import (
    Floats,
    gaussian_es,
    gaussian_var,
    historical_es,
    historical_var,
    modified_es,
    modified_var,
)
from risk.measures.ewma import RISKMETRICS, Memory, ewma_tail
from risk.measures.extreme import filtered_pot_tail, pot_tail
from risk.measures.filtered import filtered_tail, filtered_tails


def estimate_var(
    returns: npt.ArrayLike, *, method: VarMethod, confidence: float, memory: Memory = RISKMETRICS
) -> float:
    """One-bar VaR by this estimator [loss as a simple return].

    `returns`: shape (n,), float64 [simple return], oldest first. `memory`: of the volatility, for the estimators that filter by
    it. Raises ValueError for returns or a confidence that the estimator cannot use.
    """
    match method:
        case "historical":
            return historical_var(returns, confidence=confidence)
        case "gaussian":
            return gaussian_var(returns, confidence=confidence)
        case "cornish_fisher":
            return modified_var(returns, confidence=confidence)
        case "ewma":
            return float(ewma_tail(returns, confidence=confidence, memory=memory).var)
        case "fhs_ewma":
            return float(filtered_tail(returns, confidence=confidence, memory=memory).var)
        case "evt":
            return float(pot_tail(returns, confidence=confidence).var)
        case "evt_ewma":
            return float(filtered_pot_tail(returns, confidence=confidence, memory=memory).var)
        case _:
            assert_never(method)


def estimate_es(returns: npt.ArrayLike, *, method: VarMethod, confidence: float, memory: Memory = RISKMETRICS) -> float:
    """One-bar expected shortfall by this estimator [loss as a simple return].

    `returns`: shape (n,), float64 [simple return], oldest first. `memory` as in `estimate_var`. Raises ValueError as it does.
    """
    match method:
        case "historical":
            return historical_es(returns, confidence=confidence)
        case "gaussian":
            return gaussian_es(returns, confidence=confidence)
        case "cornish_fisher":
            return modified_es(returns, confidence=confidence)
        case "ewma":
            return float(ewma_tail(returns, confidence=confidence, memory=memory).es)
        case "fhs_ewma":
            return float(filtered_tail(returns, confidence=confidence, memory=memory).es)
        case "evt":
            return float(pot_tail(returns, confidence=confidence).es)
        case "evt_ewma":
            return float(filtered_pot_tail(returns, confidence=confidence, memory=memory).es)
        case _:
            assert_never(method)


def estimate_vars(rows: Floats, *, method: VarMethod, confidence: float, memory: Memory = RISKMETRICS) -> list[float]:
    """`estimate_var` of each of a few series of one length, bit for bit [loss as a simple return].

    `rows`: shape (m, n), float64 [simple return], oldest first. Raises ValueError as it does.
    """
    if method == "fhs_ewma":
        return [*map(float, filtered_tails(rows, confidence=confidence, memory=memory).var)]
    return [estimate_var(row, method=method, confidence=confidence, memory=memory) for row in rows]


def estimate_ess(rows: Floats, *, method: VarMethod, confidence: float, memory: Memory = RISKMETRICS) -> list[float]:
    """`estimate_es` of each of a few series of one length, as `estimate_vars`.

    `rows`: shape (m, n), float64 [simple return], oldest first. Raises ValueError as `estimate_es` does.
    """
    if method == "fhs_ewma":
        return [*map(float, filtered_tails(rows, confidence=confidence, memory=memory).es)]
    return [estimate_es(row, method=method, confidence=confidence, memory=memory) for row in rows]
