"""Cases of earlier runs, from sealed journals through a file into what models read; and a replay that needs no file."""

import json
from pathlib import Path

import pytest
from model_server import ModelServer
from run_support import events, run, said, write_bars
from session_models import KEYS, arguments, attempts, records

from agents.ask import main as ask
from agents.records.record import Session
from agents.replay import main as replay
from evidence.calibrate import main as calibrate

FIRST, LATER = ("--start", "2024-01-12", "--end", "2024-02-01"), ("--start", "2024-02-01", "--end", "2024-02-06")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def told(tmp_path: Path) -> tuple[Path, list[str]]:
    """A file of an earlier run, and the bars of both."""
    bars = [str(path) for path in write_bars(tmp_path, ("BTC/USDT", "ETH/USDT"), days=40)]
    assert run(tmp_path / "first", "--data", *bars, *FIRST) == 0
    file = tmp_path / "earlier.json"
    assert calibrate([str(tmp_path / "first"), "--record", str(file)]) == 0
    return file, bars


@pytest.mark.slow
def test_models_are_shown_near_cases_of_an_earlier_run_and_a_replay_needs_no_file(
    told: tuple[Path, list[str]], tmp_path: Path
) -> None:
    file, bars = told
    assert len(json.loads(file.read_text())["cases"]) >= 10
    with ModelServer() as server:
        asked = ["--data", *bars, *LATER, "--memory", str(file), *arguments(server)[2:]]
        assert run(tmp_path / "later", *asked) == 0
    found = events(tmp_path / "later")
    (session,) = said(found, Session)
    assert session.memory is not None
    assert len(session.memory.cases) == len(json.loads(file.read_text())["cases"])
    assert session.settings.court.memory == file.name
    heard = [hearing.case for record in records(found) for hearing in record.hearings]
    assert any(case.precedents.startswith("nearest ") for case in heard)
    assert any("Past cases: nearest " in made.user for made in attempts(found))
    file.unlink()
    assert replay([str(tmp_path / "later"), "--quiet"]) == 0


@pytest.mark.slow
def test_one_market_is_heard_with_what_runs_until_that_bar_have_taught(
    told: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    file, bars = told
    capsys.readouterr()
    with ModelServer() as server:
        asked = ["BTC", "--data", *bars, "--memory", str(file), "--json", "--quiet", *arguments(server)[2:]]
        assert ask([*asked, "--at", "2024-02-03T12:00"]) == 0
        looked_through = f"of {len(json.loads(file.read_text())['cases'])} "
        assert looked_through in json.loads(capsys.readouterr().out)["hearing"]["case"]["precedents"]
        assert any(looked_through in str(request) for request in server.log)
        assert ask([*asked, "--at", "2024-01-20T12:00"]) == 2
    assert "the record would know its future" in capsys.readouterr().err


@pytest.mark.slow
def test_a_file_that_knows_the_future_of_a_session_is_refused(
    told: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, bars = told
    with ModelServer() as server:
        asked = ["--data", *bars, *FIRST, "--memory", str(file), *arguments(server)[2:]]
        assert run(tmp_path / "again", *asked) == 2
        assert not server.log
    assert "the record would know its future. Nothing was started." in capsys.readouterr().err


@pytest.mark.slow
def test_a_file_without_cases_and_one_that_texts_would_have_to_be_found_in_are_refused(
    told: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, bars = told
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps(json.loads(file.read_text()) | {"cases": []}))
    with ModelServer() as server:
        asked = ["--data", *bars, *LATER, "--memory", str(empty), *arguments(server)[2:]]
        assert run(tmp_path / "empty", *asked) == 2
        assert "holds no case" in capsys.readouterr().err
        asked = [
            "--data",
            *bars,
            *LATER,
            "--memory",
            str(file),
            *arguments(server, None, "minds.retrieval=embedding")[2:],
        ]
        assert run(tmp_path / "embedded", *asked) == 2
    assert "retrieval must be features" in capsys.readouterr().err
