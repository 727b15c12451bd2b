"""What listens to a session: the herald of the kill switch, the teller of alerts, progress; a resumed run tells nothing twice."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kept_journals import KEY, MODELS, RULES
from run_support import events, rows, run, said

from agents.desk.telling import AlertTeller
from agents.outages.alert import Alert
from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord, SessionEnd
from config.secrets import journal_key
from execution.journal.chain import Journal
from execution.journal.event import Fanout, Listener
from execution.kill_switch.halting import Halt, HaltEvent
from execution.kill_switch.storage import JOURNAL_LOST
from ops.terminal.halts import HaltHerald
from ops.terminal.progress import SessionProgress

ITSELF = "That of the journal lifts itself when it is written again."


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def told(listener: Listener, folder: Path, *, past: bool = False) -> None:
    """Let a listener hear a whole run."""
    for recorded in events(folder):
        listener.hear(recorded.event, past=past)


@pytest.mark.usefixtures("_key")
def test_a_switch_that_falls_is_lifted_and_falls_again_is_said_once_each() -> None:
    stream = io.StringIO()
    assert [event.action for event in said(events(MODELS), HaltEvent)] == ["halted", "resumed", "halted", "flat"]
    told(HaltHerald(stream), MODELS)
    lines = stream.getvalue().split("\n\n")
    assert [line.strip().split(" (")[0].split(".")[0] for line in lines] == [
        "The kill switch fell", "The kill switch was lifted", "The kill switch fell",
    ]  # fmt: skip
    assert "what is held keeps its stops" in lines[0]
    assert "what is held is sold at market" in lines[2]


def test_no_command_is_named_to_lift_the_latch_of_a_lost_journal() -> None:
    stream = io.StringIO()
    own = Halt(scope=JOURNAL_LOST, who="tribunal", given_utc=None, why="the disk is full", flatten=False)
    given = own.model_copy(update={"scope": "paper"})
    for halts in ((own,), (given, own)):
        at = datetime(2024, 1, 1, tzinfo=UTC)
        HaltHerald(stream).hear(HaltEvent(action="halted", look=1, as_of_utc=at, halts=halts), past=False)
    first, second = stream.getvalue().strip().split("\n\n")
    assert first.endswith("(tribunal, ?: the disk is full). No new risk; what is held keeps its stops. " + ITSELF)
    assert second.endswith("`tribunal unhalt --reason TEXT --profile paper` lifts it. " + ITSELF)


@pytest.mark.usefixtures("_key")
def test_an_alert_is_told_with_its_gravity_and_time() -> None:
    stream = io.StringIO()
    told(AlertTeller(stream), MODELS)
    (alert,) = said(events(MODELS), Alert)
    assert stream.getvalue() == f"WARNING 2024-01-01 10:00 UTC: {alert.text}\n"


@pytest.mark.usefixtures("_key")
def test_what_a_resumed_run_only_lives_through_again_is_not_told_again() -> None:
    stream = io.StringIO()
    told(AlertTeller(stream), MODELS, past=True)
    told(HaltHerald(stream), MODELS, past=True)
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("past", [False, True])
def test_progress_counts_every_bar_those_of_before_too_and_names_the_last_ruling(past: bool) -> None:
    stream = io.StringIO()
    with SessionProgress(96, stream) as progress:
        told(progress, RULES, past=past)
    lines = stream.getvalue().splitlines()
    assert [line[:4] for line in lines][-1] == "100%"
    assert "last ruling none yet" in lines[0]
    assert "last ruling BTC/USDT" in lines[-1]


class Broken:
    """A listener that breaks at the first bar."""

    def hear(self, event: object, *, past: bool) -> None:
        if isinstance(event, CycleRecord):
            raise KeyError("a dashboard that is not there")


@pytest.mark.slow
def test_a_listener_that_breaks_is_reported_once_and_the_session_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ops.terminal.listening.AlertTeller", lambda stream: Broken())
    assert run(tmp_path / "run", "--days", "1") == 0
    assert capsys.readouterr().err.count("Broken failed (KeyError: 'a dashboard that is not there')") == 1
    assert isinstance(events(tmp_path / "run")[-1].event, SessionEnd)


@pytest.mark.usefixtures("_key")
def test_listening_changes_no_byte_of_the_journal(tmp_path: Path) -> None:
    for folder, listeners in (("alone", []), ("heard", [AlertTeller(io.StringIO()), HaltHerald(io.StringIO())])):
        (tmp_path / folder).mkdir()
        journal = Journal(tmp_path / folder / JOURNAL, journal_key(), 100)
        sink = Fanout(journal, listeners, pytest.fail)
        for recorded in events(RULES):
            sink.append(recorded.event)
        journal.close()
    assert rows(tmp_path / "heard") == rows(tmp_path / "alone")
    assert [row.payload for row in rows(tmp_path / "heard")][1:] == [row.payload for row in rows(RULES)][1:]
