"""The kill switch: the command, and what sessions make of it."""

import ctypes
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from halt_support import ROOT, FallsAt, command, halts, journaled, session
from hypothesis import given, settings
from hypothesis import strategies as st
from run_support import run, said

from agents.halt import main as halt
from agents.records.record import CycleRecord, SessionEnd
from agents.records.registry import Recorded
from agents.replay import main as replay
from agents.unhalt import main as resume
from config.frozen import Journaled
from execution.kill_switch.halting import HaltEvent
from execution.kill_switch.latch import ALL, LatchFolder
from execution.reports import Fill, SentOrder, VenueWord
from risk.order import Order, Purpose

HEAVY = {"pydantic", "numpy", "yaml", "sqlalchemy", "langgraph", "pandas", "config.settings", "agents.run"}


@pytest.fixture
def folder(tmp_path: Path) -> LatchFolder:
    return LatchFolder(tmp_path / "state")


def bought(events: list[Recorded]) -> list[Order]:
    orders = said(events, SentOrder)
    return [order for order in orders if order.purpose is Purpose.ENTRY]


def test_it_loads_nothing_heavy_and_costs_little() -> None:
    code = (
        "import sys, resource; from agents.halt import main; main(['--reason', 'cost']);"
        f"print(sorted({HEAVY!r} & set(sys.modules)), resource.getrusage(resource.RUSAGE_SELF).ru_utime < 0.3)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "[] True"


def test_it_works_with_nothing_there_and_says_how_to_lift_it(
    folder: LatchFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt(["--reason", "too  hot\n\x1b[31m"]) == 0
    assert "tribunal unhalt --reason TEXT" in capsys.readouterr().out
    latch = folder.read(ALL)
    assert latch is not None
    assert (latch.why, latch.flatten) == ("too hot [31m", False)


def test_halting_twice_is_no_fault_and_only_adds_flatten(
    folder: LatchFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt(["--reason", "first"]) == 0
    assert halt(["--reason", "second", "--flatten", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["already"], told["why"], told["flatten"], told["lost"]) == (True, "first", True, [])
    assert len((folder.path / "log.jsonl").read_text().splitlines()) == 2


def test_a_profile_that_does_not_exist_is_refused_because_a_latch_for_it_would_stop_nobody(
    folder: LatchFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt(["--profile", "papr"]) == 2
    assert "Did you mean paper?" in capsys.readouterr().err
    assert folder.standing() == ()


def test_a_state_folder_that_cannot_be_written_is_said_loudly_with_its_own_exit_code(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o500)
    done = command("agents.halt", preexec_fn=_obey_permissions)
    assert done.returncode == 5
    assert done.stderr.startswith("NOT HALTED")
    assert "Traceback" not in done.stderr


def _obey_permissions() -> None:
    """Take from root what lets it write anywhere (CAP_DAC_OVERRIDE, from the bounding set); nothing for other users."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@pytest.mark.parametrize("arguments", [[], ["--reason", " \n "]])
def test_without_a_reason_nothing_is_resumed(
    folder: LatchFolder, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt([]) == 0
    try:
        code: object = resume(arguments)
    except SystemExit as left:
        code = left.code
    assert code == 2
    assert folder.read(ALL) is not None


def test_a_resume_that_cannot_be_logged_leaves_the_latch_down(
    folder: LatchFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt([]) == 0
    (folder.path / "log.jsonl").unlink()
    (folder.path / "log.jsonl").mkdir()
    assert resume(["--reason", "all is well"]) == 5
    assert folder.read(ALL) is not None


def test_resuming_a_profile_says_when_the_latch_for_all_still_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert halt([]) == 0
    assert halt(["--profile", "paper"]) == 0
    assert resume(["--profile", "paper", "--reason", "mended"]) == 1
    assert resume(["--reason", "mended"]) == 0
    assert resume(["--reason", "again"]) == 0


@pytest.mark.slow
def test_a_session_that_starts_halted_says_so_opens_nothing_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert halt(["--reason", "stay out"]) == 0
    assert run(tmp_path / "run", "--days", "3") == 0
    told = capsys.readouterr()
    assert "The kill switch is down" in told.err
    assert "tribunal unhalt --reason TEXT" in told.err
    events = journaled(tmp_path / "run")
    assert bought(events) == []
    hearings = [h for e in events if isinstance(e.event, CycleRecord) for h in e.event.hearings]
    assert hearings
    assert {hearing.verdict.binding_rule for hearing in hearings} == {"kill_switch"}
    assert all("stay out" in hearing.verdict.rules[1].note for hearing in hearings)
    assert resume(["--reason", "the replay reads no latch"]) == 0
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_resume_and_its_reason_are_in_the_journal_of_the_next_session_and_of_no_other(tmp_path: Path) -> None:
    assert run(tmp_path / "before", "--days", "2") == 0
    assert halt([]) == 0
    assert resume(["--reason", "the venue is back"]) == 0
    for name in ("next", "later"):
        assert run(tmp_path / name, "--days", "2") == 0
    (event,) = halts(tmp_path / "next")
    assert (event.action, event.lifted[0].why) == ("resumed", "the venue is back")
    assert halts(tmp_path / "later") == []
    assert journaled(tmp_path / "later")[-1].mac == journaled(tmp_path / "before")[-1].mac
    assert replay([str(tmp_path / "next"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_latch_for_one_profile_does_not_stop_another(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: paper\n")
    assert halt(["--profile", str(mine)]) == 0
    assert run(tmp_path / "paper", "--days", "2") == 0
    assert halts(tmp_path / "paper") == []
    assert run(tmp_path / "mine", "--days", "2", "--profile", str(mine)) == 0
    assert [event.action for event in halts(tmp_path / "mine")] == ["halted"]


class Untouched(NamedTuple):
    """A session that nobody halted: its events, and how many of them there were at each look at the switch."""

    events: list[Recorded]
    looks: list[int]

    def look_after(self, kind: type[Journaled], what: bytes) -> int:
        """The first look after an event; looks are counted from 1."""
        place = next(e.seq for e in self.events if isinstance(e.event, kind) and what in e.payload)
        return next(number for number, count in enumerate(self.looks, 1) if count >= place)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    folder = tmp_path_factory.mktemp("untouched")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
        looks: list[int] = []
        session(folder / "run", looks=looks)
        found = Untouched(journaled(folder / "run"), looks)
    assert len(bought(found.events)) >= 2
    return found


def fills(events: list[Recorded]) -> list[Fill]:
    words = said(events, VenueWord)
    return [fill for word in words for fill in word.report.fills]


def halted_at(out: Path, look: int, *, flatten: bool = False) -> tuple[list[Recorded], list[Recorded], SessionEnd]:
    """A session that is halted at a look: its events before, and those from the halt on. It replays."""
    end = session(out, FallsAt(look, flatten=flatten))
    events = journaled(out)
    place = next(index for index, event in enumerate(events) if isinstance(event.event, HaltEvent))
    assert replay([str(out), "--quiet"]) == 0
    assert bought(events[place:]) == []
    assert all(fill.purpose is not Purpose.ENTRY for fill in fills(events[place:]))
    return events[:place], events[place:], end


@pytest.mark.slow
def test_an_entry_between_intent_and_fill_is_withdrawn(tmp_path: Path, untouched: Untouched) -> None:
    entry = bought(untouched.events)[0]
    look = untouched.look_after(SentOrder, entry.order_id.encode())
    before, after, _ = halted_at(tmp_path / "run", look)
    assert [type(event.event) for event in before] == [type(event.event) for event in untouched.events[: len(before)]]
    words = said(after, VenueWord)
    assert words[0].asked == f"cancel {entry.order_id}"
    assert words[0].report.states[0].status == "cancelled"


@pytest.mark.slow
def test_an_entry_between_verdict_and_intent_never_leaves_and_its_verdict_is_taken_back(
    tmp_path: Path, untouched: Untouched
) -> None:
    entry = bought(untouched.events)[0]
    place = next(
        e.seq for e in untouched.events if isinstance(e.event, SentOrder) and entry.order_id.encode() in e.payload
    )
    look = max(number for number, count in enumerate(untouched.looks, 1) if count < place)
    before, after, _ = halted_at(tmp_path / "run", look)
    assert len(before) == place - 1
    record = said(after, CycleRecord)[0]
    (hearing,) = [h for h in record.hearings if h.case.decision_id == entry.decision_id]
    assert hearing.verdict.binding_rule == "kill_switch"
    assert hearing.verdict.order is None
    assert {"kill_switch", "tail_check"} <= {rule.code for rule in hearing.verdict.rules if rule.reaction == "pass"}
    assert record.portfolio.pending_notional == {}


@pytest.mark.slow
def test_what_is_held_keeps_its_stop_without_flatten(tmp_path: Path, untouched: Untouched) -> None:
    look = untouched.look_after(VenueWord, b'"purpose":"entry"')
    _, after, _ = halted_at(tmp_path / "run", look)
    records = said(after, CycleRecord)
    held = [position for record in records for position in record.portfolio.positions]
    assert held
    assert all(position.stop_price is not None for position in held)
    assert all(not exit_.why.startswith("kill switch") for record in records for exit_ in record.exits)


@pytest.mark.slow
def test_with_flatten_what_is_held_is_sold_and_flat_is_said_only_after_the_fill(
    tmp_path: Path, untouched: Untouched
) -> None:
    look = untouched.look_after(VenueWord, b'"purpose":"entry"')
    _, after, end = halted_at(tmp_path / "run", look, flatten=True)
    records = said(after, CycleRecord)
    assert any(exit_.why.startswith("kill switch") for exit_ in records[0].exits)
    assert end.portfolio.positions == ()
    assert [event.action for event in halts(tmp_path / "run")] == ["halted", "flat"]
    sold = next(
        i for i, event in enumerate(after) if isinstance(event.event, VenueWord) and b'"trade_id"' in event.payload
    )
    told = next(i for i, event in enumerate(after) if isinstance(event.event, HaltEvent) and b'"flat"' in event.payload)
    assert told > sold > 0
    protected = [r.portfolio.positions for r in records if r.portfolio.positions]
    assert len(protected) <= 1, "sold at the next open"


@pytest.mark.slow
def test_flat_is_not_said_where_the_venue_has_not_sold(tmp_path: Path, untouched: Untouched) -> None:
    last = next(
        e.seq for e in reversed(untouched.events) if isinstance(e.event, VenueWord) and b'"trade_id"' in e.payload
    )
    assert last < len(untouched.events)
    record = next(
        r for e in untouched.events if isinstance(e.event, CycleRecord)
        for r in [e.event] if r.portfolio.positions
    )  # fmt: skip
    out = tmp_path / "run"
    session(out, FallsAt(untouched.look_after(CycleRecord, f'"bar":{record.bar},'.encode()), flatten=True))
    events = journaled(out)
    flat = next(event.seq for event in events if isinstance(event.event, HaltEvent) and b'"flat"' in event.payload)
    held: dict[str, Decimal] = {}
    for fill in fills([event for event in events if event.seq < flat]):
        held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + (
            fill.quantity if fill.side == "buy" else -fill.quantity
        )
    assert set(held.values()) == {Decimal(0)}


@pytest.mark.slow
@settings(max_examples=6)
@given(down=st.integers(1, 100), lasts=st.integers(1, 40), flatten=st.booleans())
def test_whenever_it_falls_and_is_lifted_nothing_is_bought_meanwhile_and_the_run_replays(
    down: int, lasts: int, flatten: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("lifted") / "run"
    session(out, FallsAt(down, flatten=flatten, until=down + lasts), days=3)
    seen = [event for event in halts(out) if event.action != "flat"]
    assert [event.action for event in seen] == ["halted", "resumed"]
    events = journaled(out)
    first, last = (
        next(e.seq for e in events if isinstance(e.event, HaltEvent) and s.canonical() == e.payload) for s in seen
    )
    assert bought(events[first:last]) == []
    assert replay([str(out), "--quiet"]) == 0
