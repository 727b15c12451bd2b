"""What `evidence.quality` does: measure the quality monitor on a folder of recorded bars, and show recall and precision.

`--relabel` writes the labels of the listed hits instead. The folder of an output is looked at before the long work.
"""

import argparse
import sys
from pathlib import Path

from config.errors import UsageFault
from config.progress import short_work
from config.reading.load import load_profile
from evidence.quality.figures import Crash, QualityReport, Score, together
from evidence.quality.hits import read_feeds, read_hits
from evidence.quality.labelling import label_all
from evidence.quality.labels import labels_text
from evidence.quality.measure import STEPS, measure
from ops.commands.requests import settings_asked
from ops.files import write_output, write_tables
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, listed, percent

_COLUMNS = ("Fault", "from", "cases", "found", "false", "recall", "precision")
_NOTE = (
    "hits: the list of the folder, where real moves are negatives. put in: seeded faults in clean stretches of markets that were "
    "not used for tuning. Found: the monitor named it. False: it named what is none, anywhere in the bars. The halves of the bad "
    "prints are counted in the row above them."
)


def quality_command(arguments: argparse.Namespace) -> int:
    """Measure, or label; returns the exit code. Raises TribunalError."""
    folder = Path(arguments.data)
    if not folder.is_dir():
        raise UsageFault(
            f"--data {arguments.data} is no folder; nothing was measured. Give the folder of recorded bars."
        )
    if arguments.seed < 0:
        raise UsageFault(f"--seed must not be negative; it is {arguments.seed}. Nothing was measured.")
    for option, given in (("--relabel", arguments.relabel), ("--markdown", arguments.markdown)):
        if given and not Path(given).parent.is_dir():
            raise UsageFault(f"{option} {given}: its folder does not exist. Nothing was measured.")
    if arguments.relabel:
        return _relabel(folder, Path(arguments.relabel))
    settings = load_profile(arguments.profile, settings_asked(arguments.set)).quality
    with short_work(quiet=arguments.quiet)(STEPS, "parts") as shown:
        report = measure(folder, settings, arguments.seed, shown.advance)
    write_tables(arguments.markdown, quality_markdown(report))
    if arguments.json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return 0
    console = open_console(sys.stdout)
    console.print(_said(report))
    for grid in grids(report):
        console.print(grid.table())
    console.print(_NOTE)
    console.print(_pegs(report))
    return 0


def _relabel(folder: Path, path: Path) -> int:
    hits = read_hits(folder)
    labelled = list(label_all(hits, read_feeds(folder, sorted({hit.file for hit in hits}))))
    write_output(path, labels_text(labelled).encode())
    sys.stderr.write(f"{len(labelled)} jumps and wide bars of {len(hits)} hits were labelled: {path}\n")
    return 0


def quality_markdown(report: QualityReport) -> str:
    """Return what is printed as Markdown."""
    tables = (grid.markdown() for grid in grids(report))
    return "\n".join([_said(report) + "\n", *tables, _NOTE + "\n", _pegs(report) + "\n"])


def grids(report: QualityReport) -> tuple[Grid, Grid]:
    """Return recall and precision by kind of fault, and what was said in real crashes."""
    every = (*report.hits, *report.put_in)
    judged = tuple(each for each in every if each.kind not in ("gap", "zero volume"))
    halves = (report.tuning, report.test)
    rows = (
        *report.hits,
        *halves,
        *report.put_in,
        together("all", "", every),
        together("all but gap and zero", "", judged),
    )
    return (
        Grid("Recall and precision", _COLUMNS, tuple(map(_row, rows)), left=2),
        Grid(
            "Real crashes",
            ("Days", "markets", "bars", "large moves used", "called bad prints"),
            tuple(map(_crash, report.crashes)),
            prose=(4,),
        ),
    )


def _said(report: QualityReport) -> str:
    return f"The quality monitor on {report.bars:,} recorded bars, seed {report.seed}."


def _pegs(report: QualityReport) -> str:
    if not report.depegs:
        return "No peg was lost in the recorded bars."
    return f"Pegs that were lost in the recorded bars: {listed(report.depegs)}."


def _row(score: Score) -> tuple[str, ...]:
    shares = (DASH if share is None else percent(share) for share in (score.recall, score.precision))
    return score.kind, score.source, f"{score.cases:,}", f"{score.found:,}", f"{score.false:,}", *shares


def _crash(crash: Crash) -> tuple[str, ...]:
    called = listed(crash.called) if crash.called else "none"
    return crash.name, f"{crash.markets}", f"{crash.bars:,}", f"{crash.large_moves}", called
