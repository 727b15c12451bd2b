"""The guard: a process that is gone, a loop that hangs, bars that are due; told again with pauses, and when all is well."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept_journals import JOURNALS

from ops.live.beating.heartbeat import FILE, Heartbeat
from ops.live.woken.guarding import Guarded

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose journal has no end."""
    folder = tmp_path / "live-001"
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"")
    return folder


def beat(run: Path, at: datetime, due: datetime | None = None) -> None:
    told = Heartbeat(run=run.name, profile="paper", pid=1, at_utc=at, bars=1, bar_utc=at, due_utc=due)
    (run / FILE).write_bytes(told.canonical())


@contextmanager
def held(run: Path) -> Iterator[None]:
    """The lock of a process that lives."""
    file = os.open(run / FILE, os.O_RDWR)
    fcntl.flock(file, fcntl.LOCK_EX)
    yield
    os.close(file)


def codes(guard: Guarded, at: datetime) -> list[str]:
    return [f"{'over ' if each.is_over else ''}{each.code}" for each in guard.look(at)]


def test_a_session_that_lives_and_beats_is_well(run: Path) -> None:
    beat(run, AT, AT + timedelta(minutes=1))
    with held(run):
        assert codes(Guarded(run), AT + timedelta(seconds=60)) == []


def test_a_process_that_is_gone_is_told_at_the_second_look_again_with_growing_pauses_and_when_it_is_back(
    run: Path,
) -> None:
    beat(run, AT)
    guard, told = Guarded(run), []
    for second in range(4 * 3600):
        told += [(second, code) for code in codes(guard, AT + timedelta(seconds=second))]
    assert [second for second, _ in told] == [1, 301, 901, 2101, 4501, 8101, 11701]
    assert {code for _, code in told} == {"process_gone"}
    beat(run, AT + timedelta(hours=4))
    with held(run):
        assert codes(guard, AT + timedelta(hours=4)) == ["over process_gone"]


def test_a_loop_that_hangs_is_told(run: Path) -> None:
    beat(run, AT)
    with held(run):
        guard = Guarded(run, silent_s=120)
        assert codes(guard, AT + timedelta(seconds=119)) == []
        (told,) = guard.look(AT + timedelta(seconds=121))
        assert told.code == "heartbeat_lost"
        assert "has not come round for 121 s" in told.text
        beat(run, AT + timedelta(seconds=122))
        assert codes(guard, AT + timedelta(seconds=123)) == ["over heartbeat_lost"]


def test_bars_that_are_due_and_not_finished_are_told_though_the_loop_comes_round(run: Path) -> None:
    with held_after(run, AT + timedelta(seconds=200), AT):
        (told,) = Guarded(run).look(AT + timedelta(seconds=201))
        assert "overdue" in told.text


@contextmanager
def held_after(run: Path, at: datetime, due: datetime) -> Iterator[None]:
    beat(run, at, due)
    with held(run):
        yield


def test_the_kill_switch_is_put_down_once_and_a_failure_of_it_is_said(run: Path) -> None:
    beat(run, AT)
    asked: list[tuple[str, str]] = []

    def halt(profile: str, why: str) -> None:
        asked.append((profile, why))
        raise OSError(28, "No space left on device")

    guard = Guarded(run, halt=halt)
    texts = [each.text for second in range(700) for each in guard.look(AT + timedelta(seconds=second))]
    assert [profile for profile, _ in asked] == ["paper"]
    assert "COULD NOT BE PUT DOWN" in texts[0]


def test_a_run_that_has_its_end_is_over(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(JOURNALS / "rules-0.7.0", folder)
    guard = Guarded(folder)
    assert codes(guard, AT) == []
    assert guard.is_over
