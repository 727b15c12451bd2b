"""What `tribunal show` does: it reads a run's journal and prints what the run printed at its end, and its trades by group; or one
of its decisions."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from config.errors import UsageFault
from config.secrets import journal_key
from ops.conclusion.finish import print_groups, tell
from ops.exports.write import export_to
from ops.story.groups import By, grouped
from ops.story.story import Story, read_story
from ops.story.summary import Summary, summarise
from ops.story.trials.finding import decision_named, decisions_of, trial_in
from ops.story.trips import trips_of_story
from ops.tables.grid import open_console
from ops.tables.judgement import JUDGEMENT, Judgement
from ops.tables.trial.whole import show_trial, trial_json


def show_command(arguments: argparse.Namespace) -> int:
    """Show one run; returns the exit code. Raises TribunalError."""
    folder, key = Path(arguments.run), journal_key()
    refuse_other_key(journal_of(folder), key)
    story = read_story(folder, key)
    if arguments.decision is not None:
        return _show_decision(arguments, folder, key, story)
    if arguments.export is not None:
        export_to(Path(arguments.export), story)
    summary, judged = summarise(story), _judged(folder)
    if arguments.json:
        _print_json(story, summary, judged, _wanted(arguments.by))
        return 0
    if summary.ended == "cut short":
        planned = "" if summary.planned_bars is None else f" of {summary.planned_bars:,}"
        sys.stderr.write(
            f"This run was cut short: its journal ends after {summary.bars:,}{planned} bars, without a "
            "closing event. What it holds is shown.\n"
        )
    if arguments.by is None:
        tell(folder, story, summary, judged, groups=tuple(By) if judged is None else (By.HOUR,))
    else:
        print_groups(story, _wanted(arguments.by))
    return 0


def _show_decision(arguments: argparse.Namespace, folder: Path, key: bytes, story: Story) -> int:
    if arguments.by is not None or arguments.export is not None:
        raise UsageFault(
            "--by and --export are about a whole run, and a decision was named. Nothing was shown; leave one out."
        )
    trial = trial_in(folder, key, story, decision_named(arguments.decision, decisions_of(story), arguments.run))
    if arguments.json:
        sys.stdout.write(trial_json(trial))
    else:
        show_trial(trial, open_console(sys.stdout))
    return 0


def _wanted(by: Sequence[str] | None) -> tuple[By, ...]:
    """The groups that were asked for, in their own order; all of them without a word."""
    asked = by or ["all"]
    return tuple(each for each in By if "all" in asked or each.value in asked)


def _judged(folder: Path) -> Judgement | None:
    """What a backtest kept beside its journal; None for other runs, and for a form that this version does not know."""
    file = folder / JUDGEMENT
    try:
        return Judgement.model_validate_json(file.read_bytes()) if file.is_file() else None
    except (OSError, ValidationError):
        sys.stderr.write(f"{JUDGEMENT} cannot be read by this version, so its tables are left out.\n")
        return None


def _print_json(story: Story, summary: Summary, judged: Judgement | None, groups: Sequence[By]) -> None:
    trips = trips_of_story(story)
    by = {each.value: [part.model_dump(mode="json") for part in grouped(trips, each)] for each in groups}
    whole = summary.model_dump(mode="json") | {"by": by}
    if story.reviews:
        whole["reviews"] = [each._asdict() | {"as_of_utc": each.as_of_utc.isoformat()} for each in story.reviews]
    if story.court_reviews:
        whole["court_reviews"] = [
            each._asdict() | {"as_of_utc": each.as_of_utc.isoformat()} for each in story.court_reviews
        ]
    if judged is not None:
        whole["judgement"] = judged.model_dump(mode="json")
    sys.stdout.write(json.dumps(whole, indent=2) + "\n")
