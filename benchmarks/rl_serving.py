"""The speed of a policy in a session: one answer in numpy, beside `predict` of stable-baselines3, in one process.

    python benchmarks/rl_serving.py [--calls 3000] [--rounds 3]      (make bench)

All networks read the features of `rl.features` and have two hidden layers of 64 with tanh, as they are trained. `predict` and the
actor of torch ask one network; a policy asks as many as it has seeds. Calls are taken in turn, so that a busy machine slows all
alike, and the ratio of two rows is worth more than a row. "One decision" is all that a case costs: features, range, networks,
base, and the record.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table
from stable_baselines3 import PPO

from config.seeds import generator
from market.timeframe import Timeframe
from rl.features import FEATURES, schema_sha256
from rl.model import Card, PolicyModel, Span, load_model
from rl.networks import Networks
from rl.observation import Observation
from rl.serving.policy import PpoAdjuster
from rl.training_range import Scaler, TrainingRange

WIDTH, N = 64, len(FEATURES)
SEEN = Observation(
    direction=0.1, conviction=0.6, ruling_scale=0.5, size=0.1, held_days=3.0, deployed=0.2, drawdown=0.5, var_headroom=0.4,
    es_headroom=0.3, volatility_ratio=1.1, correlation=0.5, entries=2.0, volatility=0.03, agreement=0.5, sentiment=0.1,
    regime=0.0,
)  # fmt: skip


class Nothing(gymnasium.Env[Any, Any]):
    """An environment that only says what is seen and done."""

    observation_space = gymnasium.spaces.Box(-10.0, 10.0, (N,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)


def policy(seeds: int) -> PolicyModel:
    """A policy with drawn weights."""
    rng = generator(1, "benchmark", "policy")
    low, high = np.array([one.low for one in FEATURES]), np.array([one.high for one in FEATURES])
    seen = rng.uniform(low, high, size=(4000, N))
    scaler = Scaler.of(seen)
    day = datetime(2016, 1, 1, tzinfo=UTC)
    card = Card(
        name="drawn", features=tuple(one.name for one in FEATURES), schema_sha256=schema_sha256(),
        base={"target_daily_volatility": 0.02, "blend": 0.5}, universe=("BTC/USDT",), timeframe=Timeframe.H1,
        spans=(Span(start_utc=day, end_utc=day),), data={}, libraries={}, configuration={}, trials=1,
        seeds=tuple(range(seeds)),
    )  # fmt: skip
    shapes = ((WIDTH, N), (WIDTH,), (WIDTH, WIDTH), (WIDTH,), (WIDTH,), ())
    nets = Networks(*(rng.normal(size=(seeds, *shape)) * 0.1 for shape in shapes))
    return PolicyModel(card, scaler, TrainingRange.of(seen, scaler), nets)


def timed(calls: dict[str, Callable[[], object]], number: int, rounds: int) -> dict[str, list[int]]:
    """Times of single calls [ns], sorted, of all rounds."""
    found: dict[str, list[int]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            for _ in range(number):
                began = time.perf_counter_ns()
                call()
                found[name].append(time.perf_counter_ns() - began)
    return {name: sorted(times) for name, times in found.items()}


def main() -> None:
    """Print the table."""
    parse = argparse.ArgumentParser()
    parse.add_argument("--calls", type=int, default=3000)
    parse.add_argument("--rounds", type=int, default=3)
    asked = parse.parse_args()
    torch.set_num_threads(1)
    peer = PPO("MlpPolicy", Nothing(), device="cpu", n_steps=64)
    actor, given = peer.policy, torch.zeros(1, N)
    single = np.zeros(N, dtype=np.float32)

    def alone() -> object:
        with torch.no_grad():
            return actor.action_net(actor.mlp_extractor.forward_actor(given))

    calls: dict[str, Callable[[], object]] = {
        "stable-baselines3 predict, 1 network": lambda: peer.predict(single, deterministic=True),
        "torch actor under no_grad, 1 network": alone,
    }
    features = np.linspace(0.1, 0.2, N)
    for seeds in (1, 5, 10, 30):
        calls[f"answer, {seeds} networks"] = partial(policy(seeds).answer, features)
    calls["one decision, 10 networks"] = partial(PpoAdjuster(policy(10), "active").adjust, SEEN)
    found = timed(calls, asked.calls, asked.rounds)
    first = found["stable-baselines3 predict, 1 network"]
    table = Table(title="One answer of a policy, one thread", box=ROUNDED)
    for column in ("", "p50, us", "p90, us", "p99, us", "times as fast"):
        table.add_column(column, justify="left" if not column else "right")
    for name, times in found.items():
        spots = [times[int(len(times) * part)] / 1e3 for part in (0.5, 0.9, 0.99)]
        table.add_row(name, *(f"{spot:,.1f}" for spot in spots), f"{first[len(first) // 2] / 1e3 / spots[0]:.1f}")
    console = Console()
    console.print(table)
    with tempfile.TemporaryDirectory() as folder:
        policy(10).save(Path(folder))
        costs = []
        for _ in range(9):
            began = time.process_time_ns()
            load_model(Path(folder), (schema_sha256(),))
            costs.append(time.process_time_ns() - began)
    console.print(f"Reading a policy of 10 networks from its folder: {sorted(costs)[4] / 1e6:.1f} ms of CPU.")


if __name__ == "__main__":
    main()
