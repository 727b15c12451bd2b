"""What a policy has seen in training: an observation outside of it gets no answer of the policy, but its base.

Two tests. Each feature lies within its quantiles of the training span, with a margin; and the observation as a whole is not
farther from the mean of the training span than nearly all of its own observations were (Mahalanobis distance on scaled features,
De Maesschalck et al. 2000), so that a combination that never occurred is noticed where each part of it is common.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

QUANTILE = 0.001
"""Part of the training observations that may lie beyond each bound of a feature."""
MARGIN = 0.25
"""How far beyond its bounds a feature may lie, as a part of their distance."""
FARTHEST = 0.999
"""Part of the training observations that lie within the threshold of the distance, before the margin."""
_RIDGE = 1e-3
"""Added to each variance of the scaled features, so that features that move together have a finite precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaler:
    """Means and standard deviations of the features in training: float64, shape (n_features,), units of the features."""

    mean: Floats
    sd: Floats

    @classmethod
    def of(cls, features: Floats) -> "Scaler":
        """The scaler of training features, float64, shape (n, n_features), any units [as the features].

        A feature that never moved gets the standard deviation 1.
        """
        sd = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(sd > 0.0, sd, 1.0))

    def scaled(self, features: Floats) -> Floats:
        """Features less their means, over their standard deviations: float64, the same shape (..., n_features), dimensionless."""
        return (features - self.mean) / self.sd


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRange:
    """Where the training observations lie. `low`, `high`: quantiles of each feature, float64, shape (n_features,), its units;
    `centre`, `precision`: mean and inverse covariance of the scaled features, shapes (n_features,) and (n_features, n_features),
    dimensionless; `threshold`: the largest squared distance."""

    low: Floats
    high: Floats
    centre: Floats
    precision: Floats
    threshold: float
    margin: float = MARGIN

    @classmethod
    def of(cls, features: Floats, scaler: Scaler) -> "TrainingRange":
        """The range of training features, float64, shape (n, n_features), any units [as the features]."""
        low, high = np.quantile(features, [QUANTILE, 1.0 - QUANTILE], axis=0)
        scaled = scaler.scaled(features)
        centre = scaled.mean(axis=0)
        apart = scaled - centre
        precision = np.linalg.inv(apart.T @ apart / len(apart) + _RIDGE * np.eye(features.shape[1]))
        squared = np.einsum("ij,jk,ik->i", apart, precision, apart)
        threshold = float(np.quantile(squared, FARTHEST)) * (1.0 + MARGIN) ** 2
        return cls(low, high, centre, precision, threshold)

    def unusual(self, features: Floats, scaler: Scaler, names: Sequence[str]) -> str | None:
        """Why an observation is outside the range, in words; None if it is inside.

        `features`: float64, shape (n_features,), in the units of `low` [as the features].
        """
        if not np.isfinite(features).all():
            return f"{names[int(np.argmin(np.isfinite(features)))]} is not a number"
        slack = self.margin * (self.high - self.low)
        outside = (features < self.low - slack) | (features > self.high + slack)
        if outside.any():
            at = int(np.argmax(outside))
            return (
                f"{names[at]} is {features[at]:.4g}, and in training it was {self.low[at]:.4g} to {self.high[at]:.4g}"
            )
        apart = scaler.scaled(features) - self.centre
        squared = float(apart @ self.precision @ apart)
        if not squared <= self.threshold:
            return f"the combination is {squared / self.threshold:.2g} times as far off as the training's farthest"
        return None
