"""Prints what the recorded courts hold: who spoke and what went wrong, what each role's word was worth, and how good the
stated convictions were. README.md here and docs/calibration.md quote it.

    python tests/replay/show.py [--markdown]
"""

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[1] / "support" / folder) for folder in ("", "court", "account"))

from recorded_court import Window, read_window
from recorded_past import hearing_run_of, read_past

from agents.llm.attempt import ROLES, AttemptOutcome
from evidence.rulings.calibration import calibrate
from evidence.rulings.hearings import HearingRun
from evidence.rulings.worth import RoleWorth, attribute
from evidence.statistics.totals import Interval
from ops.tables.grid import Grid
from ops.tables.plain import DASH
from ops.tables.run import open_console
from risk.calibration import SHRINK_K

HERE = Path(__file__).resolve().parent
NAMES = tuple(sorted(path.name.partition(".")[0] for path in HERE.glob("*.outcomes.json")))
LEAST = 5
"""Outcomes below which a win rate is not worth printing."""


def taken(window: Window) -> int:
    """Decisions in which the model answered in at least one role, and its word was taken."""
    answered = {
        attempt.decision_id
        for docket in window.dockets
        for attempt in docket.attempts
        if attempt.outcome is AttemptOutcome.OK
    }
    heard = {hearing.case.decision_id for docket in window.dockets for hearing in docket.hearings}
    return len(answered & heard)


def in_all_roles(window: Window) -> tuple[int, int]:
    """Decisions in which the model was asked in each of the four roles, and those in which it was heard in each."""
    asked, heard = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for docket in window.dockets:
        for attempt in docket.attempts:
            if not attempt.outcome.startswith("skipped"):
                asked[attempt.decision_id].add(attempt.role)
            if attempt.outcome is AttemptOutcome.OK:
                heard[attempt.decision_id].add(attempt.role)
    full, whole = [sum(roles == set(ROLES) for roles in each.values()) for each in (asked, heard)]
    return full, whole


def contents(windows: dict[str, Window]) -> Grid:
    """What each window holds."""
    rows: list[tuple[str, ...]] = []
    for name, window in windows.items():
        attempts = [attempt for docket in window.dockets for attempt in docket.attempts]
        went = Counter(attempt.outcome for attempt in attempts if attempt.outcome is not AttemptOutcome.OK)
        roles = dict.fromkeys(attempt.role for attempt in attempts if attempt.outcome is AttemptOutcome.OK)
        rows.append(
            (
                name,
                str(sum(len(docket.hearings) for docket in window.dockets)),
                str(taken(window)),
                *map(str, in_all_roles(window)),
                ", ".join(role.replace("_", " ") for role in roles) or "nobody",
                ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in sorted(went.items()))
                or "nothing",
            )
        )
    sums = [sum(int(row[place]) for row in rows) for place in (1, 2, 3, 4)]
    rows.append(("together", *map(str, sums), "", ""))
    columns = ("Window", "decisions", "answered", "asked in four", "heard in four", "the model was", "what went wrong")
    return Grid("Recorded courts", columns, tuple(rows), prose=(5, 6))


def worths(runs: dict[str, HearingRun]) -> Grid:
    """What the supervisor's word changed, and what that was worth."""
    rows = []
    for name, run in runs.items():
        found = {role.role: role for role in attribute([run]).roles}["supervisor"]
        told = (str(found.heard), str(found.lowered), str(found.raised), str(found.settled))
        rows.append((name, *told, *_worth(found)))
    columns = ("Window", "heard", "lowered", "raised", "known", "USDT [95 %]", "bps a case [95 %]")
    return Grid("Rulings with the supervisor's word against those without it", columns, tuple(rows))


def _worth(found: RoleWorth) -> tuple[str, str]:
    if found.quote is None or found.bps is None:
        return DASH, DASH
    return _span(found.quote), _span(found.bps)


def _span(found: Interval) -> str:
    """With its interval, where there are blocks enough to draw one."""
    value, low, high = (f"{each:+.1f}" for each in (found.value, found.low, found.high))
    return value if low == high else f"{value} [{low}, {high}]"


def scores(runs: dict[str, HearingRun]) -> Grid:
    """How good the convictions were, for each speaker with a few outcomes."""
    rows = []
    for name, run in runs.items():
        for each in calibrate([run], SHRINK_K).speakers:
            made = each.figures
            mind, _, role = each.speaker.rpartition("/")
            if made.n >= LEAST and role in ROLES:
                always = made.base_rate * (1 - made.base_rate)
                speaker = f"{'rules' if mind == 'rules' else 'model'} as {role.replace('_', ' ')}"
                rows.append((name, speaker, str(made.n), f"{made.base_rate:.0%}", f"{made.brier:.3f}", f"{always:.3f}"))
    columns = ("Window", "speaker", "n", "won", "Brier score", "of the base rate")
    return Grid("Stated convictions against outcomes; lower is better", columns, tuple(rows), left=2)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(prog="python tests/replay/show.py", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="as Markdown")
    markdown = parser.parse_args().markdown
    windows = {name: read_window(HERE / f"{name}.jsonl") for name in NAMES}
    runs = {name: hearing_run_of(name, window, read_past(HERE / f"{name}.jsonl")) for name, window in windows.items()}
    for grid in (contents(windows), worths(runs), scores(runs)):
        if markdown:
            print(grid.markdown())
        else:
            open_console(sys.stdout).print(grid.table())


if __name__ == "__main__":
    main()
