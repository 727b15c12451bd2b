"""Answers that are kept: a session asked once is lived again without a request, and never differently."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from model_server import ModelServer, Turn
from run_support import events, run
from session_models import KEYS, arguments, attempts, records

from agents.court.hearing import Hearing
from agents.replay import main as replay
from config.clock import SystemClock

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """One server for all sessions: what another one says is kept apart."""
    with ModelServer() as one:
        yield one


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Path:
    """A first run, the answers that it has kept, and how often it asked."""
    folder = tmp_path_factory.mktemp("lived")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    for name, value in KEYS.items():
        patch.setenv(name, value)
    assert run(folder / "first", *chosen(server)) == 0
    (folder / "asked").write_text(str(len(server.log)))
    patch.undo()
    return folder


@pytest.fixture(autouse=True)
def _after_it(lived: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has the first run and a state of its own."""
    server.log.clear()
    server.default = Turn.OK
    shutil.copytree(lived, tmp_path, dirs_exist_ok=True)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def chosen(server: ModelServer, *settings: str) -> list[str]:
    return ["--symbols", "BTC/USDT", *arguments(server, None, "minds.transcripts=cached", *settings, days="3")]


def hearings(folder: Path) -> list[Hearing]:
    return [hearing for record in records(events(folder)) for hearing in record.hearings]


def answers(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state" / "answers").glob("*.json"))


def age(file: Path, by: timedelta) -> None:
    """Make a kept answer look older, by its content and by the file's own time."""
    entry = json.loads(file.read_text())
    then = SystemClock().now() - by
    file.write_text(json.dumps(entry | {"stored_utc": then.isoformat()}))
    os.utime(file, (then.timestamp(), then.timestamp()))


@pytest.mark.slow
def test_the_second_run_asks_nobody_costs_nothing_and_rules_the_same_and_both_replay(
    server: ModelServer, tmp_path: Path
) -> None:
    asked = int((tmp_path / "asked").read_text())
    assert asked == len(attempts(events(tmp_path / "first"))) == len(answers(tmp_path)) > 0
    assert run(tmp_path / "second", *chosen(server)) == 0
    assert server.log == []
    assert hearings(tmp_path / "first") == hearings(tmp_path / "second")
    again = attempts(events(tmp_path / "second"))
    assert len(again) == asked
    assert all(attempt.from_cache and attempt.cost_usd == Decimal(0) for attempt in again)
    assert replay([str(tmp_path / "first"), "--quiet"]) == 0
    assert replay([str(tmp_path / "second"), "--quiet"]) == 0


@pytest.mark.slow
def test_answers_that_are_too_old_or_damaged_are_asked_for_again_and_no_others(
    server: ModelServer, tmp_path: Path
) -> None:
    old, cut, forged, swapped, *rest = answers(tmp_path)
    age(old, timedelta(hours=2))
    cut.write_bytes(cut.read_bytes()[:-40])
    entry = json.loads(forged.read_text())
    entry["completion"]["text"] = entry["completion"]["text"].replace("0", "1")
    forged.write_text(json.dumps(entry))
    swapped.write_bytes(rest[0].read_bytes())
    assert run(tmp_path / "second", *chosen(server)) == 0
    assert len(server.log) == 4
    assert hearings(tmp_path / "first") == hearings(tmp_path / "second")
    assert sum(not attempt.from_cache for attempt in attempts(events(tmp_path / "second"))) == 4
    assert replay([str(tmp_path / "second"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_provider_that_is_down_is_not_missed(server: ModelServer, tmp_path: Path) -> None:
    server.default = Turn.OVERLOADED
    assert run(tmp_path / "second", *chosen(server)) == 0
    assert hearings(tmp_path / "first") == hearings(tmp_path / "second")


def test_another_server_is_asked_for_answers_of_its_own(tmp_path: Path) -> None:
    asked = int((tmp_path / "asked").read_text())
    with ModelServer() as other:
        assert run(tmp_path / "second", *chosen(other)) == 0
        assert len(other.log) == asked


@pytest.mark.long
def test_two_processes_at_once_share_the_answers_and_neither_is_disturbed(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "state" / "answers")
    with ModelServer(delay_s=0.02) as server:
        command = [sys.executable, "-m", "agents.run", "--profile", "paper", "--quiet", *chosen(server)]
        both = [
            subprocess.Popen([*command, "--out", str(tmp_path / name)], cwd=ROOT, stdout=subprocess.DEVNULL)
            for name in ("one", "other")
        ]
        assert [process.wait(timeout=300) for process in both] == [0, 0]
        assert len(answers(tmp_path)) <= len(server.log) <= 2 * len(answers(tmp_path))
        server.log.clear()
        assert run(tmp_path / "after", *chosen(server)) == 0
        assert server.log == []
    assert hearings(tmp_path / "one") == hearings(tmp_path / "other") == hearings(tmp_path / "after")
    for name in ("one", "other"):
        assert replay([str(tmp_path / name), "--quiet"]) == 0
    assert list((tmp_path / "state" / "answers").glob(".*")) == []
