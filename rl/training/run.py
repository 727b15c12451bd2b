"""From tapes to a model: split, tune the base, measure the scale, train every seed, and put together what came out.

ready = prepare(tapes, recipe)         all that is decided before PPO begins, from the training part alone
train(ready, plan, ...)                every seed, and the model of all of them
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import DataFault
from rl.environment.episodes import Draw, play, schema_of, survey
from rl.environment.tape import PolicyTape
from rl.model import Card
from rl.training.base import Tuned, tune
from rl.training.crew import Crew
from rl.training.learner import Report, SeedJob
from rl.training.plan import TrainingPlan
from rl.training.product import Product, product_of
from rl.training.rewards import reward_of
from rl.training.split import Parts, split_by_time
from rl.training.tape_world import TapeWorld
from rl.training_range import Scaler, TrainingRange

Floats = NDArray[np.float64]

LIBRARIES = ("torch", "stable-baselines3", "gymnasium", "numpy", "numba")
CHECKPOINTS = "checkpoints"
LEAST_DECISIONS = 300
LEAST_EPISODE_BARS = 60


class Recipe(NamedTuple):
    """How tapes become a training: the validating share of the time [fraction], a gap of at least so many days, the reward in
    words, the length of an episode, how many bars late its votes may be heard, and the most days that the gap may have."""

    validation: float = 0.2
    least_gap_days: float = 0.0
    reward: str = "profit"
    episode_days: float = 30.0
    most_delay_bars: int = 1
    most_gap_days: float | None = None

    def draw(self, bars_per_day: float) -> Draw:
        """What an episode draws."""
        return Draw(max(LEAST_EPISODE_BARS, round(self.episode_days * bars_per_day)), self.most_delay_bars)


@dataclass(frozen=True, eq=False)
class Ready:
    """What is decided before PPO begins."""

    world: TapeWorld
    parts: Parts
    tuned: Tuned
    scaler: Scaler
    known: TrainingRange
    recipe: Recipe
    decisions: int


def prepare(
    tapes: Sequence[PolicyTape],
    recipe: Recipe,
    vary: Callable[[Parts], tuple[PolicyTape, ...]] = lambda parts: parts.training,
) -> Ready:
    """All that is measured before training, on the training part alone.

    `vary`: the tapes that episodes are drawn from: those of the training part, with other costs, and perhaps drawn ones beside.
    Raises DataFault for too few bars or decisions, and UsageFault for a reward that is not known.
    """
    parts = split_by_time(tapes, recipe.validation, recipe.least_gap_days, recipe.most_gap_days)
    tuned = tune(parts.training)
    seen = play(parts.training, lambda rows, features: tuned.base.of(rows))
    if len(seen.features) < LEAST_DECISIONS:
        raise DataFault(
            f"The training part holds {len(seen.features):,} decisions, and {LEAST_DECISIONS:,} are the least from "
            "which a policy is worth learning. Nothing was trained; give more bars, or voters that vote more often."
        )
    measured = survey(parts.training, tuned.base)
    scaler = Scaler.of(seen.features)
    world = TapeWorld(
        training=vary(parts),
        validation=parts.validation,
        base=tuned.base,
        reward=reward_of(recipe.reward, measured.unit),
        fill=measured.fill,
        draw=recipe.draw(parts.training[0].bars_per_day),
    )
    known = TrainingRange.of(seen.features, scaler)
    return Ready(world, parts, tuned, scaler, known, recipe, len(seen.features))


class Named(NamedTuple):
    """What the card says beside what training knows itself; see `rl.model.Card`."""

    name: str
    universe: tuple[str, ...]
    timeframe: Any
    spans: tuple[Any, ...]
    data: dict[str, str]
    configuration: dict[str, Any]
    trials: int


def train(
    ready: Ready,
    plan: TrainingPlan,
    named: Named,
    folder: Path,
    report: Report,
    crew: Crew | None = None,
    *,
    board: Path | None = None,
) -> Product:
    """Train every seed of a plan, or go on where its checkpoints ended; without a crew, in this process. Raises TribunalError."""
    jobs = [SeedJob(seed, plan, ready.world, ready.scaler, folder / CHECKPOINTS, board) for seed in plan.seeds]
    results = (crew or Crew(1)).train(jobs, report)
    schema = schema_of(ready.parts.training)
    card = Card(
        name=named.name,
        features=tuple(feature.name for feature in schema.features),
        schema_sha256=schema.sha256,
        base=asdict(ready.tuned.base),
        universe=named.universe,
        timeframe=named.timeframe,
        spans=named.spans,
        data=named.data,
        libraries=libraries(),
        configuration=named.configuration,
        trials=named.trials,
        seeds=plan.seeds,
    )
    return product_of(card, ready.scaler, ready.known, results, ready.world, told_of(ready, plan))


def libraries() -> dict[str, str]:
    """The versions on which the bytes of parameters depend."""
    found = {name: version(name) for name in LIBRARIES}
    return {"python": ".".join(map(str, sys.version_info[:3])), **found}


def told_of(ready: Ready, plan: TrainingPlan) -> dict[str, Any]:
    """What `training.json` holds beside seeds and validation."""
    return {
        "plan": plan.model_dump(mode="json"),
        "plan_sha256": plan.hash(),
        "threads": 1,
        "world_sha256": ready.world.key,
        "gap_days": ready.parts.gap_days,
        "decisions": ready.decisions,
        "training_tapes": {tape.name: tape.content_sha256 for tape in ready.world.training},
        "validation_tapes": {tape.name: tape.content_sha256 for tape in ready.world.validation},
        "reward": repr(ready.world.reward),
        "episodes": ready.world.draw._asdict(),
        "base": asdict(ready.tuned.base),
        "base_grid": [asdict(rule) | {"sharpe": sharpe} for rule, sharpe in ready.tuned.tried],
    }
