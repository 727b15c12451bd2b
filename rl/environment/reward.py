"""What a step is worth: pure functions of what an account did between two decisions, for all lanes at once.

    reward.of(steps, memory) -> Paid(rewards, edge, penalties, memory)        memory: shape (L, reward.width), zeros at first

The default is the profit of the step over equity, which holds fees, spread, slippage and gaps, since it is a difference of
equities; losses count 1.2 times. Penalties are optional: on the level of drawdown and of the use of the ES limit, which are
scaled by the length of the step in days, so that their sum does not depend on the length of a bar; and on traded notional. (A
penalty on changed weights would punish drift, which costs nothing.)

Scale: a reward is divided by `unit`, a fraction of equity that counts as 1: about what a step usually makes, so that the numbers
that PPO sees are about 1. `rl.environment.episodes.unit_of` measures it on the training tapes.

A reward is no verdict: one-sided terms can make doing nothing the best. So `Paid` keeps the edge and all that is taken from it
apart, the surplus of losses included, and `Balance` says when more is taken than there is.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Steps(NamedTuple):
    """What L accounts did between two decisions, each field of shape (L,).

    `before`, `after`, `peak`: equity at the decision, at the next one, and its highest so far [quote]. `traded`: notional of the
    fills [quote]. `es_used`: of the ES limit, at the next decision [fraction], NaN where missing. `days`: length of the step
    [days]. `begins`: whether it is the first of an episode.
    """

    before: Floats
    after: Floats
    peak: Floats
    traded: Floats
    es_used: Floats
    days: Floats
    begins: NDArray[np.bool_]

    @property
    def profit(self) -> Floats:
        """Net profit over equity, shape (L,), float64 [fraction]."""
        return self._of_before(self.after - self.before)

    @property
    def turnover(self) -> Floats:
        """What was traded over equity, shape (L,), float64 [fraction]."""
        return self._of_before(self.traded)

    def _of_before(self, amount: Floats) -> Floats:
        sound = self.before > 0.0
        if sound.all():
            return np.asarray(amount / self.before)
        return np.where(sound, amount / np.where(sound, self.before, 1.0), 0.0)


class Paid(NamedTuple):
    """`rewards` in units of about 1; `edge`, net profit, and `penalties`, all that is taken from it [fractions of equity]; each
    of shape (L,). `memory`, shape (L, width), is for the next step."""

    rewards: Floats
    edge: Floats
    penalties: Floats
    memory: Floats


class Reward(Protocol):
    """A rule that pays steps."""

    @property
    def width(self) -> int:
        """Numbers that it remembers of each lane [count]."""
        ...

    def of(self, steps: Steps, memory: Floats) -> Paid:
        """Pay the steps of L lanes. `memory`, shape (L, width), float64, dimensionless: that of the step before; it is not
        changed."""
        ...


@dataclass(frozen=True, slots=True)
class Profit:
    """Net profit over equity; losses count `losses` times.

    `drawdown`, `es`: what a whole drawdown, or a full ES limit, costs in a day [fraction of equity]; `turnover`: what trading the
    whole equity once costs beside its fees [fraction of equity]. `unit` [fraction of equity] counts as 1.
    """

    losses: float = 1.2
    drawdown: float = 0.0
    es: float = 0.0
    turnover: float = 0.0
    unit: float = 0.01
    width = 0

    def of(self, steps: Steps, memory: Floats) -> Paid:
        """Pay the steps of L lanes. `memory`, shape (L, 0), float64, dimensionless: none is needed."""
        profit = steps.profit
        penalties = (self.losses - 1.0) * np.maximum(0.0, -profit)
        if self.drawdown or self.es:
            penalties = penalties + self._levels(steps) * steps.days
        if self.turnover:
            penalties = penalties + self.turnover * steps.turnover
        return Paid((profit - penalties) / self.unit, profit, penalties, memory)

    def _levels(self, steps: Steps) -> Floats:
        """What drawdown and use of the ES limit cost in a day, shape (L,) [fraction]."""
        fallen = np.where(steps.peak > 0.0, np.maximum(0.0, 1.0 - steps.after / np.maximum(steps.peak, 1e-300)), 0.0)
        used = np.where(steps.es_used > 0.0, steps.es_used, 0.0)  # a missing one counts as none
        return np.asarray(self.drawdown * fallen + self.es * used)


@dataclass(frozen=True, slots=True)
class DifferentialSharpe:
    """What a step adds to the Sharpe ratio of an account: Moody and Saffell (2001), equation 13.

    `rate`: weight of the newest step in the moving first and second moments, in (0, 1). Steps of an account that has hardly moved
    yet are paid 0. `unit`: what counts as 1, dimensionless.
    """

    rate: float = 0.01
    unit: float = 0.1
    width = 2

    def of(self, steps: Steps, memory: Floats) -> Paid:
        """Pay the steps of L lanes. `memory`, shape (L, 2), float64: mean return and mean squared return [fraction]."""
        profit = steps.profit
        known = np.where(steps.begins[:, None], 0.0, memory)
        mean, square = known[:, 0], known[:, 1]
        up, up_square = profit - mean, profit * profit - square
        variance = square - mean * mean
        moved = variance > 1e-12
        gain = (square * up - 0.5 * mean * up_square) / np.where(moved, variance, 1.0) ** 1.5
        memory = np.column_stack((mean + self.rate * up, square + self.rate * up_square))
        return Paid(np.where(moved, self.rate * gain, 0.0) / self.unit, profit, np.zeros_like(profit), memory)


@dataclass(frozen=True, slots=True)
class CvarConstrained:
    """Another reward under a limit on the mean of the worst steps: a Lagrangian of CVaR (Rockafellar and Uryasev 2000; Ying
    2022).

    What a step loses beyond the value at risk costs its excess times a price. The price rises by `rate` while the CVaR at
    `confidence` is above `limit` [fraction of equity a step], and falls while it is below. Value at risk and price are those of
    all lanes together, and outlive episodes.
    """

    inner: Reward
    limit: float
    confidence: float = 0.95
    rate: float = 0.05
    unit: float = 0.01

    @property
    def width(self) -> int:
        """Numbers that it remembers of each lane [count]: value at risk, price, and those of the inner reward."""
        return 2 + self.inner.width

    def of(self, steps: Steps, memory: Floats) -> Paid:
        """Pay the steps of L lanes. `memory`, shape (L, width), float64: value at risk [fraction], price, inner memory."""
        paid = self.inner.of(steps, memory[:, 2:])
        loss, rare = -paid.edge, 1.0 - self.confidence
        at_risk, price = float(memory[0, 0]), float(memory[0, 1])
        excess = np.maximum(0.0, loss - at_risk)
        fined = price * excess / rare
        cvar = at_risk + float(excess.mean()) / rare
        at_risk = max(0.0, at_risk + self.rate * self.limit * (float((loss > at_risk).mean()) - rare))
        price = max(0.0, price + self.rate * (cvar - self.limit) / self.limit)
        shared = np.broadcast_to(np.array([at_risk, price]), (len(loss), 2))
        return Paid(
            paid.rewards - fined / self.unit, paid.edge, paid.penalties + fined, np.hstack((shared, paid.memory))
        )


@dataclass(slots=True)
class Balance:
    """Edge and penalties of all steps so far, and the bars that they took. [sums of fractions of equity; bars]"""

    edge: float = 0.0
    penalties: float = 0.0
    bars: int = 0

    def add(self, paid: Paid, bars: NDArray[np.int64]) -> None:
        """Add the steps of L lanes; `bars`, shape (L,), int64 [bars]: how long each was."""
        self.edge += float(paid.edge.sum())
        self.penalties += float(paid.penalties.sum())
        self.bars += int(bars.sum())

    @property
    def edge_bps(self) -> float:
        """Net profit a bar [bp of equity]."""
        return 1e4 * self.edge / max(1, self.bars)

    @property
    def penalties_bps(self) -> float:
        """What penalties take a bar [bp of equity]."""
        return 1e4 * self.penalties / max(1, self.bars)

    @property
    def warning(self) -> str | None:
        """A sentence if penalties take more than there is; None otherwise."""
        if self.penalties <= max(0.0, self.edge):
            return None
        return (
            f"The penalties take {self.penalties_bps:.3g} bp a bar, and the edge is {self.edge_bps:.3g} bp a bar, so doing "
            "nothing is paid best. Training goes on. Lower the weights of the penalties, or expect a policy that leaves no size."
        )
