"""The last words of a command that ends in a run: the verdict, the next step and the path of the report.

They stand after all tables, because a terminal shows its last lines. A line that can be typed works from the present folder, and
is quoted as a shell needs it.
"""

import shlex
import shutil
import sys
from pathlib import Path

from ops.story.summary import Summary
from ops.tables.judgement import Judgement
from ops.tables.plain import count, listed, money, signed_percent

REPORT = "report.html"


def last_words(folder: Path, summary: Summary, judged: Judgement | None) -> str:
    """The verdict, the next step and, if it is there, the path of the report, a line each."""
    report = folder / REPORT
    lines = [f"Verdict: {verdict(summary, judged)}", f"Next: {next_step(folder, summary, judged)}"]
    return "\n".join([*lines, *([f"Report: {report}"] if report.is_file() else [])]) + "\n"


def verdict(summary: Summary, judged: Judgement | None) -> str:
    """What is to be thought of a run, in one or two sentences."""
    if not summary.identity.holds:
        return "the books do not add up, so nothing in this run can be trusted."
    grown = summary.growth.total_return
    made = (
        f"{money(summary.starting_cash)} {summary.quote} became {money(summary.final_equity)} ({signed_percent(grown)}; "
        f"buy and hold {signed_percent(summary.market_return)}) in {count(summary.trades.closed, 'closed trade')}."
    )
    return " ".join([*_unfinished(summary), made, *_gates(judged)])


def next_step(folder: Path, summary: Summary, judged: Judgement | None) -> str:
    """What to type next, and what it does."""
    if not summary.identity.holds:
        return f"{replay_line(folder)}  (compares every event with a second computation)"
    if summary.ended != "completed":
        return f"{typed('run', '--resume', folder)}  (goes on from there, to the end of an unbroken run)"
    if judged is not None and not judged.readiness.passed:
        return f"{typed('show', folder, '--by', 'strategy', 'exit')}  (shows what earned and what lost)"
    return f"{replay_line(folder)}  (recomputes every decision)"


def replay_line(folder: Path) -> str:
    """How to replay a run from the present folder."""
    return typed("replay", folder)


def typed(command: str, *arguments: str | Path) -> str:
    """A command line of `tribunal`, quoted for a shell."""
    return f"{_tribunal()} {command} {shlex.join(map(_argument, arguments))}"


def _argument(argument: str | Path) -> str:
    text = str(argument)
    return f"./{text}" if isinstance(argument, Path) and text.startswith("-") else text


def _unfinished(summary: Summary) -> list[str]:
    if summary.ended == "completed":
        return []
    how = "was stopped" if summary.ended == "interrupted" else "was cut short (killed, or it still runs)"
    planned = "" if summary.planned_bars is None else f" of {summary.planned_bars:,}"
    return [f"this run {how} after {count(summary.bars, 'bar')}{planned}."]


def _gates(judged: Judgement | None) -> list[str]:
    if judged is None:
        return []
    gates = judged.readiness.gates
    missed = tuple(gate.name.replace("_", " ") for gate in gates if not gate.passed)
    if not missed:
        return ["Every gate before paper trading is passed."]
    return [f"Not ready for paper trading: {listed(missed)} {'is' if len(missed) == 1 else 'are'} not passed."]


def _tribunal() -> str:
    """The console script as the user would type it: by its path where that is not the first one on PATH."""
    script = Path(sys.executable).with_name("tribunal")
    if shutil.which("tribunal") == str(script):
        return "tribunal"
    if not script.is_file():
        return f"{shlex.quote(sys.executable)} -m ops.commands.cli"
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here)) if script.is_relative_to(here) else str(script))
