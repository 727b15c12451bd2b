"""Small policies with drawn weights, for tests of what serves them."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from market.timeframe import Timeframe
from rl.model import Card, PolicyModel, Span
from rl.networks import Networks
from rl.training_range import Scaler, TrainingRange

FEATURES = ("first", "second", "third")


def card(**changed: Any) -> Card:
    """A card of three seeds."""
    known: dict[str, Any] = {
        "name": "drawn",
        "features": FEATURES,
        "schema_sha256": "ab" * 32,
        "base": {},
        "universe": ("BTC/USDT", "ETH/USDT"),
        "timeframe": Timeframe.H1,
        "spans": (Span(start_utc=datetime(2020, 1, 1, tzinfo=UTC), end_utc=datetime(2022, 1, 1, tzinfo=UTC)),),
        "data": {"bars.parquet": "cd" * 32},
        "libraries": {"torch": "2.13.0"},
        "configuration": {"gamma": 0.9},
        "trials": 4,
        "seeds": (1, 2, 3),
    }
    return Card(**(known | changed))


def training_features(n: int = 2000, columns: int = len(FEATURES), seed: int = 3) -> Any:
    """Features of a training span: columns of different means and sizes. float64, shape (n, columns), dimensionless."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, columns)) * np.linspace(0.5, 4.0, columns) + np.linspace(-1.0, 10.0, columns)


def networks(seeds: int = 3, features: int = len(FEATURES), hidden: int = 8, seed: int = 5) -> Networks:
    rng = np.random.default_rng(seed)
    return Networks(
        w1=rng.normal(size=(seeds, hidden, features)),
        b1=rng.normal(size=(seeds, hidden)),
        w2=rng.normal(size=(seeds, hidden, hidden)) * 0.3,
        b2=rng.normal(size=(seeds, hidden)),
        w3=rng.normal(size=(seeds, hidden)) * 0.3,
        b3=rng.normal(size=seeds) * 0.1,
    )


def model(**changed: Any) -> PolicyModel:
    """A policy of three features and three seeds; `changed` are fields of its card."""
    known = card(**changed)
    seen = training_features(columns=len(known.features))
    scaler = Scaler.of(seen)
    return PolicyModel(known, scaler, TrainingRange.of(seen, scaler), networks(len(known.seeds), len(known.features)))
