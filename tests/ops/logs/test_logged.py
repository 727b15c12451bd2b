"""The log of a session: whole JSON lines with decision ids, masked, bounded, private; and nothing of it can hurt the session."""

import errno
import gzip
import json
import logging
import os
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from kept_journals import JOURNALS, KEY, RUNS
from run_support import events, run

from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord
from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import load_secrets
from execution.reports import Fill, VenueWord
from ops.commands.sessions.session import hide_more
from ops.logs.file import LogFile
from ops.logs.logged import LONGEST, Logged, logged

SECRET = "hunter2-hunter2"


def left_out(count: int) -> str:
    return json.dumps({"event": "left_out", "lines": count})


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("kept", RUNS, ids=lambda kept: kept.name)
def test_every_kept_journal_is_logged_and_each_ruling_and_fill_names_its_decision(kept: Path, tmp_path: Path) -> None:
    log = Logged(tmp_path / "log", (), SystemClock())
    rulings, fills = 0, list[Fill]()
    for recorded in events(kept):
        log.hear(recorded.event, past=False)
        if isinstance(recorded.event, CycleRecord):
            rulings += len(recorded.event.hearings)
        if isinstance(recorded.event, VenueWord):
            fills += recorded.event.report.fills
    log.finish()
    told = read(tmp_path / "log")
    assert told[0]["event"] == "session"
    assert all({"at", "level", "event"} <= line.keys() for line in told)
    ruled = [line for line in told if line["event"] == "ruled"]
    assert len(ruled) == rulings
    assert all(line["decision_id"] and line["symbol"] and line["ruling"] for line in ruled)
    assert [line["decision_id"] for line in told if line["event"] == "fill"] == [fill.decision_id for fill in fills]


@pytest.mark.usefixtures("key")
def test_what_a_resumed_run_repeats_is_not_logged_again(tmp_path: Path) -> None:
    log = Logged(tmp_path / "log", (), SystemClock())
    for recorded in events(JOURNALS / "rules-0.7.0"):
        log.hear(recorded.event, past=True)
    log.finish()
    assert read(tmp_path / "log") == []


@pytest.mark.parametrize(
    "value",
    ["two\nlines\r\n\x00\x1b[2J", "\ud800 half", "\u202e\u2028", '{"level": "info"}', "x" * 100_000, float("nan"), float("-inf"),
     Decimal("NaN"), b"\xff", None, [["deep"]], {"a": object()}],
)  # fmt: skip
def test_a_hostile_value_is_one_whole_line(value: Any, tmp_path: Path) -> None:
    log = Logged(tmp_path / "log", (), SystemClock())
    log.note("info", {"event": "x", "value": value})
    log.note("info", {"event": "y"})
    log.finish()
    first, second = read(tmp_path / "log")
    assert (first["event"], second["event"]) == ("x", "y")
    assert len(json.dumps(first)) < 3 * LONGEST + 200


def test_secrets_are_masked_in_events_and_in_what_is_logged_elsewhere(tmp_path: Path) -> None:
    root = logging.getLogger()
    with logged(str(tmp_path / "log"), (SECRET,)) as (listener,):
        assert listener in root.handlers
        logging.getLogger("some.library").error("token %s is wrong", SECRET)
        try:
            raise ValueError(f"with {SECRET}")
        except ValueError:
            logging.getLogger("some.library").exception("failed")
    assert listener not in root.handlers
    text = (tmp_path / "log").read_text()
    assert SECRET not in text
    assert [line["event"] for line in read(tmp_path / "log")] == ["log", "log"]
    assert "ValueError: with **********" in text


def test_an_error_that_ends_the_session_is_the_last_line(tmp_path: Path) -> None:
    with pytest.raises(UsageFault), logged(str(tmp_path / "log"), ()):
        raise UsageFault("No room. Nothing was started.")
    assert read(tmp_path / "log")[-1]["text"] == "UsageFault: No room. Nothing was started."


def test_a_full_file_is_put_away_compressed_and_a_bounded_number_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.umask(os.umask(0))
    log = LogFile(path, left_out, print, largest=1000, kept=3)
    for number in range(200):
        log.write(json.dumps({"event": "x", "number": number, "more": "y" * 50}))
    log.close()
    archives = sorted(tmp_path.glob("log.*"))
    assert [each.name for each in archives] == ["log.1.gz", "log.2.gz", "log.3.gz"]
    assert path.stat().st_size <= 1000
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path, *archives)} == {0o600}
    texts = [gzip.decompress(each.read_bytes()).decode() for each in reversed(archives)] + [path.read_text()]
    numbers = [json.loads(line)["number"] for text in texts for line in text.splitlines()]
    assert numbers == list(range(numbers[0], 200))


def test_a_second_session_goes_on_with_the_file_and_makes_it_private(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"event": "before"}\n')
    path.chmod(0o644)
    log = LogFile(path, left_out, print)
    log.write('{"event": "after"}')
    log.close()
    assert [line["event"] for line in read(path)] == ["before", "after"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_of_ones_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "nowhere/log", ".", "/dev/null"):
        with pytest.raises(UsageFault, match="Nothing was started"):
            LogFile(tmp_path / name, left_out, print)
    held = LogFile(tmp_path / "log", left_out, print)
    with pytest.raises(UsageFault, match="Another session writes"):
        LogFile(tmp_path / "log", left_out, print)
    held.close()
    LogFile(tmp_path / "log", left_out, print).close()


def writing(monkeypatch: pytest.MonkeyPatch, write: Callable[[int, bytes], int]) -> None:
    monkeypatch.setattr("ops.logs.file.os.write", write)


def test_a_full_disk_leaves_out_lines_says_so_once_and_how_many_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    real, tries, is_full = os.write, list[bytes](), Event()
    is_full.set()

    def write(file: int, text: bytes) -> int:
        if not is_full.is_set():
            return real(file, text)
        tries.append(text)
        if len(tries) % 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, text[:5])

    writing(monkeypatch, write)
    log = LogFile(tmp_path / "log", left_out, said.append)
    for number in range(4):
        log.write(json.dumps({"event": "lost", "number": number}))
    while len(tries) < 4:
        pass
    while log._waiting.qsize():
        pass
    is_full.clear()
    log.write('{"event": "kept"}')
    log.close()
    assert read(tmp_path / "log") == [{"event": "left_out", "lines": 4}, {"event": "kept"}]
    assert len(said) == 1
    assert "No space left on device" in said[0]


def test_a_disk_that_hangs_delays_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, real = Event(), os.write

    def write(file: int, text: bytes) -> int:
        goes_on.wait(30)
        return real(file, text)

    writing(monkeypatch, write)
    log = LogFile(tmp_path / "log", left_out, print, room=10)
    for number in range(100):
        log.write(json.dumps({"event": "x", "number": number}))
    goes_on.set()
    log.close()
    told = read(tmp_path / "log")
    assert sum(line.get("lines", 1) for line in told) == 100
    assert any(line["event"] == "left_out" for line in told)


@pytest.mark.slow
def test_a_run_is_logged_and_its_journal_does_not_know_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    assert run(tmp_path / "a" / "r", "--days", "3", "--seed", "3", "--log-file", str(log)) == 0
    assert run(tmp_path / "b" / "r", "--days", "3", "--seed", "3") == 0
    assert (tmp_path / "a/r" / JOURNAL).read_bytes() == (tmp_path / "b/r" / JOURNAL).read_bytes()
    told = read(log)
    assert (told[0]["event"], told[-1]["event"]) == ("session", "session_end")
    assert sum(line["event"] == "bar" for line in told) == 72
    assert run(tmp_path / "c", "--days", "1", "--log-file", str(tmp_path / "no" / "log")) == 2
    assert "Nothing was started" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


def test_a_key_that_a_session_takes_over_is_masked_from_then_on_with_those_before_and_the_log_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        with logged(str(tmp_path / "log"), ("first-key-0123",)) as (log,):
            root.handlers = []  # as logs are configured anew
            hidden = ["first-key-0123"]
            monkeypatch.setenv("KEY_B", SECRET)
            monkeypatch.setenv("KEY_C", "third-key-4567")
            for name in ("KEY_B", "KEY_C"):
                hide_more([log], hidden, load_secrets(also=(name,)))
            root.warning("keys %s, %s and %s", "first-key-0123", SECRET, "third-key-4567")
        assert log not in root.handlers
    finally:
        root.handlers = before
        root.setLevel(level)
    (line,) = read(tmp_path / "log")
    assert "keys" in line["text"]
    assert SECRET not in line["text"]
    assert "first-key" not in line["text"]
    assert "third-key" not in line["text"]
