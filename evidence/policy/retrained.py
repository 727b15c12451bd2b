"""Trains a model's recipe anew on the training part of each split, and opens the hold-out for the model itself.

A model that was trained on all bars cannot be judged on any of them. So what is judged out of sample is its recipe: the same
plan, reward and seeds, on each training part alone. Checkpoints are kept by split, so a verdict that is broken off goes on.
Drawn bars are left out, because they would be drawn from test days too.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from config.errors import UsageFault
from evidence.policy.arms import Actor
from evidence.policy.courses import Accounts, Courses
from evidence.policy.folds import Trained, Trainer
from rl.environment.tape import PolicyTape
from rl.model import PolicyModel
from rl.networks import bounded_actions
from rl.serving.policy import base_of
from rl.training.curve import LegReport
from rl.training.plan import TrainingPlan, plan_of

if TYPE_CHECKING:
    from rl.training.crew import Crew

Floats = NDArray[np.float64]
Report = Callable[[LegReport], None]


def plan_in(model: PolicyModel, steps: int | None = None, seeds: int | None = None) -> TrainingPlan:
    """The plan that a model was trained with, perhaps with fewer steps or seeds. Raises UsageFault if it names none."""
    told = model.card.configuration.get("plan")
    if not isinstance(told, dict):
        raise UsageFault(
            f"The policy {model.name} does not say how it was trained, so its recipe cannot be judged. Nothing was started. "
            "Train it with tribunal train."
        )
    changed = dict(told) | ({} if steps is None else {"steps": steps})
    if seeds is not None:
        changed["seeds"] = list(range(seeds))
    return plan_of(**changed)


def accounts_of(model: PolicyModel) -> Accounts:
    """The accounts that a model was trained on. One that does not say was trained on an account for each market."""
    return "together" if model.card.configuration.get("accounts") == "together" else "apart"


def trainer_of(
    model: PolicyModel, courses: Courses, plan: TrainingPlan, folder: Path, report: Report, crew: "Crew | None"
) -> Trainer:
    """Trains the recipe of a model. `folder`: where checkpoints lie. `crew`: who trains, None for this process.

    Raises what training raises. Loads torch.
    """
    from rl.training.run import Named, Recipe, prepare, train

    told, card = model.card.configuration, model.card
    most = told.get("most_gap_days")
    recipe = Recipe(
        _number(told.get("validation"), 0.2),
        0.0,
        str(told.get("reward", "profit")),
        most_gap_days=None if most is None else _number(most, 0.0),
    )

    def train_split(tapes: Sequence[PolicyTape], split: int) -> Trained:
        ready = prepare(tapes, recipe, courses.varied)
        named = Named(
            f"{card.name}, split {split}", card.universe, card.timeframe, card.spans, card.data, dict(told), card.trials
        )
        product = train(ready, plan, named, folder / f"split-{split:02d}", report, crew)
        return trained_of(product.model)

    return train_split


def trained_of(model: PolicyModel) -> Trained:
    """A model as an arm: its base, its answer, and that of each of its seeds."""
    return Trained(
        base_of(model), _answer(model), tuple(partial(_answer_of, model, n) for n in range(len(model.card.seeds)))
    )


def _answer(model: PolicyModel) -> Actor:
    return lambda features: model.answers(features)[0]


def _answer_of(model: PolicyModel, seed: int, features: Floats) -> Floats:
    return np.asarray(bounded_actions(model.networks, model.scaler.scaled(features))[seed])


def _number(told: object, otherwise: float) -> float:
    return float(told) if isinstance(told, int | float) else otherwise
