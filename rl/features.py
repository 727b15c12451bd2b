"""What the network sees: a few named features, each with its range and unit, from what the engines know of a market.

    encode_features(rows, court) -> features        the same function in training and in serving
    schema_sha256(features) -> str                  fingerprint of names, ranges and units; a model names the one it was made with
    schema_named(sha256) -> Schema                  what such a model reads
    filled(features, fill), means_of(features)      what is missing, as the training mean

There are two schemas. SPOT has the features of every market, as from the first version on. PERPETUAL has those of a contract
behind them: leverage, the side of the book, funding, liquidation. A row is as wide as its market is, so its width says which
features are made of it.

`rows` are those of `execution.observation.COLUMNS`, and of a perpetual those of `CONTRACT_COLUMNS` behind them, from the accounts
of a training or from `Observation.row`. The kernel has no court, so its three
figures (`COURT_COLUMNS`) come from the caller, by bar and market; a caller without a court gives NaN. What is missing stays NaN
here: only a model knows the means of its training. A figure that is infinite counts as missing.

It needs numpy alone, so a session that serves a policy loads no training library. Direction is a feature and never an assumption.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault, UsageFault
from execution.contract_columns import CONTRACT_COLUMNS
from execution.observation import COLUMNS
from market.signals import Regime
from risk.proposal import MOST_ADJUSTED

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
"""What the network sees of every market, in this order."""

_UNTOLD = "no funding rate is known"
CONTRACT_FEATURES = (
    Feature("leverage", 1.0, 3.0, "notional over margin", "leverage of the account", "never"),
    Feature("net", -2.0, 2.0, "fraction of equity", "all that is held and under way, long less short", "without equity"),
    Feature(
        "funding_rate", -0.01, 0.01, "fraction of notional",
        "what this side pays at the last rate, each time; below 0 it is paid",
        _UNTOLD,
    ),
    Feature(
        "funding_cost", -10.0, 10.0, "average true ranges", "the same over the time for which a position is held",
        f"{_UNTOLD}, or no range",
    ),
    Feature(
        "liquidation", 0.0, 8.0, "log of 1 + average true ranges",
        "how far the price is from liquidation, of what is held, or of the largest position",
        "no range is known",
    ),
)  # fmt: skip
"""What the network sees of a perpetual beside them, in this order."""


class Schema(NamedTuple):
    """What a policy reads, and how much it may give: `columns` of a row, `features` made of it, and `most`, its largest
    multiplier. What a short loses has no bound, so a policy of perpetuals may only trim."""

    kind: str
    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    most: float

    @property
    def sha256(self) -> str:
        """The fingerprint of the features."""
        return schema_sha256(self.features)


SPOT = Schema("spot", COLUMNS, FEATURES, MOST_ADJUSTED)
PERPETUAL = Schema("perpetuals", (*COLUMNS, *CONTRACT_COLUMNS), (*FEATURES, *CONTRACT_FEATURES), 1.0)
SCHEMAS = (SPOT, PERPETUAL)

_COPIED = (0, 4, 5, 7, 8, 12)
_COPIES = [COLUMNS.index(FEATURES[at].name) for at in _COPIED]
"""Features that are a column as it is, and those columns."""
_LOGGED = (2, 3, 6)
_LOGS = [COLUMNS.index(FEATURES[at].name) for at in _LOGGED]
"""Features that are the logarithm of a column, the last of them of one more than it, and those columns."""
_CALIBRATED, _CONVICTION = COLUMNS.index("calibrated"), COLUMNS.index("conviction")
_BOUNDS = {
    len(schema.columns): (
        np.array([feature.low for feature in schema.features]),
        np.array([feature.high for feature in schema.features]),
    )
    for schema in SCHEMAS
}
"""The ranges of the features, by the width of a row."""


def encode_features(rows: Floats, court: Floats) -> Floats:
    """The features of n decisions: float64, shape (n, len(FEATURES)), in the units and ranges of FEATURES; NaN where missing.

    `rows`, shape (n, len(COLUMNS)): float64, units as in `rl.observation.Observation` [fraction, days, count]; of perpetuals
    as wide as PERPETUAL says, and then the features are those of PERPETUAL. `court`, shape (n, len(COURT_COLUMNS)): float64,
    agreement in [0, 1], sentiment in [-1, 1], regime as in REGIMES. Raises DataFault for other shapes.
    """
    if rows.ndim != 2 or rows.shape[1] not in _BOUNDS or court.shape != (len(rows), len(COURT_COLUMNS)):
        raise DataFault(
            f"Rows of shape {rows.shape} and court rows of shape {court.shape} are no observations. Nothing was encoded. Give "
            f"(n, {len(COLUMNS)}) and (n, {len(COURT_COLUMNS)}): a model of another version has to be trained anew."
        )
    low, high = _BOUNDS[rows.shape[1]]
    made = np.empty((len(rows), len(low)), dtype=np.float64)
    known = rows[:, _CALIBRATED]
    made[:, _COPIED] = rows[:, _COPIES]
    made[:, 1] = np.where(np.isnan(known), rows[:, _CONVICTION], known)
    logs = rows[:, _LOGS]
    logs[:, 2] += 1.0
    made[:, _LOGGED] = _log(logs)
    made[:, 9:12] = court
    if len(low) > len(FEATURES):
        made[:, len(FEATURES) :] = rows[:, len(COLUMNS) :]
        made[:, -1] = _log(1.0 + made[:, -1])
    np.copyto(made, np.nan, where=~np.isfinite(made))
    np.maximum(made, low, out=made)
    bounded: Floats = np.minimum(made, high, out=made)
    return bounded


def schema_sha256(features: Sequence[Feature] | None = None) -> str:
    """The SHA-256 of the features' names, ranges and units, in their order; those of spot by default."""
    given = FEATURES if features is None else features
    told = [(feature.name, feature.low, feature.high, feature.unit) for feature in given]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def known_schemas() -> tuple[str, ...]:
    """The fingerprints of all that this version can encode."""
    return tuple(schema.sha256 for schema in SCHEMAS)


def schema_named(sha256: str) -> Schema:
    """The schema with this fingerprint. Raises UsageFault for one that this version does not know."""
    found = next((schema for schema in SCHEMAS if schema.sha256 == sha256), None)
    if found is None:
        raise UsageFault(
            "A policy reads other features than this version of Tribunal computes. Nothing was started. Train it again."
        )
    return found


def schema_of_rows(rows: Floats) -> Schema:
    """The schema of rows, float64, shape (n, as wide as their market) [fraction, days, count]. Raises DataFault for others."""
    found = next((schema for schema in SCHEMAS if len(schema.columns) == rows.shape[-1]), None)
    if found is None:
        raise DataFault(f"Rows of shape {rows.shape} are no observations. Nothing was encoded.")
    return found


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
