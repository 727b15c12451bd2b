"""Each row of the fault plan raises its alert within ten seconds, or says why it needs none; the table stands in docs/runbook.md.

`ALERT_TABLE=FILE` writes the table of a run of all rows.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_alerts import FAULTS, Raised, line
from fault_scenes import LIVE, Scene, first
from kept_journals import KEY
from matrix import ROWS
from receivers import web

from agents.records.record import Session
from config.clock import SystemClock
from ops.live.woken.catalogue import BY_CODE
from ops.live.woken.channel import Channel
from ops.live.woken.routes import routes_of
from ops.live.woken.waking import Waking

WITHIN_S = 10.0
RAISED = [number for number, row in FAULTS.items() if isinstance(row, Raised)]
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"


@pytest.mark.slow
@pytest.mark.parametrize("number", RAISED)
def test_a_fault_raises_its_alert(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path))
    row = FAULTS[number]
    assert isinstance(row, Raised)
    with web() as server:
        (route,) = routes_of([f"info={server.url()}"], None)
        with Waking([Channel(route, "live-001", print)], SystemClock(), print) as waking:
            waking.hear(first(LIVE, Session).model_copy(update={"start_utc": SystemClock().now()}), past=False)
            scene = Scene(waking, tmp_path, server.url())
            row.happens(scene)
            got = server.until(1, row.code)[0]
    seconds = got.at - scene.began
    record_property("seconds", seconds)
    if place := os.environ.get("ALERT_TABLE"):
        with Path(place).open("a") as table:
            table.write(f"{line(number, f'{seconds:.1f}')}\n")
    assert 0 <= seconds < WITHIN_S


def test_every_row_of_the_plan_has_its_alert_or_a_reason_and_stands_in_the_runbook() -> None:
    assert list(FAULTS) == list(ROWS)
    assert {row.code for row in FAULTS.values() if isinstance(row, Raised)} <= BY_CODE.keys()
    text = RUNBOOK.read_text()
    beginnings = [line(number, "").removesuffix("|").rstrip().removesuffix("|").rstrip() for number in FAULTS]
    assert [each for each in beginnings if each not in text] == []
