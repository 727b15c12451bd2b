"""The end of a run: read its journal back, write summary, report and tables, and say on stdout what happened."""

import sys
from collections.abc import Sequence
from pathlib import Path

from agents.memory.outcomes import HORIZON_BARS
from evidence.rulings.hearings import read_hearings
from evidence.rulings.worth import attribute
from ops.conclusion.closing import REPORT, last_words, replay_line
from ops.exports.write import write_exports
from ops.report.page import write_report
from ops.story.groups import TITLES, By, grouped
from ops.story.story import Story, read_story
from ops.story.summary import Summary, summarise, write_summary
from ops.story.trips import trips_of_story
from ops.tables.grid import open_console
from ops.tables.judgement import Judgement, parts_grid, show_judgement
from ops.tables.run import print_tables

_MOST_ATTRIBUTED = 3000
"""Hearings above which the report leaves attribution to its command: each is ruled again once for each role."""


def finish(folder: Path, key: bytes, *, as_json: bool, judged: Judgement | None = None) -> None:
    """Write the files of a run from the journal (and what was judged), and print the tables, or the summary as JSON."""
    story, summary = leave(folder, key, judged)
    if as_json:
        sys.stdout.write(summary.model_dump_json(indent=2) + "\n")
        return
    tell(folder, story, summary, judged)


def tell(folder: Path, story: Story, summary: Summary, judged: Judgement | None, groups: Sequence[By] = ()) -> None:
    """Print the tables of a run, its judgement, its trades by `groups`, then the verdict, the next step and the report's path."""
    print_tables(story, summary)
    if judged is not None:
        show_judgement(judged)
    print_groups(story, groups)
    sys.stdout.write(f"\n{last_words(folder, summary, judged)}")


def print_groups(story: Story, groups: Sequence[By]) -> None:
    """Print the closed trades of a run on stdout, a table for each group."""
    trips, console = trips_of_story(story), open_console(sys.stdout)
    for by in groups:
        console.print(parts_grid(TITLES[by], grouped(trips, by)).table() if trips else "No trade was closed.")
        if not trips:
            return


def leave(folder: Path, key: bytes, judged: Judgement | None = None) -> tuple[Story, Summary]:
    """Write summary.json, report.html and the exported tables from the journal; `judged` goes into the report too."""
    story = read_story(folder, key)
    summary = summarise(story)
    write_summary(folder / "summary.json", summary)
    write_exports(folder, story)
    few = 0 < summary.hearings <= _MOST_ATTRIBUTED
    worth = attribute([read_hearings(folder, key, HORIZON_BARS)]) if few else None
    write_report(folder / REPORT, story, summary, worth, judged, replay=replay_line(folder))
    return story, summary
