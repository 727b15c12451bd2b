"""`tribunal steer`: what it asks, of whom, and what it says of the answer."""

import json
import os
import pty
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.errors import NotConfirmed, OutputFault, UsageFault
from execution.journal.stores.pointer import CHECKSUM, JOURNAL
from execution.steer import DIRECTIONS, VERBS, WITHDRAW
from execution.steer import main as steer
from execution.steering import words
from execution.steering.mailbox import Answer, Mailbox
from execution.steering.words import PROPOSABLE, STEERED, SteerVerb, word_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "paper-001"
    folder.mkdir()
    (folder / JOURNAL).touch()
    return folder


def answering(run: Path, state: str) -> threading.Thread:
    """A session that answers the next word."""

    def session() -> None:
        box = Mailbox(run)
        for _ in range(2000):
            if (word := box.take(lambda told: None)) is not None:
                box.heard(word.word_id)
                box.answer(Answer(word_id=word.word_id, state=state, told="It is so.", at_utc=AT))
                return
            threading.Event().wait(0.005)

    thread = threading.Thread(target=session)
    thread.start()
    return thread


def test_the_verbs_that_can_be_typed_are_those_of_the_table() -> None:
    assert [verb.replace("-", "_") for verb in VERBS] == [row.name for row in STEERED]
    assert DIRECTIONS == PROPOSABLE
    assert (WITHDRAW, WITHDRAW in VERBS) == (words.WITHDRAW, False)


@pytest.mark.parametrize(
    ("state", "code", "said"), [("done", 0, "Done"), ("refused", 1, "Refused"), ("failed", 1, "Not done")]
)
def test_it_waits_for_the_result_and_tells_it(
    run: Path, capsys: pytest.CaptureFixture[str], state: str, code: int, said: str
) -> None:
    session = answering(run, state)
    assert steer([str(run), "pause", "--why", "news"]) == code
    session.join()
    assert capsys.readouterr().out == f"{said}: It is so.\n"


def test_json_holds_the_word_and_its_result(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = answering(run, "done")
    assert steer([str(run), "close", "btcusdt", "--why", "my view", "--json"]) == 0
    session.join()
    told = json.loads(capsys.readouterr().out)
    assert (told["verb"], told["target"], told["via"], told["why"], told["state"]) == (
        "close", "BTC/USDT", "cli", "my view", "done",
    )  # fmt: skip


def test_a_session_that_does_not_hear_is_told_with_what_can_be_done(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steer([str(run), "cancel", "--wait", "0"]) == 1
    told = capsys.readouterr().out
    assert "Not heard within 0 s" in told
    assert "tribunal halt" in told
    (file,) = (run / "steer").glob("*.json")
    assert f"withdraw {file.stem}` takes it back" in told
    assert len(list((run / "steer").glob("*.json"))) == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["close"], UsageFault.exit_code, "needs a market"),
        (["pause", "BTC/USDT"], UsageFault.exit_code, "has no target"),
        (["strategy-off"], UsageFault.exit_code, "needs the name of a strategy"),
        (["resume"], UsageFault.exit_code, "--why"),
        (["resume", "--why", "all is well"], NotConfirmed.exit_code, "--yes"),
        (["propose", "BTC/USDT", "--why", "up"], UsageFault.exit_code, "long or short"),
        (["propose", "--direction", "long", "--why", "up"], UsageFault.exit_code, "needs a market"),
        (["propose", "BTC/USDT", "--direction", "long"], UsageFault.exit_code, "what speaks for it"),
        (["propose", "BTC/USDT", "--direction", "long", "--why", "up"], NotConfirmed.exit_code, "--yes"),
        (["close", "BTC/USDT", "--direction", "long"], UsageFault.exit_code, "has no direction"),
        (["withdraw"], UsageFault.exit_code, "None waits"),
        (["pause", "--wait", "nan"], UsageFault.exit_code, "no time to wait"),
        (["pause", "--wait", "-1"], UsageFault.exit_code, "no time to wait"),
    ],
)
def test_what_cannot_be_asked_leaves_no_word(
    run: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert steer([str(run), *options]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert not (run / "steer").exists()


def test_a_run_that_has_ended_and_a_folder_without_one_are_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steer([str(run.parent), "pause"]) == UsageFault.exit_code
    (run / CHECKSUM).touch()
    assert steer([str(run), "pause"]) == UsageFault.exit_code
    told = capsys.readouterr().err
    assert "There is no run" in told
    assert "has ended" in told


def test_a_folder_that_cannot_hold_a_word_is_told(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "steer").touch()
    assert steer([str(run), "pause"]) == OutputFault.exit_code
    assert "cannot be left" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "code"), [("RESUME paper-001", 1), ("yes", NotConfirmed.exit_code)])
def test_on_a_terminal_words_are_typed_that_name_the_scope(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.write(ours, f"{typed}\n".encode())
        assert steer([str(run), "resume", "--why", "quiet", "--wait", "0"]) == code
    with suppress(OSError):
        os.close(ours)
    told = capsys.readouterr().err
    assert "paper-001 may open positions again" in told
    assert "Type RESUME paper-001" in told


def test_a_proposal_names_its_market_and_its_direction(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = answering(run, "done")
    assert steer([str(run), "propose", "btcusdt", "--direction", "short", "--why", "a crowd", "--yes", "--json"]) == 0
    session.join()
    told = json.loads(capsys.readouterr().out)
    assert (told["target"], told["direction"], told["why"]) == ("BTC/USDT", "short", "a crowd")


def test_a_word_is_withdrawn_while_nobody_has_heard_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = Mailbox(run)
    left = [word_of(verb, "", "ada", "cli", "a test", AT) for verb in (SteerVerb.PAUSE, SteerVerb.CANCEL)]
    for word in left:
        box.put(word)
    assert steer([str(run), "withdraw"]) == UsageFault.exit_code
    assert all(f"{word.word_id}: {word.verb.value}" in capsys.readouterr().err for word in left[:1])
    assert steer([str(run), "withdraw", left[0].word_id]) == 0
    assert "Withdrawn: the session never hears" in capsys.readouterr().out
    assert box.take(lambda told: None) == left[1]
    assert steer([str(run), "withdraw", left[1].word_id]) == 1
    assert "has taken it already" in capsys.readouterr().out
    box.heard(left[1].word_id)
    box.answer(Answer(word_id=left[1].word_id, state="done", told="It is so.", at_utc=AT))
    assert steer([str(run), "withdraw", left[1].word_id]) == 1
    assert "it was heard. It is so." in capsys.readouterr().out
    assert steer([str(run), "withdraw", "nothing"]) == 1
    assert "no word nothing waits" in capsys.readouterr().out


def test_who_stops_waiting_reads_how_to_take_the_word_back(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(box: Mailbox, word_id: str, timeout_s: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Mailbox, "wait", interrupted)
    assert steer([str(run), "pause"]) == 130
    (file,) = (run / "steer").glob("*.json")
    told = capsys.readouterr().err
    assert f"withdraw {file.stem}` takes it back" in told
    assert "What was asked stays asked" in told
