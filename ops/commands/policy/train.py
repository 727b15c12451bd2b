"""What `rl.train` does: read the bars, count the trials, prepare once, train each seed, and show what came out."""

import argparse
import hashlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.desk.world import World, past_of, world_of
from agents.strategies.own import read_own
from config.clock import SystemClock
from config.errors import UsageFault
from config.progress import Progress
from config.state import state_folder
from evidence.policy.courses import Courses
from evidence.policy.proposals import read_proposals
from evidence.search.counted import parameters_hash, parameters_of, scope_of, tape_hash
from evidence.search.trial_book import POLICIES_FILE, TrialBook
from market.files.sources import all_exist
from market.tape import Tape
from ops.commands.requests import contracts_asked
from ops.files import write_output
from ops.report.learning_picture import learning_picture
from ops.tables.training import Trained, show_training
from ops.terminal.data_told import tell_data
from rl.model import CARD, Span
from rl.training.crew import Crew
from rl.training.curve import Curves, LegReport
from rl.training.plan import TrainingPlan, plan_of
from rl.training.product import Product, add_history, write_product
from rl.training.run import Named, Ready, Recipe, prepare, train

PICTURE = "learning.svg"
_MOST_SEEDS = 1_000


def train_command(arguments: argparse.Namespace) -> int:
    """Train; returns the exit code. Raises TribunalError."""
    folders = folders_of(arguments.out, arguments.gamma)
    for folder in folders.values():
        if (folder / CARD).exists():
            raise UsageFault(f"{folder} holds a trained model. Nothing was started; give another --out, or remove it.")
    plans = {gamma: plan_asked(arguments, gamma) for gamma in folders}
    world = _world_asked(arguments)
    courses, ready = made_ready(world, arguments)
    with Crew(arguments.workers, ray=arguments.ray) as crew:
        for gamma, folder in folders.items():
            board = Path(arguments.tensorboard) if arguments.tensorboard else None
            product = fitted(courses, ready, plans[gamma], folder, crew, quiet=arguments.quiet, board=board)
            add_history(folder, {"at_utc": _now().isoformat(), "sha256": product.model.sha256, "what": "trained"})
            days = arguments.days if arguments.simulated else None
            shown = Trained.of(folder, product, days, arguments.timeframe)
            show_training(shown, as_json=arguments.json)
    return 0


def folders_of(out: str, gammas: list[float]) -> dict[float, Path]:
    """The folder of the model of each discount: `--out` itself, or one beside it for each of several."""
    if len(gammas) == 1:
        return {gammas[0]: Path(out)}
    return {gamma: Path(f"{out}-gamma-{gamma:g}") for gamma in gammas}


def plan_asked(arguments: argparse.Namespace, gamma: float) -> TrainingPlan:
    """The plan of the options. Raises UsageFault."""
    if not 1 <= arguments.seeds <= _MOST_SEEDS:
        raise UsageFault(f"--seeds {arguments.seeds} is not between 1 and {_MOST_SEEDS}. Nothing was started.")
    first = arguments.seed or 0
    return plan_of(
        steps=arguments.steps,
        seeds=tuple(range(first, first + arguments.seeds)),
        gamma=gamma,
        minibatch=arguments.minibatch,
        learning_rate=arguments.learning_rate,
    )


def made_ready(world: World, arguments: argparse.Namespace) -> tuple[Courses, Ready]:
    """Bars and votes, split and measured. Raises TribunalError."""
    most = arguments.most_gap_days
    if not 0.0 < arguments.validation < 0.9 or arguments.gap_days < 0.0 or (most is not None and most < 0.0):
        raise UsageFault(
            "--validation is a share above 0 and below 0.9, and --gap-days and --most-gap-days are not negative. Nothing was "
            "started."
        )
    tape = past_of(world)
    tell_data(world, tape, sys.stderr)
    stream = None if arguments.quiet else sys.stderr
    with Progress(len(tape), "bars", stream, after_s=2.0) as shown:
        read = read_proposals(world, shown.advance, tape=tape)
    courses = Courses(world, tape, read, arguments.mix, arguments.accounts)
    recipe = Recipe(arguments.validation, arguments.gap_days, arguments.reward, most_gap_days=most)
    with Progress(1, "preparations (split, base, scale, drawn paths)", stream, after_s=2.0):
        ready = prepare(courses.tapes(), recipe, courses.varied)
    return courses, ready


def fitted(
    courses: Courses,
    ready: Ready,
    plan: TrainingPlan,
    folder: Path,
    crew: Crew,
    *,
    quiet: bool,
    board: Path | None = None,
    until: datetime | None = None,
) -> Product:
    """Count the trial, train one model, and write its folder. `until`: the last moment it has read; None for the tape's end.

    Raises TribunalError.
    """
    trials = _counted(courses, ready, plan)
    curves = Curves()
    stream = None if quiet else sys.stderr
    with Progress(plan.rollouts * plan.samples * len(plan.seeds), "steps", stream) as progress:

        def report(point: LegReport) -> None:
            curves.add(point)
            progress.advance(point.more, curves.told)

        product = train(
            ready,
            plan,
            _named(courses, ready, plan, folder, trials, until or courses.tape.end_utc),
            folder,
            report,
            crew,
            board=board,
        )
    write_product(folder, product)
    write_output(folder / PICTURE, learning_picture([made.curve for made in product.results]).encode())
    return product


def _world_asked(arguments: argparse.Namespace) -> World:
    asked = contracts_asked(arguments)
    if arguments.simulated == bool(asked.bars.data):
        raise UsageFault(
            "Training needs bars: recorded ones (--data FILE, or --store DIR), or the simulated market (--simulated), and not "
            "both. Nothing was started."
        )
    return world_of(asked.model_copy(update={"days": arguments.days}) if arguments.simulated else asked)


def _counted(courses: Courses, ready: Ready, plan: TrainingPlan) -> int:
    """Count this configuration durably before it is trained: how many were tried on bars like these. Raises OutputFault."""
    settings = courses.world.settings
    about: dict[str, Any] = {
        "settings": parameters_of(settings, read_own(settings.strategies)),
        "plan": plan.model_dump(mode="json", exclude={"seeds"}),
        "recipe": [
            ready.recipe.validation,
            ready.recipe.least_gap_days,
            ready.recipe.reward,
            ready.recipe.episode_days,
        ],
        "mix": courses.mix,
        "accounts": courses.accounts,
    }
    if ready.recipe.most_gap_days is not None:
        about["most_gap_days"] = ready.recipe.most_gap_days
    book = TrialBook(state_folder() / POLICIES_FILE)
    try:
        return max(1, book.count(scope_of(courses.tape), "train", [parameters_hash(about)], _now()).overlapping)
    finally:
        book.close()


def _named(courses: Courses, ready: Ready, plan: TrainingPlan, folder: Path, trials: int, until: datetime) -> Named:
    tape, settings = courses.tape, courses.world.settings
    configuration: dict[str, Any] = {
        "profile": settings.profile,
        "plan": plan.model_dump(mode="json"),
        "validation": ready.recipe.validation,
        "gap_days": ready.parts.gap_days,
        "most_gap_days": ready.recipe.most_gap_days,
        "reward": ready.recipe.reward,
        "mix": courses.mix,
        "accounts": courses.accounts,
        "voters": [entry.name for entry in settings.strategies],
        "settings_sha256": parameters_hash(parameters_of(settings, read_own(settings.strategies))),
    }
    return Named(
        name=folder.name,
        universe=tuple(sorted(tape.symbols)),
        timeframe=tape.timeframe,
        spans=(Span(start_utc=tape.warmup_start_utc, end_utc=until),),
        data=data_hashes(courses.world, tape),
        configuration=configuration,
        trials=trials,
    )


def data_hashes(world: World, tape: Tape) -> dict[str, str]:
    """SHA-256 of the session's bars, and of each file that was named."""
    paths = [Path(path) for path in (*world.bars.data, *world.bars.marks, *world.bars.funding)]
    files = [path for path in paths if path.is_file()] if all_exist(paths) else []
    return {tape.source_label: tape_hash(tape)} | {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def _now() -> datetime:
    return SystemClock().now()
