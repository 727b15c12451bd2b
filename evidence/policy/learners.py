"""The arms that learn from the columns of PPO without reinforcement: a ridge regression, and a network on a Sharpe loss.

Both learn from the decisions of the base on the training part, and correct the base as PPO does: the action is 0 where they
have nothing to say. Most published evidence rests on such rules, so a policy should beat them to be worth its trouble.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.seeds import generator
from evidence.policy.arms import Actor
from evidence.policy.playing import Asked, Rule
from execution.kernel.records import OPEN
from execution.observation import COLUMNS
from rl.action import Base, multipliers
from rl.environment.tape import PolicyTape

Floats = NDArray[np.float64]

LEAST_LESSONS = 60
"""Decisions below which nothing is learnt, and the action is 0."""
_RIDGE, _GAIN = 0.1, 0.5
_NETS, _HIDDEN, _STEPS, _RATE, _DECAY = 3, 16, 120, 0.005, 0.1
_COST = 0.0012
"""What trading a share once costs in the network's lessons: fee and half of the spread [fraction]."""
_DIRECTION = COLUMNS.index("direction")
_RULED = COLUMNS.index("ruling_scale")
_VOLATILITY = COLUMNS.index("volatility")


class Lesson(NamedTuple):
    """n decisions in the order of time.

    `features`, shape (n, F), units of `rl.features`; `base` multipliers; `shares`: what voters and court want of a full position
    [fraction]; `moves`: return of the market over the day after, below 0 where a short loses [simple return];
    `volatility` of a day [fraction]; `bars`, `accounts`: when, and in which market of which tape; each of shape (n,).
    """

    features: Floats
    base: Floats
    shares: Floats
    moves: Floats
    volatility: Floats
    bars: NDArray[np.int64]
    accounts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.features)


def lesson_of(tapes: list[PolicyTape], seen: Asked, base: Base) -> Lesson:
    """What decisions teach: those whose next day is known. `tapes`: those of `seen.tapes`."""
    moves, shares = np.full(len(seen), np.nan), np.ones(len(seen))
    for number in np.unique(seen.tapes).tolist():
        own, course = seen.tapes == number, tapes[number].course
        bars, markets = seen.bars[own], seen.markets[own]
        opens = course.grid.columns.prices[OPEN]
        begin = np.minimum(bars + 1, len(opens) - 1)
        end = bars + 1 + max(1, round(tapes[number].bars_per_day))
        known = end < len(opens)
        bought, sold = opens[begin, markets], opens[np.minimum(end, len(opens) - 1), markets]
        sound = known & (bought > 0.0) & (sold > 0.0)
        sides = np.where(seen.rows[own, _DIRECTION] < 0.0, -1.0, 1.0)
        moves[own] = np.where(sound, sides * (sold / np.where(bought > 0.0, bought, 1.0) - 1.0), np.nan)
        exposure = course.votes.exposure
        wanted = np.ones(len(bars)) if exposure is None else exposure[bars, markets]
        shares[own] = np.where(np.isnan(wanted), 1.0, wanted)
    ruled = seen.rows[:, _RULED]
    shares *= np.where(np.isnan(ruled), 1.0, ruled)
    kept = np.flatnonzero(np.isfinite(moves) & (seen.rows[:, _VOLATILITY] > 0.0))
    kept = kept[np.argsort(seen.bars[kept], kind="stable")]
    accounts = seen.tapes * 1_000 + seen.markets
    return Lesson(
        seen.features[kept], base.of(seen.rows[kept]), shares[kept], moves[kept], seen.rows[kept, _VOLATILITY], seen.bars[kept],
        accounts[kept],
    )  # fmt: skip


def acting(base: Base, act: Actor) -> Rule:
    """The rule of actions that correct a base."""
    return lambda seen: multipliers(base.of(seen.rows), act(seen.features))


def ridge(lesson: Lesson, seed: int) -> Actor:
    """A linear forecast of the day after in units of its volatility; the action is half of it, in its own standard deviations.

    `seed` is not used: nothing is drawn.
    """
    if len(lesson) < LEAST_LESSONS:
        return _nothing
    scaler = _Scaler.of(lesson.features)
    given, wanted = scaler.scaled(lesson.features), np.clip(lesson.moves / lesson.volatility, -4.0, 4.0)
    n, width = given.shape
    weights = np.linalg.solve(given.T @ given + _RIDGE * n * np.eye(width), given.T @ (wanted - wanted.mean()))
    spread = float((given @ weights).std())
    if not spread > 1e-9:
        return _nothing

    def act(features: Floats) -> Floats:
        return np.asarray(np.clip(_GAIN * (scaler.scaled(features) @ weights) / spread, -1.0, 1.0))

    return act


def network(lesson: Lesson, seed: int) -> Actor:
    """The mean of a few small networks, each trained by gradient on the Sharpe ratio of what its sizes would have made by day.

    Zhang, Zohren and Roberts (2020); costs are those of changed shares. Loads torch.
    """
    if len(lesson) < LEAST_LESSONS:
        return _nothing
    scaler = _Scaler.of(lesson.features)
    nets = [_trained(lesson, scaler.scaled(lesson.features), seed, number) for number in range(_NETS)]

    def act(features: Floats) -> Floats:
        given = scaler.scaled(features)
        said = [np.tanh(np.tanh(given @ w1 + b1) @ w2 + b2) for w1, b1, w2, b2 in nets]
        return np.asarray(np.clip(np.mean(said, axis=0), -1.0, 1.0))

    return act


def _trained(lesson: Lesson, given: Floats, seed: int, number: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The weights of one network: (F, H), (H,), (H,), () ."""
    import torch

    torch.set_num_threads(1)
    chance = generator(seed, "policy", "network", str(number))
    first = torch.tensor(chance.standard_normal((given.shape[1], _HIDDEN)) / given.shape[1] ** 0.5, requires_grad=True)
    inner = torch.zeros(_HIDDEN, dtype=torch.float64, requires_grad=True)
    last = torch.zeros(_HIDDEN, dtype=torch.float64, requires_grad=True)
    offset = torch.zeros((), dtype=torch.float64, requires_grad=True)
    weights = [first, inner, last, offset]
    rule = torch.optim.AdamW(weights, lr=_RATE, weight_decay=_DECAY)
    days, of_day = np.unique(lesson.bars, return_inverse=True)
    before, begins = _before(lesson.accounts)
    seen, base, shares, moves = (torch.tensor(each) for each in (given, lesson.base, lesson.shares, lesson.moves))
    rows, earlier, fresh = torch.tensor(of_day), torch.tensor(before), torch.tensor(begins)
    for _ in range(_STEPS):
        action = torch.tanh(torch.tanh(seen @ first + inner) @ last + offset)
        held = shares * torch.clamp(base * (1.0 + action), 0.0, 1.25)
        changed = (held - torch.where(fresh, torch.zeros_like(held), held[earlier])).abs()
        daily = torch.zeros(len(days), dtype=torch.float64).index_add(0, rows, held * moves - _COST * changed)
        loss = -daily.mean() / (daily.std() + 1e-9)
        rule.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        rule.step()
    return tuple(each.detach().numpy() for each in weights)  # type: ignore[return-value]


def _before(accounts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The decision before each in the same market, shape (n,), and whether there is none."""
    last: dict[int, int] = {}
    before = np.zeros(len(accounts), dtype=np.int64)
    for number, account in enumerate(accounts.tolist()):
        before[number] = last.get(account, -1)
        last[account] = number
    return np.maximum(before, 0), before < 0


def _nothing(features: Floats) -> Floats:
    return np.zeros(len(features))


class _Scaler(NamedTuple):
    """Mean and standard deviation of each feature in training; what is missing becomes the mean."""

    mean: Floats
    sd: Floats

    @classmethod
    def of(cls, features: Floats) -> "_Scaler":
        known = np.isfinite(features)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, features, 0.0).sum(axis=0) / count
        sd = np.sqrt((np.where(known, features - mean, 0.0) ** 2).sum(axis=0) / count)
        return cls(mean, np.where(sd > 1e-9, sd, np.inf))

    def scaled(self, features: Floats) -> Floats:
        return np.clip(np.where(np.isnan(features), 0.0, (features - self.mean) / self.sd), -5.0, 5.0)
