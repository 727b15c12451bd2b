"""How a policy answers when one feature moves and the others stay: its multiplier, that of its base, and the seeds' disagreement.

The others stand at their means of the training part, so this shows one cut through the answer and not all of it: a policy may
answer otherwise where two features move together. Nothing is drawn beyond what training has seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.errors import UsageFault
from execution.observation import COLUMNS
from rl.action import multipliers
from rl.features import schema_named
from rl.model import PolicyModel
from rl.serving.policy import base_of

Floats = NDArray[np.float64]

POINTS = 61
_AS_LOGS = {"volatility": "volatility", "volatility_ratio": "volatility_ratio"}
"""Columns that the base reads, by the features that hold their logarithms."""


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """A cut through a policy, float64, shape (n_points,) each: the feature [its unit; of a logarithm, the value itself],
    multiplier and base, at most what its market allows [dimensionless], and the standard deviation of the seeds' actions
    [dimensionless]."""

    feature: str
    at: Floats
    multiplier: Floats
    base: Floats
    spread: Floats


def response(model: PolicyModel, feature: str, points: int = POINTS) -> Response:
    """The cut along one feature, over what training has seen of it.

    Raises UsageFault for a feature that the policy has not, and for a policy that reads what this version does not know."""
    names = model.card.features
    if feature not in names:
        raise UsageFault(
            f"The policy {model.name} reads no {feature}; it reads {', '.join(names)}. Nothing was computed."
        )
    at = names.index(feature)
    seen = np.tile(model.scaler.fill, (points, 1))
    seen[:, at] = np.linspace(model.range.low[at], model.range.high[at], points)
    rows = np.full((points, len(COLUMNS)), np.nan)
    for name, column in _AS_LOGS.items():
        rows[:, COLUMNS.index(column)] = np.exp(seen[:, names.index(name)])
    base = base_of(model).of(rows)
    actions, spread = model.answers(seen)
    shown = np.exp(seen[:, at]) if feature in _AS_LOGS else seen[:, at]
    most = schema_named(model.card.schema_sha256).most
    return Response(feature, shown, multipliers(base, actions, most), np.minimum(base, most), spread)
