"""Tests of one estimator on one series: the number and size of exceedances, and the tests that it passes.

Three claims are tested at the 5 % level: the rate of exceedances is correct (Kupiec), exceedances do not cluster
(Christoffersen's independence), and expected shortfall is large enough (Acerbi-Szekely Z2). The other figures are reported and do
not count: conditional coverage would count the first two tests again, and Z1 ignores the number of exceedances.
"""

from typing import NamedTuple

import numpy as np

from evidence.riskmodel.exceedances import Light, conditional_coverage, independence, kupiec, traffic_light
from evidence.riskmodel.losses import joint_loss, quantile_loss
from evidence.riskmodel.shortfall_tests import NullLaw, Severity, acerbi_szekely
from risk.measures.basic import Floats, tail_probability
from risk.measures.tails import Tail

SIGNIFICANCE = 0.05
TESTS = ("rate", "clusters", "severity")


class Findings(NamedTuple):
    """p-values of the tests, losses (lower is better; FZ0 is dimensionless), and the names of the failed TESTS.

    `severity` and `joint_loss` are None when ES is not above 0 in every bar; that counts as a failed test.
    """

    bars: int
    expected: float
    exceeded: int
    kupiec_p: float
    independence_p: float
    coverage_p: float
    severity: Severity | None
    light: Light
    quantile_loss: float
    joint_loss: float | None
    failed: tuple[str, ...]


def examine(returns: Floats, tail: Tail, *, confidence: float, law: NullLaw) -> Findings:
    """Compare forecasts with what happened.

    `returns`, and VaR and ES in `tail`: shape (n,), n >= 2, float64 [simple return, VaR and ES as positive losses]. `law` as
    for `acerbi_szekely`. Raises ValueError for bad or unaligned series.
    """
    hits = np.asarray(returns < -tail.var)
    positive = bool((tail.es > 0.0).all())
    severity = acerbi_szekely(returns, tail.var, tail.es, confidence=confidence, law=law) if positive else None
    rate, apart = kupiec(hits, confidence=confidence), independence(hits)
    p_values = (rate.p_value, apart.p_value, 0.0 if severity is None else severity.z2_p)
    return Findings(
        bars=len(hits),
        expected=len(hits) * tail_probability(confidence),
        exceeded=int(hits.sum()),
        kupiec_p=rate.p_value,
        independence_p=apart.p_value,
        coverage_p=conditional_coverage(hits, confidence=confidence).p_value,
        severity=severity,
        light=traffic_light(hits, confidence=confidence),
        quantile_loss=quantile_loss(returns, tail.var, confidence=confidence),
        joint_loss=joint_loss(returns, tail.var, tail.es, confidence=confidence) if positive else None,
        failed=tuple(name for name, p in zip(TESTS, p_values, strict=True) if p < SIGNIFICANCE),
    )
