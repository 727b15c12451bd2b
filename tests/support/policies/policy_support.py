"""Small policies with drawn weights, for tests of what serves them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from market.timeframe import Timeframe
from rl.features import SPOT, Schema
from rl.model import Card, PolicyModel, Span
from rl.networks import Networks
from rl.serving.promise import VERDICT
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


def seen_features(n: int = 4000, seed: int = 7, schema: Schema = SPOT) -> Any:
    """Features that lie anywhere in their ranges, some of them missing: float64, shape (n, len(FEATURES)), their units."""
    rng = np.random.default_rng(seed)
    low, high = np.array([one.low for one in schema.features]), np.array([one.high for one in schema.features])
    seen = rng.uniform(low, high, size=(n, len(low)))
    seen[rng.random(seen.shape) < 0.1] = np.nan
    return seen


def served(
    symbols: tuple[str, ...] = ("BTC/USDT", "ETH/USDT", "SOL/USDT"), schema: Schema = SPOT, **changed: Any
) -> PolicyModel:
    """A policy that fits a run of the simulated market: the real features, drawn weights, a volatility target as its base."""
    known = card(
        **{
            "name": "drawn",
            "features": tuple(one.name for one in schema.features),
            "schema_sha256": schema.sha256,
            "base": {"target_daily_volatility": 0.02, "blend": 0.5},
            "universe": symbols,
            "spans": (Span(start_utc=datetime(2015, 1, 1, tzinfo=UTC), end_utc=datetime(2016, 1, 1, tzinfo=UTC)),),
        }
        | changed
    )
    seen = seen_features(schema=schema)
    scaler = Scaler.of(seen)
    return PolicyModel(known, scaler, TrainingRange.of(seen, scaler), networks(len(known.seeds), len(schema.features)))


def write_verdict(folder: Path, sha256: str, *, passed: bool = True, **promise: float) -> None:
    """Write the verdict on a model into its folder; without figures of its promise, a wide one."""
    told = {"low": -0.01, "high": 0.01, "sd": 0.05, "days": 800} | promise
    text = {"model_sha256": sha256, "passed": passed, "why": "by its figures", "promise": told}
    (folder / VERDICT).write_text(json.dumps(text), encoding="utf-8")


def profile(path: Path, folder: Path, mode: str, extends: str = "paper", **rl: str) -> str:
    """Write a profile with a policy. Returns its path."""
    lines = [f"extends: {extends}", "rl:", f"  mode: {mode}", f"  model: {folder}"]
    path.write_text("\n".join([*lines, *(f'  {key}: "{value}"' for key, value in rl.items())]) + "\n", encoding="utf-8")
    return str(path)
