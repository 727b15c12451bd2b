"""What `rl.retrain` does: train the recipe of a model on newer bars, compare both on the latest, or promote a candidate."""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.desk.request import WorldRequest
from agents.desk.world import tape_of, world_of
from config.clock import SystemClock
from config.errors import DataFault, UsageFault
from config.progress import Progress
from evidence.policy.courses import Courses
from evidence.policy.proposals import read_proposals
from evidence.policy.retrained import accounts_of, plan_in
from ops.commands.options import Unsaid
from ops.commands.policy.train import fitted
from ops.commands.requests import contracts_asked
from ops.tables.training import Compared, Trained, show_promotion, show_retraining
from ops.terminal.data_told import tell_data
from rl.environment.tape import PolicyTape
from rl.features import known_schemas
from rl.model import PolicyModel, load_model
from rl.serving.policy import base_of
from rl.training.candidates import next_candidate, promote
from rl.training.crew import Crew
from rl.training.run import Recipe, prepare
from rl.training.split import split_by_time
from rl.training.tape_world import TapeWorld

Floats = NDArray[np.float64]


def retrain_command(arguments: argparse.Namespace) -> int:
    """Retrain or promote; returns the exit code. Raises TribunalError."""
    folder = Path(arguments.model).expanduser()
    if arguments.promote_as is not None:
        show_promotion(folder, promote(folder, arguments.promote_as, known_schemas(), SystemClock().now()))
        return 0
    if not (arguments.data or arguments.store):
        raise UsageFault("Retraining needs newer bars, --data FILE or --store DIR. Nothing was started.")
    known = load_model(folder, known_schemas())
    plan = plan_in(known)
    world = world_of(_asked(known, arguments))
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    stream = None if arguments.quiet else sys.stderr
    with Progress(len(tape), "bars", stream, after_s=2.0) as shown:
        read = read_proposals(world, shown.advance, tape=tape)
    told = known.card.configuration
    courses = Courses(world, tape, read, "none", accounts_of(known))
    outer = split_by_time(courses.tapes(), arguments.test_days / max(1.0, (tape.end_utc - tape.start_utc).days))
    _refuse_seen(known, outer.validation)
    most = told.get("most_gap_days")
    recipe = Recipe(
        float(str(told.get("validation", 0.2))),
        0.0,
        str(told.get("reward", "profit")),
        most_gap_days=None if most is None else float(str(most)),
    )
    ready = prepare(outer.training, recipe, courses.varied)
    place = next_candidate(folder)
    until = _begin(outer.validation) - timedelta(days=outer.gap_days)
    with Crew(arguments.workers, ray=arguments.ray) as crew:
        product = fitted(courses, ready, plan, place, crew, quiet=arguments.quiet, until=until)
    test = replace(ready.world, validation=outer.validation)
    compared = Compared(
        days=arguments.test_days,
        candidate=test.judge(lambda features: product.model.answers(features)[0]),
        in_place=_own_world(test, known).judge(lambda features: known.answers(features)[0]),
    )
    show_retraining(Trained.of(place, product), compared, folder, as_json=arguments.json)
    return 0


def _asked(model: PolicyModel, arguments: argparse.Namespace) -> WorldRequest:
    """The world of the options, under the profile that the model was trained with unless another was typed."""
    asked, profile = contracts_asked(arguments), model.card.configuration.get("profile")
    if isinstance(arguments.profile, Unsaid) and isinstance(profile, str):
        return asked.model_copy(update={"profile": profile})
    return asked


def _own_world(test: TapeWorld, model: PolicyModel) -> TapeWorld:
    """The test with the base and the means of another model."""
    return replace(test, base=base_of(model), fill=model.scaler.fill)


def _begin(tapes: tuple[PolicyTape, ...]) -> datetime:
    columns = tapes[0].course.grid.columns
    first = min(tape.course.stretch[0] for tape in tapes)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=columns.begin_us + first * columns.step_us)


def _refuse_seen(model: PolicyModel, test: tuple[PolicyTape, ...]) -> None:
    learnt = max(span.end_utc for span in model.card.spans)
    if (begin := _begin(test)) < learnt:
        raise DataFault(
            f"The test part begins on {begin:%Y-%m-%d}, and the model in place has learnt from bars up to {learnt:%Y-%m-%d}. "
            "Nothing was trained; give newer bars, or fewer --test-days."
        )
