"""The speed of the environment that the policy learns in, beside gym-trading-env and gym-anytrading, in one process.

    python benchmarks/policy.py [--bars 3000] [--lanes 256] [--steps 300] [--rounds 3]      (make bench)

Ours is `rl.environment.batched` with the whole gate at every decision: two one-day tail measures of the book for what the policy
sees, then all limits, VaR and ES for what it proposes, stops, fees and the order book, on daily bars of random walks with
voters who speak at each close. The peers step one account with a position, a price and a fee; they know no risk. So a step of
ours does more, and the ratio says only what a training costs. Rates are per CPU second of the process, the best of several rounds
taken in turn.

The last table is PPO on our environment: 256 lanes, 32 steps, batches of 1024, four epochs, one thread; once by
stable-baselines3, and once with the gradient steps of `rl.training.updates`, by which policies are trained.

The peers are no extra of ours, since gym-trading-env asks for a ccxt of another major. To have them here:

    pip install --no-deps --target DIR gym-trading-env gym-anytrading
    PYTHONPATH=DIR python benchmarks/policy.py
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table

from config.reading.load import load_profile
from config.seeds import generator
from execution.kernel.grid import Grid, grid_of
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.votes import Votes
from execution.kernel.rules import rules_of
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from rl.action import Base, Floats
from rl.environment.episodes import Draw
from rl.environment.tape import PolicyTape

SYMBOL, DAY_MS, TAPES = "BTC/USDT", 86_400_000, 4
Rate = Callable[[int], float]
"""Runs a number of steps, and gives the steps of a CPU second."""


def tape(bars: int, seed: int) -> PolicyTape:
    """Daily bars of a random walk, on which a voter wants a share at each close; the limits are those of the paper profile."""
    settings = load_profile("paper", {"market.symbols": [SYMBOL]})
    grid = _walk(bars, generator(seed, "benchmark", "bars"), settings.limits.risk_window_bars)
    shape, chance = grid.columns.bars.shape, generator(seed, "benchmark", "votes")
    share = np.repeat(chance.choice([0.5, 0.8, 1.0], size=(bars // 20 + 1, 1)), 20, axis=0)[:bars]
    out = np.repeat(chance.random((bars // 20 + 1, 1)) < 0.2, 20, axis=0)[:bars]
    votes = Votes(
        direction=np.where(out, -1, 1).astype(np.int8),
        conviction=np.full(shape, 0.8),
        scale=np.ones(shape),
        atr=np.full(shape, np.nan),
        exposure=np.where(out, 0.0, share),
    )
    instruments = [instrument_of(settings.market, SYMBOL)]
    band = settings.court.resize_band
    rules = rules_of(instruments, settings.limits, settings.exits, settings.venue, 1.0, resize_band=band)
    return PolicyTape.without_court(f"walk {seed}", Course(grid, votes, rules), 1.0)


def _walk(bars: int, chance: np.random.Generator, first: int) -> Grid:
    close = 30_000.0 * np.exp(np.cumsum(0.02 * chance.standard_normal((bars, 1)), axis=0))
    before = np.vstack((close[:1], close[:-1]))
    low, high = np.minimum(before, close) * 0.995, np.maximum(before, close) * 1.005
    prices: Floats = np.round(np.stack((before, high, low, close, np.full_like(close, 1e6))), 2).astype(np.float64)
    return grid_of((SYMBOL,), Timeframe.D1, DAY_MS * np.arange(1, bars + 1), prices, first=first)


def ours(tapes: list[PolicyTape], lanes: int, bars_told: list[float]) -> Rate:
    """Our environment under random actions; `bars_told` takes the bars of a CPU second."""
    from rl.environment.batched import BatchedRiskEnv

    env = BatchedRiskEnv(tapes, lanes, base=Base(0.02), draw=Draw(256))
    env.reset()
    actions = generator(0, "benchmark", "actions").uniform(-1.0, 1.0, (64, lanes, 1))

    def run(steps: int) -> float:
        began, bars = time.process_time(), env.balance.bars
        for step in range(steps):
            env.step(actions[step % 64])
        used = time.process_time() - began
        bars_told.append((env.balance.bars - bars) / used)
        return steps * lanes / used

    return run


def peer(env: Any) -> Rate:
    """A gymnasium environment under random actions, one account."""
    env.reset(seed=0)
    actions = [env.action_space.sample() for _ in range(256)]

    def run(steps: int) -> float:
        began = time.process_time()
        for step in range(steps):
            _, _, ended, cut, _ = env.step(actions[step % 256])
            if ended or cut:
                env.reset()
        return steps / (time.process_time() - began)

    return run


def peers(bars: int) -> dict[str, Rate]:
    """The peers that are installed."""
    import pandas as pd

    chance = generator(0, "benchmark", "peers")
    close = 30_000.0 * np.exp(np.cumsum(0.02 * chance.standard_normal(bars)))
    index = pd.date_range("2015-01-01", periods=bars, freq="D")
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": 1.0}, index=index)
    found: dict[str, Rate] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from gym_anytrading.envs import StocksEnv

            frame.columns = [name.capitalize() for name in frame.columns]
            found["gym-anytrading, 1 account"] = peer(StocksEnv(frame, window_size=10, frame_bound=(10, bars)))
        except ImportError:
            pass
        try:
            from gym_trading_env.environments import TradingEnv

            frame.columns = [name.lower() for name in frame.columns]
            for number in range(8):
                frame[f"feature_{number}"] = chance.standard_normal(bars)
            env = TradingEnv(df=frame, positions=[0, 0.5, 1], trading_fees=0.001, verbose=0)
            found["gym-trading-env, 1 account"] = peer(env)
        except ImportError:
            pass
        warnings.resetwarnings()
    return found


def training(tapes: list[PolicyTape], updates: int, algorithm: Any) -> tuple[float, float]:
    """Timesteps of a CPU second of PPO, and the share of the environment in its CPU time."""
    import torch
    from stable_baselines3.common.vec_env import VecEnvWrapper

    from rl.environment.batched import BatchedRiskEnv

    torch.set_num_threads(1)
    spent = [0.0]

    class Timed(VecEnvWrapper):
        def reset(self) -> Any:
            return self.venv.reset()

        def step_wait(self) -> Any:
            began = time.process_time()
            told = self.venv.step_wait()
            spent[0] += time.process_time() - began
            return told

    env = Timed(BatchedRiskEnv(tapes, 256, base=Base(0.02), draw=Draw(256)))
    fused = {"optimizer_kwargs": {"fused": True}}
    model = algorithm(
        "MlpPolicy", env, n_steps=32, batch_size=1024, n_epochs=4, device="cpu", seed=0, policy_kwargs=fused
    )
    model.learn(256 * 32)
    spent[0], began, before = 0.0, time.process_time(), model.num_timesteps
    model.learn(256 * 32 * updates, reset_num_timesteps=False)
    used = time.process_time() - began
    return (model.num_timesteps - before) / used, spent[0] / used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=3_000, help="daily bars of each tape")
    parser.add_argument("--lanes", type=int, default=256, help="accounts side by side")
    parser.add_argument("--steps", type=int, default=300, help="steps of all accounts in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts")
    asked = parser.parse_args()
    tapes, bars_told = [tape(asked.bars, seed) for seed in range(TAPES)], list[float]()
    runs = {f"tribunal, {asked.lanes} accounts, whole gate": (ours(tapes, asked.lanes, bars_told), asked.steps)}
    runs |= {name: (rate, 20_000) for name, rate in peers(asked.bars).items()}
    best = dict.fromkeys(runs, 0.0)
    for _ in range(asked.rounds):
        for name, (rate, steps) in runs.items():
            best[name] = max(best[name], rate(steps))
    table = Table("Environment", "Steps per CPU second", "Ratio to ours", box=ROUNDED)
    first = next(iter(best.values()))
    for name, reached in best.items():
        table.add_row(name, f"{reached:,.0f}", f"{reached / first:.2f}")
    console = Console(width=100)
    console.print(table)
    console.print(f"Bars per CPU second of ours: {max(bars_told):,.0f}")
    if len(best) < 3:
        console.print("A peer is not installed, so it is left out; see the head of this file.")
    console.print(_trainings(tapes))


def _trainings(tapes: list[PolicyTape]) -> Table:
    """PPO on our environment, in turn."""
    from stable_baselines3 import PPO

    from rl.training.updates import LeanPPO

    ways = {"stable-baselines3": PPO, "gradient steps written out": LeanPPO}
    found = [(name, *training(tapes, 4, algorithm)) for _ in range(2) for name, algorithm in ways.items()]
    table = Table("PPO", "Timesteps per CPU second", "of which the environment takes", box=ROUNDED)
    for name in ways:
        rate, share = max((rate, share) for each, rate, share in found if each == name)
        table.add_row(name, f"{rate:,.0f}", f"{share:.0%}")
    return table


if __name__ == "__main__":
    main()
