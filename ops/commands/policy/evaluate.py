"""What `rl.evaluate` does: lay out the splits, run all arms, judge, and write the verdict; or open the hold-out, once."""

import argparse
import json
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from agents.desk.world import World, past_of, world_of
from agents.strategies.own import read_own
from config.clock import SystemClock
from config.errors import UsageFault
from config.progress import Progress
from config.state import state_folder
from evidence.policy.courses import Courses
from evidence.policy.folds import PPO, CrossValidated, Trainer, cross_validate, layout_of
from evidence.policy.held_out import look
from evidence.policy.judging import Judgement, judge, promise_of
from evidence.policy.openings import HELD_OUT_FROM, HELD_OUT_UNTIL, Opening, note, open_once, openings
from evidence.policy.proposals import Proposals, read_proposals
from evidence.policy.retrained import accounts_of, plan_in, trainer_of
from evidence.search.counted import parameters_hash, parameters_of, scope_of
from evidence.search.trial_book import POLICIES_FILE, TrialBook
from market.tape import Tape
from ops.commands.requests import contracts_asked
from ops.files import write_output, write_tables
from ops.report.verdict_picture import opening_picture, verdict_picture
from ops.tables.policy.verdict import judgement_markdown, show_judgement, show_opening
from ops.terminal.data_told import tell_data
from rl.features import known_schemas
from rl.model import PolicyModel, load_model
from rl.serving.promise import VERDICT
from rl.training.curve import LegReport
from rl.training.plan import TrainingPlan

NOT_SHOWN = 11
FOLDS = "folds"


def evaluate_command(arguments: argparse.Namespace) -> int:
    """Judge; returns the exit code. Raises TribunalError."""
    model = None if arguments.model is None else load_model(Path(arguments.model).expanduser(), known_schemas())
    world = _world_asked(arguments)
    if arguments.hold_out:
        return _open(model, world, arguments)
    plan = None if model is None else plan_in(model, arguments.steps, arguments.seeds)
    world = _before_hold_out(world)
    tape = past_of(world)
    tell_data(world, tape, sys.stderr)
    if model is not None:
        _refuse_other_world(model, tape)
    read = _read(world, tape, quiet=arguments.quiet)
    found, judgement = _judged(model, plan, world, tape, read, arguments)
    show_judgement(judgement, as_json=arguments.json)
    write_tables(arguments.markdown, judgement_markdown(judgement))
    if arguments.picture is not None:
        write_output(Path(arguments.picture), verdict_picture(judgement, found).encode())
    if model is None or plan is None:
        return 0
    if plan != plan_in(model):
        sys.stderr.write("The recipe was changed by --steps or --seeds, so no verdict was written.\n")
        return NOT_SHOWN
    _write_verdict(Path(arguments.model).expanduser(), model, judgement, found, world.settings.seed)
    return 0 if judgement.passed else NOT_SHOWN


def _judged(
    model: PolicyModel | None,
    plan: TrainingPlan | None,
    world: World,
    tape: Tape,
    read: Proposals,
    arguments: argparse.Namespace,
) -> tuple[CrossValidated, Judgement]:
    accounts = (read.together(),) if arguments.accounts == "together" else read.apart()
    layout = layout_of(accounts, groups=arguments.groups, tested=arguments.tested, embargo_days=arguments.embargo_days)
    trials = _counted(model, plan, world, tape)
    with Progress(len(layout.plan.splits), "splits", None if arguments.quiet else sys.stderr) as shown:
        courses = Courses(world, tape, read, "none", "apart" if model is None else accounts_of(model))
        with ExitStack() as crews:
            trainer = _trainer(model, plan, courses, arguments, shown, crews)
            found = cross_validate(layout, world.settings.seed, trainer, courses.tapes(), shown.advance)
    judgement = judge(
        found,
        label=tape.source_label,
        seed=world.settings.seed,
        start_utc=tape.start_utc,
        end_utc=tape.end_utc,
        trials=trials + sum(arm.trials.shape[1] for arm in found.arms),
    )
    return found, judgement


def _trainer(
    model: PolicyModel | None,
    plan: TrainingPlan | None,
    courses: Courses,
    arguments: argparse.Namespace,
    shown: Progress,
    crews: ExitStack,
) -> Trainer | None:
    """What trains the model's recipe, by processes that end with `crews`; None without a model. Loads torch."""
    if model is None or plan is None:
        return None
    from rl.training.crew import Crew

    def report(point: LegReport) -> None:
        shown.advance(
            0, lambda: f"seed {point.seed}: {point.steps:,} steps, validation {point.gain:+.2f} against the base"
        )

    folder = Path(arguments.model).expanduser() / FOLDS
    return trainer_of(model, courses, plan, folder, report, crews.enter_context(Crew(arguments.workers)))


def _open(model: PolicyModel | None, world: World, arguments: argparse.Namespace) -> int:
    """Open the hold-out for a model, once."""
    if model is None or arguments.simulated:
        raise UsageFault(
            "--hold-out opens recorded bars for a model. Nothing was read; give --model MODEL and --data FILE."
        )
    late = next((span for span in model.card.spans if span.end_utc > HELD_OUT_FROM), None)
    if late is not None:
        raise UsageFault(
            f"The policy {model.name} was trained on bars up to {late.end_utc:%Y-%m-%d}, and the hold-out begins on "
            f"{HELD_OUT_FROM:%Y-%m-%d}: nothing of it is new to it. Nothing was read."
        )
    folder, now = Path(arguments.openings), SystemClock().now()
    earlier = len(openings(folder))
    tape = _held_out(world)
    tell_data(world, tape, sys.stderr)
    _refuse_other_world(model, tape)
    opening = Opening(at_utc=now, model=model.name, model_sha256=model.sha256, data=", ".join(_names(world)))
    open_once(folder, opening)
    read = _read(world, tape, quiet=arguments.quiet)
    opening = opening.model_copy(update={"shown": look(model, read.together(), world.settings.seed)})
    note(folder, opening)
    show_opening(opening, earlier, as_json=arguments.json)
    if arguments.picture is not None:
        write_output(Path(arguments.picture), opening_picture(opening).encode())
    return 0


def _held_out(world: World) -> Tape:
    """The bars of the hold-out, as far as the files reach. Raises DataFault for files that end before it."""
    bars = world.bars.model_copy(update={"start_utc": HELD_OUT_FROM, "end_utc": None})
    tape = past_of(world.model_copy(update={"bars": bars}))
    if tape.end_utc <= HELD_OUT_UNTIL:
        return tape
    return past_of(world.model_copy(update={"bars": bars.model_copy(update={"end_utc": HELD_OUT_UNTIL})}))


def _names(world: World) -> list[str]:
    return [Path(path).name for path in world.bars.data]


def _world_asked(arguments: argparse.Namespace) -> World:
    asked = contracts_asked(arguments)
    if arguments.simulated == bool(asked.bars.data):
        raise UsageFault(
            "A verdict needs bars: recorded ones (--data FILE, or --store DIR), or the simulated market (--simulated), and not "
            "both. Nothing was started."
        )
    return world_of(asked.model_copy(update={"days": arguments.days}) if arguments.simulated else asked)


def _before_hold_out(world: World) -> World:
    """The world without the hold-out. Raises UsageFault for a window that begins in it."""
    bars = world.bars
    if not bars.data:
        return world
    if bars.start_utc is not None and bars.start_utc >= HELD_OUT_FROM:
        raise UsageFault(
            f"Bars from {HELD_OUT_FROM:%Y-%m-%d} on are the hold-out, which --hold-out opens once for a model. Nothing was read. "
            "Give an earlier --start."
        )
    end = HELD_OUT_FROM if bars.end_utc is None else min(bars.end_utc, HELD_OUT_FROM)
    return world.model_copy(update={"bars": bars.model_copy(update={"end_utc": end})})


def _refuse_other_world(model: PolicyModel, tape: Tape) -> None:
    other = set(tape.symbols) - set(model.card.universe)
    if model.card.timeframe is not tape.timeframe or other:
        raise UsageFault(
            f"The policy {model.name} was trained on {model.card.timeframe} bars of {', '.join(model.card.universe)}, and these "
            f"are {tape.timeframe} bars of {', '.join(tape.symbols)}. Nothing was judged. Give its bars."
        )


def _read(world: World, tape: Tape, *, quiet: bool) -> Proposals:
    with Progress(len(tape), "bars", None if quiet else sys.stderr, after_s=2.0) as shown:
        return read_proposals(world, shown.advance, tape=tape)


def _counted(model: PolicyModel | None, plan: TrainingPlan | None, world: World, tape: Tape) -> int:
    """Count this verdict durably before anything is run: trainings and verdicts on bars like these so far. Raises OutputFault."""
    settings = world.settings
    about = {
        "settings": parameters_of(settings, read_own(settings.strategies)),
        "verdict": None if model is None else model.sha256,
        "plan": None if plan is None else plan.model_dump(mode="json"),
    }
    book = TrialBook(state_folder() / POLICIES_FILE)
    try:
        return book.count(scope_of(tape), "evaluate", [parameters_hash(about)], _now()).overlapping
    finally:
        book.close()


def _write_verdict(folder: Path, model: PolicyModel, judgement: Judgement, found: CrossValidated, seed: int) -> None:
    promise = promise_of(found.arm(PPO), seed)
    told = {
        "format": 1,
        "model_sha256": model.sha256,
        "at_utc": _now().isoformat(),
        "passed": judgement.passed,
        "why": judgement.why,
        "promise": None if promise is None else promise.model_dump(mode="json"),
        "judgement": judgement.model_dump(mode="json"),
    }
    write_output(folder / VERDICT, (json.dumps(told, indent=1) + "\n").encode())


def _now() -> datetime:
    return SystemClock().now()
