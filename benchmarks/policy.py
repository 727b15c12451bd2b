"""The speed of the environment that the policy learns in, beside gym-trading-env and gym-anytrading, in one process.

    python benchmarks/policy.py [--bars 3000] [--lanes 256] [--steps 300] [--rounds 3]      (make bench)

Ours is `rl.environment.batched` with the whole gate at every decision: two one-day tail measures of the book for what the policy
sees, then all limits, VaR and ES for what it proposes, stops, fees and the order book, on random walks, once on daily bars with
voters who speak at each close, and once on hourly bars with voters who speak at the last close of a day, as those do that hold
positions by shares. The peers step one account with a position, a price and a fee; they know no risk.

A decision is what an agent is asked once: a `step` of any of these environments. A bar is what it moves on: a step of the peers
is one bar, one of ours is all bars until the account has something to decide again. Rates are per CPU second of the process, the
best of several rounds taken in turn.

The last table is PPO on our environment of daily bars: 256 lanes, 32 steps, four epochs, one thread; once by stable-baselines3,
and once with the rollouts and gradient steps of `rl.training.updates`, by which policies are trained.

gym-anytrading is part of the extra `bench`. gym-trading-env cannot be: it asks for one release of ccxt, of another major, and of
flask, though its environment loads neither; so `make bench` installs it without what it asks for. A peer that is missing, or that
breaks on the libraries that are here, is left out with a sentence.
"""

import argparse
import time
from typing import Any

import numpy as np
from peers.gyms import Rate, Speed, gyms
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

SYMBOL, TAPES, MINIBATCHES = "BTC/USDT", 4, (1024, 4096)


def tape(days: int, seed: int, timeframe: Timeframe = Timeframe.D1) -> PolicyTape:
    """Bars of a random walk; a voter wants a share at the last close of each day; the limits are those of the paper profile."""
    settings, each = load_profile("paper", {"market.symbols": [SYMBOL]}), round(timeframe.bars_per_day)
    bars = days * each
    grid = _walk(bars, timeframe, generator(seed, "benchmark", "bars"), settings.limits.risk_window_bars)
    spoken = np.arange(bars)[:, None] % each == each - 1
    shape, chance = grid.columns.shape, generator(seed, "benchmark", "votes")
    share = np.repeat(chance.choice([0.5, 0.8, 1.0], size=(days // 20 + 1, 1)), 20 * each, axis=0)[:bars]
    out = np.repeat(chance.random((days // 20 + 1, 1)) < 0.2, 20 * each, axis=0)[:bars]
    votes = Votes(
        direction=np.where(spoken, np.where(out, -1, 1), 0).astype(np.int8),
        conviction=np.full(shape, 0.8),
        scale=np.ones(shape),
        atr=np.full(shape, np.nan),
        exposure=np.where(out, 0.0, share),
    )
    instruments = [instrument_of(settings.market, SYMBOL)]
    band = settings.court.resize_band
    rules = rules_of(
        instruments, settings.limits, settings.exits, settings.venue, timeframe.bars_per_day, resize_band=band
    )
    return PolicyTape.without_court(f"walk {seed}", Course(grid, votes, rules), timeframe.bars_per_day)


def _walk(bars: int, timeframe: Timeframe, chance: np.random.Generator, first: int) -> Grid:
    spread = 0.02 / timeframe.bars_per_day**0.5
    close = 30_000.0 * np.exp(np.cumsum(spread * chance.standard_normal((bars, 1)), axis=0))
    before = np.vstack((close[:1], close[:-1]))
    low, high = np.minimum(before, close) * 0.995, np.maximum(before, close) * 1.005
    prices: Floats = np.round(np.stack((before, high, low, close, np.full_like(close, 1e6))), 2).astype(np.float64)
    step_ms = int(timeframe.duration.total_seconds() * 1000)
    return grid_of((SYMBOL,), timeframe, step_ms * np.arange(1, bars + 1), prices, first=first)


def ours(tapes: list[PolicyTape], lanes: int) -> Rate:
    """Our environment under random actions: decisions and bars of a CPU second."""
    from rl.environment.batched import BatchedRiskEnv

    env = BatchedRiskEnv(tapes, lanes, base=Base(0.02), draw=Draw(round(256 * tapes[0].bars_per_day)))
    env.reset()
    actions = generator(0, "benchmark", "actions").uniform(-1.0, 1.0, (64, lanes, 1))

    def run(steps: int) -> Speed:
        began, bars = time.process_time(), env.balance.bars
        for step in range(steps):
            env.step(actions[step % 64])
        used = time.process_time() - began
        return Speed(steps * lanes / used, (env.balance.bars - bars) / used)

    return run


def training(tapes: list[PolicyTape], updates: int, algorithm: Any, minibatch: int) -> tuple[float, float]:
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
        "MlpPolicy", env, n_steps=32, batch_size=minibatch, n_epochs=4, device="cpu", seed=0, policy_kwargs=fused
    )
    model.learn(256 * 32)
    spent[0], began, before = 0.0, time.process_time(), model.num_timesteps
    model.learn(256 * 32 * updates, reset_num_timesteps=False)
    used = time.process_time() - began
    return (model.num_timesteps - before) / used, spent[0] / used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=3_000, help="daily bars of each tape; hourly ones: 8 times as many")
    parser.add_argument("--lanes", type=int, default=256, help="accounts side by side")
    parser.add_argument("--steps", type=int, default=300, help="steps of all accounts in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts")
    asked = parser.parse_args()
    tapes = [tape(asked.bars, seed) for seed in range(TAPES)]
    hourly = [tape(asked.bars // 3, seed, Timeframe.H1) for seed in range(TAPES)]
    others, name = gyms(asked.bars), f"tribunal, {asked.lanes} accounts, whole gate"
    runs = {f"{name}, daily": (ours(tapes, asked.lanes), asked.steps)}
    runs |= {f"{name}, hourly": (ours(hourly, asked.lanes), asked.steps)}
    runs |= {name: (rate, 20_000) for name, rate in others.rates.items()}
    best: dict[str, Speed] = {}
    for _ in range(asked.rounds):
        for name, (rate, steps) in runs.items():
            best[name] = max(rate(steps), best.get(name, Speed(0.0, 0.0)))
    table = Table("Environment", "Decisions per CPU second", "Bars per CPU second", box=ROUNDED)
    for name, speed in best.items():
        table.add_row(name, f"{speed.decisions:,.0f}", f"{speed.bars:,.0f}")
    console = Console(width=100)
    console.print(table)
    for sentence in others.left_out:
        console.print(sentence)
    console.print(_trainings(tapes))


def _trainings(tapes: list[PolicyTape]) -> Table:
    """PPO on our environment, in turn."""
    from stable_baselines3 import PPO

    from rl.training.updates import LeanPPO

    ways = {"stable-baselines3": PPO, "rollouts and gradient steps written out": LeanPPO}
    cases = [(name, minibatch) for minibatch in MINIBATCHES for name in ways]
    found = [(case, *training(tapes, 4, ways[case[0]], case[1])) for _ in range(2) for case in cases]
    table = Table("PPO", "Minibatch", "Timesteps per CPU second", "of which the environment takes", box=ROUNDED)
    for case in cases:
        rate, share = max((rate, share) for each, rate, share in found if each == case)
        table.add_row(case[0], f"{case[1]:,}", f"{rate:,.0f}", f"{share:.0%}")
    return table


if __name__ == "__main__":
    main()
