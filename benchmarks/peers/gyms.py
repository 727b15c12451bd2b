"""The environments of others, one account each: gym-anytrading and gym-trading-env, under random actions.

They know a position, a price and, one of them, a fee. One that is not installed, or that breaks on the gymnasium, numpy or pandas
that are, is left out with a sentence.
"""

import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from config.seeds import generator


class Speed(NamedTuple):
    """Decisions and bars of a CPU second."""

    decisions: float
    bars: float


Rate = Callable[[int], Speed]
"""Runs a number of steps, and says how fast."""
_TRIED = 50


class Found(NamedTuple):
    """The peers that run here, by name, and a sentence for each that does not."""

    rates: dict[str, Rate]
    left_out: tuple[str, ...]


def gyms(bars: int) -> Found:
    """The peers on `bars` daily bars of a random walk. gym-trading-env turns warnings into errors: here only while it is made."""
    rates: dict[str, Rate] = {}
    left_out = []
    for name, make in (("gym-anytrading", _anytrading), ("gym-trading-env", _trading_env)):
        try:
            with warnings.catch_warnings():
                env = make(_bars(bars))
                warnings.simplefilter("ignore")
                rate = stepped(env)
                rate(_TRIED)
        except ImportError:
            left_out.append(f"{name} is not installed, so it is left out: make bench installs it.")
        except Exception as fault:  # noqa: BLE001 - another's code on libraries that it may not know
            libraries = ", ".join(f"{each} {version(each)}" for each in ("gymnasium", "numpy", "pandas"))
            left_out.append(f"{name} {version(name)} does not run with {libraries} ({fault!r}), so it is left out.")
        else:
            rates[f"{name} {version(name)}, 1 account"] = rate
    return Found(rates, tuple(left_out))


def stepped(env: Any) -> Rate:
    """A gymnasium environment under random actions."""
    env.reset(seed=0)
    actions = [env.action_space.sample() for _ in range(256)]

    def run(steps: int) -> Speed:
        began = time.process_time()
        for step in range(steps):
            _, _, ended, cut, _ = env.step(actions[step % 256])
            if ended or cut:
                env.reset()
        rate = steps / (time.process_time() - began)
        return Speed(rate, rate)

    return run


def _bars(bars: int) -> pd.DataFrame:
    chance = generator(0, "benchmark", "peers")
    close = 30_000.0 * np.exp(np.cumsum(0.02 * chance.standard_normal(bars)))
    index = pd.date_range("2015-01-01", periods=bars, freq="D")
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": 1.0}, index=index)
    for number in range(8):
        frame[f"feature_{number}"] = chance.standard_normal(bars)
    return frame


def _anytrading(frame: pd.DataFrame) -> Any:
    from gym_anytrading.envs import StocksEnv

    frame = frame.rename(columns=str.capitalize)
    return StocksEnv(frame, window_size=10, frame_bound=(10, len(frame)))


def _trading_env(frame: pd.DataFrame) -> Any:
    from gym_trading_env.environments import TradingEnv

    return TradingEnv(df=frame, positions=[0, 0.5, 1], trading_fees=0.001, verbose=0)
