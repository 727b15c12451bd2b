"""What the network sees: a few named features, each with its range and unit, from what the engines know of a market.

    encode_features(rows, court) -> features        the same function in training and in serving
    schema_sha256() -> str                          fingerprint of names, ranges and units; a model names the one it was made with
    filled(features, fill), means_of(features)      what is missing, as the training mean

`rows` are those of `execution.observation.COLUMNS`, from `Lanes.rows` or `Observation.row`. The kernel has no court, so its three
figures (`COURT_COLUMNS`) come from the caller, by bar and market; a caller without a court gives NaN. What is missing stays NaN
here: only a model knows the means of its training. A figure that is infinite counts as missing.

It needs numpy alone, so a session that serves a policy loads no training library. Direction is a feature and never an assumption.
"""

import hashlib
import json
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from execution.observation import COLUMNS
from market.signals import Regime

Floats = NDArray[np.float64]

COURT_COLUMNS = ("agreement", "sentiment", "regime")
"""What a court knows of a market beside its ruling, in the order of a court row."""

REGIMES = {Regime.TREND: 1.0, Regime.RANGE: 0.0, Regime.TURBULENT: -0.5, Regime.CRASH: -1.0}
"""The number of each regime in a court row."""


class Feature(NamedTuple):
    """One feature: values outside `low` to `high` are cut to them. `missing` says when it is NaN."""

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    missing: str


_FEW = "fewer than 50 returns are known, or nothing moved"
_NO_COURT = "no court was asked, or it did not say"

FEATURES = (
    Feature("direction", -1.0, 1.0, "sign", "what is proposed, or held at a review", "never"),
    Feature(
        "conviction", 0.0, 1.0, "probability", "what such votes have been worth; uncalibrated, the vote itself",
        "nothing is proposed",
    ),
    Feature("volatility_ratio", -2.0, 2.0, "log", "volatility of 24 bars over that of the risk window", _FEW),
    Feature("volatility", -7.0, 0.0, "log of fraction", "volatility of a day, over the risk window", _FEW),
    Feature(
        "es_headroom", -1.0, 1.0, "fraction of limit", "what the expected shortfall of the book leaves of its limit",
        "fewer than 50 returns are known of a market concerned",
    ),
    Feature("drawdown", 0.0, 1.0, "fraction", "fall of equity below its peak", "never"),
    Feature("held_days", 0.0, 6.0, "log of 1 + days", "time in position", "never"),
    Feature("size", -2.0, 2.0, "fraction of equity", "what is held of the market and under way, signed", "without equity"),
    Feature(
        "correlation", 0.0, 1.0, "correlation", "the worst with what else is held or under way",
        "fewer than 50 returns are known of a market concerned",
    ),
    Feature("agreement", 0.0, 1.0, "fraction", "agreement of the court's roles", _NO_COURT),
    Feature("sentiment", -1.0, 1.0, "score", "sentiment of the market's news", "no news is known"),
    Feature("regime", -1.0, 1.0, "score", "1 trend, 0 range, -0.5 turbulent, -1 crash", "it is not known"),
    Feature("ruling_scale", 0.0, 1.0, "fraction", "what the court left of the size", "at a review: the court was not asked"),
)  # fmt: skip
"""What the network sees, in this order."""

_COPIED = (0, 4, 5, 7, 8, 12)
_COPIES = [COLUMNS.index(FEATURES[at].name) for at in _COPIED]
"""Features that are a column as it is, and those columns."""
_LOGGED = (2, 3, 6)
_LOGS = [COLUMNS.index(FEATURES[at].name) for at in _LOGGED]
"""Features that are the logarithm of a column, the last of them of one more than it, and those columns."""
_CALIBRATED, _CONVICTION = COLUMNS.index("calibrated"), COLUMNS.index("conviction")
_LOW = np.array([feature.low for feature in FEATURES])
_HIGH = np.array([feature.high for feature in FEATURES])


def encode_features(rows: Floats, court: Floats) -> Floats:
    """The features of n decisions: float64, shape (n, len(FEATURES)), in the units and ranges of FEATURES; NaN where missing.

    `rows`, shape (n, len(COLUMNS)): float64, units as in `rl.observation.Observation` [fraction, days, count]. `court`, shape
    (n, len(COURT_COLUMNS)): float64, agreement in [0, 1], sentiment in [-1, 1], regime as in REGIMES. Raises DataFault for other
    shapes.
    """
    if rows.ndim != 2 or rows.shape[1] != len(COLUMNS) or court.shape != (len(rows), len(COURT_COLUMNS)):
        raise DataFault(
            f"Rows of shape {rows.shape} and court rows of shape {court.shape} are no observations. Nothing was encoded. Give "
            f"(n, {len(COLUMNS)}) and (n, {len(COURT_COLUMNS)}): a model of another version has to be trained anew."
        )
    made = np.empty((len(rows), len(FEATURES)), dtype=np.float64)
    known = rows[:, _CALIBRATED]
    made[:, _COPIED] = rows[:, _COPIES]
    made[:, 1] = np.where(np.isnan(known), rows[:, _CONVICTION], known)
    logs = rows[:, _LOGS]
    logs[:, 2] += 1.0
    made[:, _LOGGED] = _log(logs)
    made[:, 9:12] = court
    np.copyto(made, np.nan, where=~np.isfinite(made))
    np.maximum(made, _LOW, out=made)
    bounded: Floats = np.minimum(made, _HIGH, out=made)
    return bounded


def schema_sha256() -> str:
    """The SHA-256 of the features' names, ranges and units, in their order."""
    told = [(feature.name, feature.low, feature.high, feature.unit) for feature in FEATURES]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def filled(features: Floats, fill: Floats) -> NDArray[np.float32]:
    """The features with `fill` in place of what is missing: float32, shape (n, len(FEATURES)) [units of FEATURES].

    `features`, shape (n, len(FEATURES)), float64; `fill`, shape (len(FEATURES),), float64: the means of training.
    """
    return np.where(np.isnan(features), fill, features).astype(np.float32)


def means_of(features: Floats) -> Floats:
    """The mean of what is known of each feature, shape (len(FEATURES),), float64 [units of FEATURES]; 0 if nothing is.

    `features`, shape (n, len(FEATURES)), float64, NaN where missing.
    """
    known = np.isfinite(features)
    return np.asarray(np.where(known, features, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _log(values: Floats) -> Floats:
    """The natural logarithm, shape as given; NaN of what is missing or not above 0."""
    return np.log(np.where(values > 0.0, values, np.nan))
