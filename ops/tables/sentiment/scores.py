"""Table of the scorers against labels."""

import sys

from evidence.scores.quality import MAJORITY, ScoreReport
from ops.tables.grid import Grid, open_console

_NOTE = (
    f"The {MAJORITY} says for every text what most texts of the set are labelled. Macro-F1 is the mean over the labels, so that "
    "saying always the same is worth little. Opposite: of the texts labelled good or bad, those that got the opposite. Silent: "
    "texts without a known word, which count as neutral here."
)


def show_scores(report: ScoreReport, *, as_json: bool) -> None:
    """Print the report on stdout: a table, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_grid(report).table())
    console.print(_NOTE)


def scores_markdown(report: ScoreReport) -> str:
    """The same for a document."""
    return f"{_grid(report).markdown()}\n{_NOTE}\n"


def _grid(report: ScoreReport) -> Grid:
    rows = []
    for one in report.sets:
        shares = " / ".join(f"{share:.0%}" for share in one.shares.values())
        for place, found in enumerate(one.found):
            first = (f"{one.name} ({one.by})", f"{one.texts:,}", shares) if place == 0 else ("", "", "")
            figures = (found.accuracy, found.macro_f1, found.opposite, found.silent)
            rows.append((*first, found.scorer, *(f"{figure:.3f}" for figure in figures)))
    names = ("Data", "Texts", "Bad / neutral / good", "Scorer", "Accuracy", "Macro-F1", "Opposite", "Silent")
    return Grid(
        "Scores against labels", names, tuple(rows), left=4, yields=("Bad / neutral / good", "Silent", "Opposite")
    )
