"""The arms without learning that a policy stands beside: each a rule from what is seen to a multiplier, with its few settings.

    zero            nothing is bought
    always          the ruling stands: a multiplier of 1
    fixed           the same fraction of every size
    base            a volatility target on the measured volatility: the rule that a policy corrects (`rl.action.Base`)
    ewma, har, garch    volatility targets on forecasts (`evidence.policy.forecasts`)
    chosen          of the base and the three targets above, all settings, the one that was best in training
    var_cap         less the more of its VaR limit the book uses
    drawdown_cut    less while the account is below its peak
    random          another arm's multipliers in their order, moved in time: its mean and turnover, without its knowledge

The setting of a family is chosen on the training part of a split alone, by Sharpe ratio, as the base is.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evidence.policy.forecasts import MODELS, Forecasts, forecasts_of
from evidence.policy.playing import Asked, Rule, Run
from execution.observation import COLUMNS
from rl.action import MOST, Base
from rl.environment.tape import PolicyTape
from rl.training.base import GRID, TARGETS

Floats = NDArray[np.float64]

_HEADROOM, _DRAWDOWN = COLUMNS.index("var_headroom"), COLUMNS.index("drawdown")

ZERO, ALWAYS, BASE, CHOSEN, RANDOM = "zero", "always", "base", "chosen", "random"


class Setting(NamedTuple):
    """One rule of a family, and its setting in words."""

    words: str
    rule: Rule


class Family(NamedTuple):
    """An arm: its name, what it does in words, and the settings of which the best on the training part counts."""

    name: str
    words: str
    settings: tuple[Setting, ...]


def families(tapes: Sequence[PolicyTape]) -> tuple[Family, ...]:
    """All arms that learn nothing but their setting, the base first. `tapes`: those that they will run on, in their order."""
    table = _Table(tapes)
    base = Family(BASE, "volatility target, tuned", tuple(Setting(_told(each), base_rule(each)) for each in GRID))
    targets = tuple(
        Family(name, f"volatility target on a forecast by {name.upper()}", tuple(table.target(name, t) for t in TARGETS))
        for name in MODELS
    )  # fmt: skip
    return (
        base,
        Family(ZERO, "nothing is bought", (Setting("", same(0.0)),)),
        Family(ALWAYS, "the ruling stands", (Setting("", same(1.0)),)),
        Family("fixed", "the same fraction of every size", tuple(_fixed(each) for each in (0.25, 0.5, 0.75, MOST))),
        *targets,
        _chosen((base, *targets)),
        Family("var_cap", "less as VaR is used up", tuple(_var_cap(each) for each in (0.25, 0.5, 0.75, 1.0))),
        Family(
            "drawdown_cut", "less below the peak", tuple(_cut(at, left) for at in (0.01, 0.02, 0.05) for left in (0.5, 0.0))
        ),
    )  # fmt: skip


def _chosen(of: Sequence[Family]) -> Family:
    """All settings of these families as one, in their order: which of them was best in training decides."""
    settings = (Setting(f"{family.name}: {each.words}", each.rule) for family in of for each in family.settings)
    return Family(CHOSEN, "the best volatility target of all, by any forecast", tuple(settings))


def base_rule(base: Base) -> Rule:
    """The rule of a base."""
    return lambda seen: base.of(seen.rows)


def moved(runs: Sequence[Run], offset: float) -> Rule:
    """The multipliers of these runs, one a tape, in their order from a part `offset` in [0, 1) of each on, and round again.

    Purchases get those of purchases, and reviews those of reviews.
    """
    given = [[run.multipliers[run.seen.reviewed == reviewed] for reviewed in (False, True)] for run in runs]
    at = [[int(offset * len(each)) for each in kinds] for kinds in given]

    def rule(seen: Asked) -> Floats:
        made = np.ones(len(seen))
        for number, (tape, kind) in enumerate(
            zip(seen.tapes.tolist(), seen.reviewed.astype(int).tolist(), strict=True)
        ):
            known = given[tape][kind]
            if len(known):
                made[number] = known[at[tape][kind] % len(known)]
                at[tape][kind] += 1
        return made

    return rule


class _Table:
    """Forecasts of each grid, computed once however many tapes are parts of it."""

    def __init__(self, tapes: Sequence[PolicyTape]) -> None:
        made: dict[int, Forecasts] = {}
        for tape in tapes:
            grid = tape.course.grid
            if id(grid) not in made:
                made[id(grid)] = forecasts_of(grid, tape.bars_per_day)
        self._of = [made[id(tape.course.grid)] for tape in tapes]

    def target(self, model: str, target: float) -> Setting:
        """A volatility target on the forecasts of one model."""

        def rule(seen: Asked) -> Floats:
            forecast = np.empty(len(seen))
            for tape in np.unique(seen.tapes).tolist():
                own = seen.tapes == tape
                forecast[own] = getattr(self._of[tape], model)[seen.bars[own], seen.markets[own]]
            with np.errstate(divide="ignore", invalid="ignore"):
                wanted = target / forecast
            return np.where(np.isnan(wanted), 1.0, np.clip(wanted, 0.0, MOST))

        return Setting(f"{target:.1%} a day", rule)


def same(value: float) -> Rule:
    """The rule that gives every decision the same multiplier; with 1 the ruling stands."""
    return lambda seen: np.full(len(seen), value)


def _fixed(value: float) -> Setting:
    return Setting(f"{value:g}", same(value))


def _var_cap(from_: float) -> Setting:
    def rule(seen: Asked) -> Floats:
        room = seen.rows[:, _HEADROOM]
        return np.clip(np.where(np.isnan(room), 1.0, room / from_), 0.0, 1.0)

    return Setting(f"from {1.0 - from_:.0%} of the limit on", rule)


def _cut(at: float, left: float) -> Setting:
    def rule(seen: Asked) -> Floats:
        return np.where(seen.rows[:, _DRAWDOWN] > at, left, 1.0)

    return Setting(f"{left:g} from a fall of {at:.0%} on", rule)


def _told(base: Base) -> str:
    if base.target_daily_volatility is None:
        return "none: the ruling stands"
    return f"{base.target_daily_volatility:.1%} a day, blend {base.blend:g}"


class Actor(Protocol):
    """What answers with actions that correct a base."""

    def __call__(self, features: Floats, /) -> Floats:
        """Actions in [-1, 1], shape (n,), float64, dimensionless.

        `features`, shape (n, len(FEATURES)), float64, units of `rl.features`; NaN where one is missing.
        """
        ...
