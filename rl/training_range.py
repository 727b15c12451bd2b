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


MOST_SD = 10.0
"""A scaled feature is cut here [standard deviations], in training and in serving."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaler:
    """What turns features into what a network reads: float64, shape (n_features,), units of the features.

    `fill` stands for what is missing; then the feature is taken less `mean` over `sd`, and cut at MOST_SD.
    """

    mean: Floats
    sd: Floats
    fill: Floats

    @classmethod
    def of(cls, features: Floats) -> "Scaler":
        """The scaler of training features, float64, shape (n, n_features), NaN where missing [units of the features].

        `fill` is the mean of what is known, 0 if nothing is. A feature that never moved gets the standard deviation 1.
        """
        known = np.isfinite(features)
        fill = np.where(known, features, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, features, fill)
        sd = filled.std(axis=0)
        return cls(filled.mean(axis=0), np.where(sd > 1e-12, sd, 1.0), fill)

    def scaled(self, features: Floats) -> Floats:
        """What a network reads of features, NaN where missing: float64, same shape (..., n_features) [standard deviations]."""
        filled = np.where(np.isnan(features), self.fill, features)
        cut: Floats = np.clip((filled - self.mean) / self.sd, -MOST_SD, MOST_SD)
        return cut


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRange:
    """Where the training observations lie, float64.

    `low`, `high`: quantiles of each feature where it is known, shape (n_features,), its units; `missing`: the part of the
    observations in which it is missing, shape (n_features,); `centre`, `precision`: mean and inverse covariance of the scaled
    features, shapes (n_features,) and (n_features, n_features); `threshold`: the largest squared distance.

    A feature that training never knew (`missing` is 1) is not read in serving either: no weight of it was ever learnt.
    """

    low: Floats
    high: Floats
    missing: Floats
    centre: Floats
    precision: Floats
    threshold: float
    margin: float = MARGIN

    @classmethod
    def of(cls, features: Floats, scaler: Scaler, missing: Floats | None = None) -> "TrainingRange":
        """The range of training features, float64, shape (n, n_features), NaN where missing [units of the features].

        `missing`: the part of them that was missing, shape (n_features,), float64 [fraction], for features that are filled
        already; None to count the NaN.
        """
        absent = np.isnan(features)
        with np.errstate(invalid="ignore"):
            filled = np.where(absent.all(axis=0), scaler.fill, features)
            low, high = np.nanquantile(filled, [QUANTILE, 1.0 - QUANTILE], axis=0)
        scaled = scaler.scaled(features)
        centre = scaled.mean(axis=0)
        apart = scaled - centre
        precision = np.linalg.inv(apart.T @ apart / len(apart) + _RIDGE * np.eye(features.shape[1]))
        squared = np.einsum("ij,jk,ik->i", apart, precision, apart, optimize=True)
        threshold = float(np.quantile(squared, FARTHEST)) * (1.0 + MARGIN) ** 2
        return cls(low, high, absent.mean(axis=0) if missing is None else missing, centre, precision, threshold)

    @property
    def unread(self) -> NDArray[np.bool_]:
        """Features that training never knew: bool, shape (n_features,)."""
        return self.missing >= 1.0

    def unusual(self, features: Floats, scaler: Scaler, names: Sequence[str]) -> str | None:
        """Why an observation is outside the range, in words; None if it is inside.

        `features`: float64, shape (n_features,), NaN where missing [units of the features].
        """
        features = np.where(self.unread, np.nan, features)
        absent = np.isnan(features)
        unheard = absent & (self.missing < QUANTILE)
        if unheard.any():
            return f"{names[int(np.argmax(unheard))]} is missing, and in training it was known"
        slack = self.margin * (self.high - self.low)
        outside = ~absent & ~((features >= self.low - slack) & (features <= self.high + slack))
        if outside.any():
            at = int(np.argmax(outside))
            return (
                f"{names[at]} is {features[at]:.4g}, and in training it was {self.low[at]:.4g} to {self.high[at]:.4g}"
            )
        apart = scaler.scaled(features) - self.centre
        squared = float(apart @ self.precision @ apart)
        if not squared <= self.threshold:
            times = (squared / self.threshold) ** 0.5
            return f"the combination is {times:.2g} times as far from the mean as nearly all of training was"
        return None
