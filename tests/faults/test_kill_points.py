"""Sessions on an exchange over the wire, killed by SIGKILL at each write of the journal and each await of an order's life: they
come back, and again when they are killed while they come back. No order twice, none of nobody, nothing unprotected.

`KILL_POINTS` says how many points are tried (`make faults`: 0, which is all of them). The places are not listed by hand: one
session that nobody kills shows them (`tests/support/faults/kill_points.py`).
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fault_table import Kill, kill_table, size

DRIVER = Path(__file__).resolve().parents[1] / "support" / "faults" / "kill_driver.py"
SAMPLE = size("KILL_POINTS")
PARTS = 2

Told = list[dict[str, Any]]


def driven(folder: Path, part: int) -> Told:
    """What the driver tells of its part of the points."""
    asked = ["--sample", str(SAMPLE), "--again", "1", "--part", f"{part}/{PARTS}"]
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder), *asked], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def kills(told: Told) -> list[Kill]:
    """The last place at which each session was killed, whether it was coming back then, what was wrong, when it was safe."""
    return [
        (
            (each.get("again") or each["point"])[0], "again" in each, len(each["life"]["faults"]), each["life"]["safe_after_s"],
            each["life"]["worked_s"],
        )
        for each in told
        if "point" in each
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_its_points_a_session_comes_back_with_nothing_twice_lost_or_unprotected(
    tmp_path: Path, part: int, record_property: Callable[[str, object], None]
) -> None:
    told = driven(tmp_path, part)
    whole, listed, lives = told[0]["whole"], told[1], told[2:]
    print("\n".join(kill_table(kills(told))))
    print(f"{listed['points']} points, {len(lives)} lives in part {part} of {PARTS}")
    record_property("kills", kills(told))
    record_property("cases", len(lives))
    assert whole["faults"] == []
    assert listed["points"] > 200
    assert any("sender._created" in place for place in whole["reached"]), "also while an order is sent"
    wrong = [(each["point"], each.get("again"), each["life"]["faults"]) for each in lives if each["life"]["faults"]]
    assert wrong == []
    killed = [each["life"]["killed"] for each in lives]
    assert sum(bool(each) for each in killed) > 0.5 * len(killed), "most points are reached again"
