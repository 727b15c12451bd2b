"""`tribunal show RUN DECISION`: any decision of any run, by its name, a part of it, or market and time."""

import json
from pathlib import Path

import pytest
from kept_journals import KEY, RUNS
from run_support import events, run, said

from agents.court.hearing import Hearing
from agents.records.record import CycleRecord
from agents.run import main
from agents.show import main as show


@pytest.fixture(autouse=True)
def _as_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shown") / "run"
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    assert run(made, "--days", "10") == 0
    patch.undo()
    return made


def hearings(folder: Path) -> list[Hearing]:
    return [each for record in said(events(folder), CycleRecord) for each in record.hearings]


def shown(folder: Path, typed: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert show([str(folder), typed, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_a_decision_is_found_by_its_name_by_market_and_time_and_as_the_last(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    all_of_them = hearings(folder)
    wanted = all_of_them[1]
    case = wanted.case
    spelled = (case.decision_id, case.decision_id.lower(), f"{case.symbol}@{case.as_of_utc:%Y-%m-%dT%H:%M}")
    for typed in (*spelled, f"{case.symbol.replace('/', '')}@{case.as_of_utc:%Y-%m-%d %H:%M}"):
        found = shown(folder, typed, capsys)
        assert found["hearing"]["case"] == json.loads(wanted.canonical())["case"], typed  # type: ignore[index]
    last = shown(folder, "last", capsys)
    assert last["hearing"]["case"]["decision_id"] == all_of_them[-1].case.decision_id  # type: ignore[index]


@pytest.mark.slow
def test_what_followed_stands_below_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bought = next(each for each in hearings(folder) if each.verdict.order is not None)
    assert show([str(folder), bought.case.decision_id]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    for part in ("RULING", "GATE  signed", "ORDER  buy", "TRADE  ", "COST  no model was asked"):
        assert part in text
    found = shown(folder, bought.case.decision_id, capsys)
    assert found["fills"]
    assert "seal" not in found["hearing"]["verdict"]["order"]  # type: ignore[index]


def test_more_than_one_are_listed_and_none_names_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = hearings(folder)[0].case
    assert show([str(folder), case.decision_id[:4]]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"may be any of {len(hearings(folder))} decisions" in told.err
    assert case.decision_id in told.err
    assert show([str(folder), f"{case.symbol}@{case.as_of_utc:%Y-%m-%d}T23:59"]) == 2
    told = capsys.readouterr()
    assert "The nearest is" in told.err
    assert case.symbol.replace("/", "") in told.err
    assert show([str(folder), "last", "--by", "exit"]) == 2
    assert "a decision was named" in capsys.readouterr().err


@pytest.mark.parametrize("kept", RUNS, ids=lambda folder: folder.name)
def test_the_decisions_of_older_versions_are_shown_too(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = show([str(kept), "last"])
    told = capsys.readouterr()
    if code == 2:
        assert "No case was heard" in told.err
    else:
        assert code == 0
        assert "RULING" in told.out


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("reviewed") / "run"
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    settings = ("--set", "court.review_every=24")
    assert main(["--profile", "paper", "--out", str(made), "--quiet", "--days", "12", *settings]) == 0
    patch.undo()
    return made


@pytest.mark.slow
def test_reviews_of_what_is_held_are_found_and_shown_too(reviewed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    found = [each for record in said(events(reviewed), CycleRecord) for each in record.reviews]
    sold, kept = next(each for each in found if each.sold), next(each for each in found if not each.sold)
    for wanted in (sold, kept):
        case = wanted.case
        view = case.review
        assert view is not None
        for typed in (case.decision_id, f"{case.symbol}@{case.as_of_utc:%Y-%m-%dT%H:%M}"):
            assert shown(reviewed, typed, capsys)["hearing"] == json.loads(wanted.canonical())
        assert show([str(reviewed), case.decision_id]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert any(line.startswith("REVIEW  of a position that is held, because ") for line in lines)
        assert any(line.startswith("  opened  ") and view.thesis.decision_id in line for line in lines)
        became = next(line for line in lines if line.startswith("POSITION  "))
        assert became.startswith("POSITION  kept: ") == (wanted is kept)
        assert any(line.startswith("SOLD") for line in lines) == (wanted is sold)
        assert not any(line.startswith(("GATE", "ORDER", "PROPOSED")) for line in lines)
