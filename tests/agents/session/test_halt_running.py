"""The kill switch used on sessions in other processes: mid-run, with the journal locked, over kill -9 and restart."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from halt_support import command, halts, journaled, started, wait_for_journal
from run_support import said

from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from agents.replay import main as replay
from agents.run import main
from execution.kill_switch.halting import HaltEvent
from execution.reports import SentOrder
from risk.order import Order, Purpose

pytestmark = pytest.mark.slow

LONG = ("--days", "300")  # longer than two starts of a command take


def wait_for_halt(out: Path) -> None:
    """Until the halt is on disk: a session that is killed before has it to see again."""
    for _ in range(1200):
        with closing(sqlite3.connect(f"file:{out / 'journal.db'}?mode=ro", uri=True)) as database:
            if database.execute("SELECT count(*) FROM events WHERE kind LIKE 'halt@%'").fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the halt never reached the journal")


def bought_after(events: list[Recorded]) -> list[Order]:
    place = next(index for index, event in enumerate(events) if isinstance(event.event, HaltEvent))
    orders = said(events[place:], SentOrder)
    return [order for order in orders if order.purpose is Purpose.ENTRY]


def bars_before(events: list[Recorded]) -> int:
    place = next(index for index, event in enumerate(events) if isinstance(event.event, HaltEvent))
    return sum(isinstance(event.event, CycleRecord) for event in events[:place])


def test_a_running_session_is_flat_soon_after_the_command_and_replays_to_the_byte(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = started(out, *LONG)
    wait_for_journal(out)
    done = command("agents.halt", "--flatten", "--reason", "a drill", "--json")
    assert done.returncode == 0, done.stderr
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert "The kill switch fell" in stderr
    assert "the account is flat" in stdout
    events = journaled(out)
    assert bars_before(events) > 50
    assert bought_after(events) == []
    assert [event.action for event in halts(out)] == ["halted", "flat"]
    assert halts(out)[0].halts[0].why == "a drill"
    end = events[-1].event
    assert end.portfolio.positions == ()
    assert json.loads((out / "summary.json").read_text())["kill_switch"] == {
        "halted": 1, "resumed": 0, "down_at_end": True, "flat": True,
    }  # fmt: skip
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.long
def test_it_works_while_another_process_holds_the_journal_and_the_session_obeys_when_it_can_write_again(
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"
    process = started(out, *LONG)
    wait_for_journal(out)
    with closing(sqlite3.connect(out / "journal.db", isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        (last,) = other.execute("SELECT max(seq) FROM events").fetchone()
        done = command("agents.halt", "--reason", "the journal is locked")
        time.sleep(0.5)
        other.execute("ROLLBACK")
    assert done.returncode == 0, done.stderr
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    events = journaled(out)
    assert len(events) > last
    assert bought_after(events) == []
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.long
def test_it_holds_over_kill_9_and_the_session_that_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = started(out, *LONG)
    wait_for_journal(out)
    process.kill()
    process.communicate(timeout=300)
    got = journaled(out)
    assert all(not isinstance(event.event, HaltEvent) for event in got)
    assert command("agents.halt", "--flatten", "--reason", "it crashed").returncode == 0
    assert main([*LONG, "--resume", str(out), "--quiet"]) == 0
    events = journaled(out)
    assert events[: len(got)] == got
    assert bought_after(events) == []
    assert halts(out)[-1].action == "flat"
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.long
def test_a_halted_run_that_is_killed_and_resumed_relives_the_halt_and_then_the_resume(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = started(out, *LONG)
    wait_for_journal(out, 300_000)
    assert command("agents.halt", "--reason", "wait").returncode == 0
    wait_for_halt(out)
    process.kill()
    process.communicate(timeout=300)
    assert [event.action for event in halts(out)] == ["halted"]
    assert command("agents.unhalt", "--reason", "go on").returncode == 0
    assert main([*LONG, "--resume", str(out), "--quiet"]) == 0
    assert [event.action for event in halts(out)] == ["halted", "resumed"]
    assert halts(out)[1].lifted[0].why == "go on"
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.long
def test_a_latch_damaged_while_a_session_runs_halts_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = started(out, *LONG)
    wait_for_journal(out)
    (tmp_path / "state" / "halt").mkdir(exist_ok=True)
    (tmp_path / "state" / "halt" / "all.latch").write_bytes(b"\x00garbage")
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    events = journaled(out)
    assert bought_after(events) == []
    assert "counts as latched" in stderr
    refused = [h.verdict.binding_rule for e in events if isinstance(e.event, CycleRecord) for h in e.event.hearings]
    assert "kill_switch" in refused
    assert replay([str(out), "--quiet"]) == 0
