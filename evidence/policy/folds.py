"""Combinatorial purged cross-validation of all arms on tapes of proposals: out-of-sample paths, day by day.

The days are cut into groups, and each account begins anew at the first day of a group, so no position reaches from one group into
another. Rules without learning run once on each group; on each split their setting is chosen by the Sharpe ratio of its training
days. What learns is trained on the training days of each split and runs on its test groups. Training days keep a distance of the
longest time for which a position was held, at most `MOST_PURGED_DAYS`, and of the embargo, from every test day. A position that
would be held for longer is marked at the last close of its part, where its account ends: no return reaches into a test.

The base of a split is the setting of the base family that is best on its training days, or that of the model that was trained
there. All that learns corrects that base.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from config.errors import UsageFault
from config.seeds import generator
from evidence.policy.arms import BASE, CHOSEN, RANDOM, Actor, Family, base_rule, families, moved
from evidence.policy.forecasts import MODELS
from evidence.policy.learners import Lesson, acting, lesson_of, network, ridge
from evidence.policy.playing import FIGURES, RETURN, Asked, Rule, Run, days_of, play_rules
from evidence.search.walk import chosen_on
from evidence.statistics.splits import Combinatorial, Split, combinatorial_purged
from rl.action import Base
from rl.environment.tape import PolicyTape
from rl.training.base import GRID
from rl.training.split import longest_held

Floats = NDArray[np.float64]

PPO = "ppo"
Learner = tuple[str, str, Callable[[Lesson, int], Actor]]
"""Name, words, and what makes an actor of a lesson and a seed."""
LEARNERS: tuple[Learner, ...] = (
    ("ridge", "ridge regression on the columns of PPO", ridge),
    ("network", "small network on a Sharpe loss", network),
)
MOST_PURGED_DAYS = 30
_MOST_LANES = 240


class Trained(NamedTuple):
    """A policy that a split has trained: its base, its answer, and that of each of its seeds."""

    base: Base
    act: Actor
    seeds: tuple[Actor, ...]


class Trainer(Protocol):
    """Trains a policy on tapes that are the training part of a split."""

    def __call__(self, tapes: Sequence[PolicyTape], split: int) -> Trained: ...


class Layout(NamedTuple):
    """`parts[g][a]`: tape of account a on group g. `plan`: splits by days. `held_days`: how long one was held at most."""

    accounts: tuple[PolicyTape, ...]
    parts: tuple[tuple[PolicyTape, ...], ...]
    plan: Combinatorial
    held_days: int
    gap_days: int
    step: int

    @property
    def days(self) -> int:
        """Days in all groups."""
        return self.plan.groups[-1].stop

    def training(self, split: Split, taught: Sequence[PolicyTape]) -> list[PolicyTape]:
        """The training part of a split: each of these tapes, of the same bars, on each of its spans."""
        return [
            tape.slice(tape.course.stretch[0] + span.start * self.step, tape.course.stretch[0] + span.stop * self.step)
            for span in split.train
            for tape in taught
        ]  # fmt: skip


class Arm(NamedTuple):
    """One arm out of sample.

    `days`, shape (n_paths, n_days, FIGURES), units of `playing.FIGURES`. `settings`: what was chosen, by split, in words.
    `trials`: daily returns of each setting that was tried on all days, shape (n_days, n_settings).
    """

    name: str
    words: str
    days: Floats
    settings: tuple[str, ...]
    trials: Floats

    @property
    def returns(self) -> Floats:
        """Daily returns by path, shape (n_paths, n_days), float64 [simple return]."""
        return np.ascontiguousarray(self.days[:, :, RETURN])


class CrossValidated(NamedTuple):
    """All arms on all paths; `seeds`: daily returns by seed of the policy, shape (n_seeds, n_paths, n_days), if there is one."""

    layout: Layout
    arms: tuple[Arm, ...]
    seeds: Floats

    def arm(self, name: str) -> Arm:
        """The arm of this name. Raises KeyError for none."""
        found = next((each for each in self.arms if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found


def layout_of(accounts: Sequence[PolicyTape], *, groups: int, tested: int, embargo_days: int) -> Layout:
    """The groups and splits of tapes of the same days. Raises UsageFault where they leave nothing to train on."""
    step = max(1, round(accounts[0].bars_per_day))
    days = min(len(tape) for tape in accounts) // step
    held = max(longest_held(run.result) for run in play_rules(accounts, [base_rule(Base())])[0])
    held_days = -(-held // step)
    purged = min(held_days, MOST_PURGED_DAYS)
    try:
        plan = combinatorial_purged(days, groups=groups, tested=tested, horizon=purged, embargo=embargo_days)
    except ValueError as fault:
        raise UsageFault(
            f"The cross-validation cannot be laid out: positions are held for up to {held_days} days, and {fault}. Nothing was "
            "judged. Give more bars, or other --groups and --tested."
        ) from fault
    parts = tuple(
        tuple(
            tape.slice(tape.course.stretch[0] + span.start * step, tape.course.stretch[0] + span.stop * step)
            for tape in accounts
        )
        for span in plan.groups
    )
    return Layout(tuple(accounts), parts, plan, held_days, purged + embargo_days, step)


def cross_validate(
    layout: Layout,
    seed: int,
    trainer: Trainer | None = None,
    taught: Sequence[PolicyTape] = (),
    seen: Callable[[int], None] = lambda splits: None,
    learners: Sequence[Learner] = LEARNERS,
) -> CrossValidated:
    """Run all arms. `trainer` trains the policy of each split; without one there is no PPO among the arms.

    `taught`: tapes of the same bars to train it on, the accounts of the layout if none are given. `seen` is called with 1 after
    each split.
    """
    return _Trial(layout, seed, trainer, taught or layout.accounts, learners).run(seen)


class _Trial:
    """One cross-validation while it runs."""

    def __init__(
        self,
        layout: Layout,
        seed: int,
        trainer: Trainer | None,
        taught: Sequence[PolicyTape],
        learners: Sequence[Learner],
    ) -> None:
        self._learners = tuple(learners)
        self._layout, self._seed, self._trainer, self._taught = layout, seed, trainer, taught
        self._flat = [tape for group in layout.parts for tape in group]
        self._families = families(self._flat)
        self._static = {family.name: self._run_family(family) for family in self._families if family.name != CHOSEN}
        self._static[CHOSEN] = [runs for name in (BASE, *MODELS) for runs in self._static[name]]
        self._known: dict[str, Floats] = {}

    def run(self, seen: Callable[[int], None]) -> CrossValidated:
        """All splits, one after the other."""
        plan, names = self._layout.plan, [name for name, _, _ in self._learners]
        names += [PPO] if self._trainer is not None else []
        tests: dict[str, list[list[Floats]]] = {name: [] for name in [*names, RANDOM]}
        settings: dict[str, list[str]] = {family.name: [] for family in self._families}
        statics: dict[str, list[list[Floats]]] = {family.name: [] for family in self._families}
        by_seed: list[list[list[Floats]]] = []
        for number, split in enumerate(plan.splits):
            trained = (
                None if self._trainer is None else self._trainer(self._layout.training(split, self._taught), number)
            )
            base = self._choose(split, settings, statics, plan.tested[number], trained)
            rules = self._learnt(split, base, trained)
            made = self._test(list(rules.values()), plan.tested[number])
            for name, outcome in zip(rules, made, strict=True):
                tests[name].append(outcome[0])
            last = made[-1][1]
            tests[RANDOM].append(self._test([self._moved(last, number)], plan.tested[number])[0][0])
            if trained is not None:
                acts = [acting(base, each) for each in trained.seeds]
                by_seed.append([each[0] for each in self._test(acts, plan.tested[number])])
            seen(1)
        arms = [self._static_arm(family, statics[family.name], settings[family.name]) for family in self._families]
        told = {name: words for name, words, _ in self._learners} | {PPO: "the policy, mean of its seeds"}
        told[RANDOM] = f"the multipliers of {names[-1]}, moved in time"
        arms += [self._learnt_arm(name, told[name], tests[name]) for name in tests]
        seeds = [self._paths([split[n] for split in by_seed]) for n in range(len(by_seed[0]) if by_seed else 0)]
        return CrossValidated(
            self._layout,
            tuple(arms),
            np.array([each[:, :, RETURN] for each in seeds]) if seeds else np.zeros((0, 0, 0)),
        )

    def _run_family(self, family: Family) -> list[list[list[Run]]]:
        """Runs of each setting, by group and account. The base keeps what it saw, from which others learn."""
        width, most = len(self._layout.accounts), max(1, _MOST_LANES // len(self._flat))
        found: list[list[list[Run]]] = []
        for begin in range(0, len(family.settings), most):
            rules = [each.rule for each in family.settings[begin : begin + most]]
            played = play_rules(self._flat, rules)
            found += [[runs[at : at + width] for at in range(0, len(runs), width)] for runs in played]
        return found

    def _days(self, runs: list[list[Run]], group: int) -> Floats:
        return _account_days(self._layout.parts[group], runs[group])

    def _whole(self, name: str) -> Floats:
        """Daily figures of each setting on all days, shape (n_settings, n_days, FIGURES)."""
        if name not in self._known:
            groups = range(len(self._layout.parts))
            self._known[name] = np.array(
                [np.concatenate([self._days(runs, group) for group in groups]) for runs in self._static[name]]
            )
        return self._known[name]

    def _choose(
        self,
        split: Split,
        settings: dict[str, list[str]],
        statics: dict[str, list[list[Floats]]],
        tested: tuple[int, ...],
        trained: Trained | None,
    ) -> Base:
        """Choose the setting of each family on the training days; returns the base."""
        base = Base()
        for family in self._families:
            whole = self._whole(family.name)
            chosen = chosen_on(whole[:, :, RETURN].T, split)
            if family.name == BASE and trained is not None:
                chosen = _number_of(trained.base)
            base = GRID[chosen] if family.name == BASE else base
            settings[family.name].append(family.settings[chosen].words)
            spans = [self._layout.plan.groups[group] for group in tested]
            statics[family.name].append([whole[chosen, span.start : span.stop] for span in spans])
        return base

    def _learnt(self, split: Split, base: Base, trained: Trained | None) -> dict[str, Rule]:
        """The rules of the learners of a split, PPO last."""
        runs = self._static[BASE][GRID.index(base)]
        flat = [run for group in runs for run in group]
        joined = Asked.joined(run.seen for run in flat)
        lesson = lesson_of(self._flat, joined.part(self._in_training(joined, split)), base)
        rules = {name: acting(base, learn(lesson, self._seed)) for name, _, learn in self._learners}
        return rules if trained is None else {**rules, PPO: acting(base, trained.act)}

    def _in_training(self, seen: Asked, split: Split) -> NDArray[np.bool_]:
        """Whether each decision lies on a training day."""
        firsts = np.array([tape.course.stretch[0] for tape in self._layout.accounts])
        day = (seen.bars - firsts[seen.tapes % len(firsts)]) // self._layout.step
        known = np.zeros(self._layout.days + 1, dtype=np.bool_)
        known[split.train_bars()] = True
        return np.asarray(known[np.clip(day, 0, self._layout.days)])

    def _test(self, rules: list[Rule], tested: tuple[int, ...]) -> list[tuple[list[Floats], list[Run]]]:
        """Each rule on the test groups: its days by group, and its runs."""
        tapes, width = [tape for group in tested for tape in self._layout.parts[group]], len(self._layout.accounts)
        found = []
        for runs in play_rules(tapes, rules):
            days = [
                _account_days(self._layout.parts[group], runs[n * width : (n + 1) * width])
                for n, group in enumerate(tested)
            ]
            found.append((days, runs))
        return found

    def _moved(self, runs: list[Run], split: int) -> Rule:
        offset = generator(self._seed, "policy", "random", str(split)).uniform(0.2, 0.8)
        return moved(runs, float(offset))

    def _paths(self, tests: list[list[Floats]]) -> Floats:
        """Paths of what the splits made: shape (n_paths, n_days, FIGURES)."""
        plan = self._layout.plan
        whole = np.empty((len(plan.paths), self._layout.days, FIGURES))
        for path, by_group in enumerate(plan.paths):
            for group, split in enumerate(by_group):
                span = plan.groups[group]
                whole[path, span.start : span.stop] = tests[split][plan.tested[split].index(group)]
        return whole

    def _static_arm(self, family: Family, tests: list[list[Floats]], settings: list[str]) -> Arm:
        trials = np.ascontiguousarray(self._whole(family.name)[:, :, RETURN].T)
        if family.name == CHOSEN:
            trials = trials[:, :0]  # its settings are those of others, and each was one trial
        return Arm(family.name, family.words, self._paths(tests), tuple(settings), trials)

    def _learnt_arm(self, name: str, words: str, tests: list[list[Floats]]) -> Arm:
        days = self._paths(tests)
        return Arm(name, words, days, (), np.ascontiguousarray(days[:1, :, RETURN].T))


def _account_days(tapes: Sequence[PolicyTape], runs: Sequence[Run]) -> Floats:
    """Daily figures of accounts side by side: the mean of their fractions, the sum of their decisions."""
    each = np.array([days_of(tape, run) for tape, run in zip(tapes, runs, strict=True)])
    made = each.mean(axis=0)
    made[:, 4:] = each[:, :, 4:].sum(axis=0)
    return np.asarray(made)


def _number_of(base: Base) -> int:
    if base not in GRID:
        raise UsageFault(
            f"The policy corrects a base that is none of the {len(GRID)} that are compared ({base}). Nothing was judged. Train "
            "it with this version."
        )
    return GRID.index(base)
