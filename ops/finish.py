"""The end of a run: read its journal back, write summary and report, and say on stdout what happened."""

import shutil
import sys
from pathlib import Path

from agents.outcomes import HORIZON_BARS
from agents.trials import read_trials
from agents.worth import attribute
from ops.judgement import Judgement
from ops.report import write_report
from ops.story import Story, read_story
from ops.summary import Summary, summarise, write_summary
from ops.tables import print_tables

_MOST_ATTRIBUTED = 3000
"""Hearings above which the report leaves attribution to its command: each is ruled again once for each role."""


def finish(folder: Path, key: bytes, *, as_json: bool, judged: Judgement | None = None) -> None:
    """Write summary.json and report.html from the journal (and what was judged), and print the tables, or the summary as JSON."""
    story, summary = leave(folder, key, judged)
    if as_json:
        sys.stdout.write(summary.model_dump_json(indent=2) + "\n")
        return
    print_tables(story, summary)
    sys.stdout.write(f"\nReport: {folder / 'report.html'}\nReplay: {_python()} -m agents.replay {folder}\n")


def leave(folder: Path, key: bytes, judged: Judgement | None = None) -> tuple[Story, Summary]:
    """Write summary.json and report.html from the journal; `judged` goes into the report too."""
    story = read_story(folder, key)
    summary = summarise(story)
    if summary.models is not None and not any("/" in name for name in summary.minds):
        sys.stderr.write("No model gave a single word in this run; the report's Models section says why.\n")
    write_summary(folder / "summary.json", summary)
    few = 0 < summary.hearings <= _MOST_ATTRIBUTED
    worth = attribute([read_trials(folder, key, HORIZON_BARS)]) if few else None
    write_report(folder / "report.html", story, summary, worth, judged)
    return story, summary


def _python() -> str:
    """The interpreter as the user would type it: by its path where that is not the first one on PATH."""
    running = Path(sys.executable)
    if shutil.which("python") == str(running):
        return "python"
    here = Path.cwd()
    return str(running.relative_to(here)) if running.is_relative_to(here) else str(running)
