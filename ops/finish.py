"""The end of a run: read its journal back, write summary and report, and say on stdout what happened."""

import shlex
import shutil
import sys
from pathlib import Path

from agents.memory.outcomes import HORIZON_BARS
from evidence.rulings.hearings import read_hearings
from evidence.rulings.worth import attribute
from ops.report.page import write_report
from ops.story.story import Story, read_story
from ops.story.summary import Summary, summarise, write_summary
from ops.tables.judgement import Judgement
from ops.tables.run import print_tables

_MOST_ATTRIBUTED = 3000
"""Hearings above which the report leaves attribution to its command: each is ruled again once for each role."""


def finish(folder: Path, key: bytes, *, as_json: bool, judged: Judgement | None = None) -> None:
    """Write summary.json and report.html from the journal (and what was judged), and print the tables, or the summary as JSON."""
    story, summary = leave(folder, key, judged)
    if as_json:
        sys.stdout.write(summary.model_dump_json(indent=2) + "\n")
        return
    print_tables(story, summary)
    sys.stdout.write(f"\nReport: {folder / 'report.html'}\nReplay: {_tribunal()} replay {shlex.quote(str(folder))}\n")


def leave(folder: Path, key: bytes, judged: Judgement | None = None) -> tuple[Story, Summary]:
    """Write summary.json and report.html from the journal; `judged` goes into the report too."""
    story = read_story(folder, key)
    summary = summarise(story)
    if summary.models is not None and not any("/" in name for name in summary.minds):
        sys.stderr.write("No model gave a single word in this run; the report's Models section says why.\n")
    write_summary(folder / "summary.json", summary)
    few = 0 < summary.hearings <= _MOST_ATTRIBUTED
    worth = attribute([read_hearings(folder, key, HORIZON_BARS)]) if few else None
    write_report(folder / "report.html", story, summary, worth, judged)
    return story, summary


def _tribunal() -> str:
    """The console script as the user would type it: by its path where that is not the first one on PATH."""
    script = Path(sys.executable).with_name("tribunal")
    if shutil.which("tribunal") == str(script):
        return "tribunal"
    if not script.is_file():
        return f"{sys.executable} -m ops.commands.cli"
    here = Path.cwd()
    return str(script.relative_to(here)) if script.is_relative_to(here) else str(script)
