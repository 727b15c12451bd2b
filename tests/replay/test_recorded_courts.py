"""Courts of a real model, heard again to the byte; and what a reader is told when the question has changed."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from recorded_court import Window, play, read_window

from agents.llm.attempt import AttemptOutcome, ReplayMiss

HERE = Path(__file__).resolve().parent
ANALYST = '"role":"analyst"'
OTHER = "Argue the case from the stars"
NAMES = tuple(sorted(path.name.partition(".")[0] for path in HERE.glob("*.outcomes.json")))


def window(name: str) -> Window:
    return read_window(HERE / f"{name}.jsonl")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_court_rules_again_to_the_byte(name: str, tmp_path: Path) -> None:
    recorded = window(name)
    heard = play(recorded, tmp_path)
    assert len(heard) == len(recorded.dockets) > 0
    for now, then in zip(heard, recorded.dockets, strict=True):
        assert now.canonical() == then.canonical()


def test_there_are_sixty_decisions_of_a_real_model_and_every_kind_of_failure_among_them() -> None:
    all_of_them = [window(name) for name in NAMES]
    dockets = [docket for one in all_of_them for docket in one.dockets]
    outcomes = Counter(attempt.outcome for docket in dockets for attempt in docket.attempts)
    assert sum(len(docket.hearings) for docket in dockets) >= 60
    assert {
        AttemptOutcome.OK,
        AttemptOutcome.INVALID,
        AttemptOutcome.MALFORMED,
        AttemptOutcome.REFUSED,
        AttemptOutcome.TIMEOUT,
    } <= outcomes.keys()
    assert {one.head.model.removesuffix(".gguf") for one in all_of_them} == {"qwen2.5-coder-1.5b-instruct-q5"}
    rulings = Counter(hearing.ruling.outcome for docket in dockets for hearing in docket.hearings)
    assert len(rulings) > 1, "a court that always says the same proves little"


def test_another_case_is_shown_as_a_difference_with_the_command_that_records_it(tmp_path: Path) -> None:
    recorded = window("crash")
    hearing = recorded.dockets[0].hearings[0]
    base = hearing.case.signals[hearing.case.base_timeframe]
    changed = hearing.case.signals | {hearing.case.base_timeframe: base.model_copy(update={"rsi_14": 12.34})}
    case = hearing.case.model_copy(update={"signals": changed})
    docket = recorded.dockets[0].model_copy(update={"hearings": (hearing.model_copy(update={"case": case}),)})
    with pytest.raises(ReplayMiss) as missed:
        play(recorded._replace(dockets=(docket,)), tmp_path)
    told = str(missed.value)
    assert "no model was asked instead" in told
    assert f"-signals.{hearing.case.base_timeframe}" in told
    assert "rsi_14=12.34" in told
    assert told.endswith(f"Record it with: {recorded.head.command}")


def test_another_prompt_is_shown_as_a_difference(tmp_path: Path) -> None:
    """A cassette whose analyst was told something else: as after a change of the prompt."""
    recorded = window("crash")
    lines = (
        recorded.cassette.read_text(encoding="utf-8")
        .replace("Argue the case from the market's data", OTHER)
        .splitlines()
    )
    changed = tmp_path / "changed.cassette.jsonl"
    changed.write_text("".join(f"{_unfound(line) if ANALYST in line else line}\n" for line in lines), encoding="utf-8")
    with pytest.raises(ReplayMiss) as missed:
        play(recorded._replace(cassette=changed), tmp_path)
    assert f"-Your role: ANALYST. {OTHER}" in str(missed.value)
    assert "+Your role: ANALYST. Argue the case from the market's data" in str(missed.value)


def _unfound(line: str) -> str:
    """The line under a key that no question of today has."""
    return line.replace('"key":"', '"key":"0', 1)


@pytest.mark.slow
def test_the_tables_in_the_documents_are_what_the_recordings_say() -> None:
    shown = subprocess.run(
        [sys.executable, str(HERE / "show.py"), "--markdown"], capture_output=True, text=True, timeout=300, check=True
    ).stdout
    told = (HERE / "README.md").read_text() + (HERE.parents[1] / "docs" / "calibration.md").read_text()
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    assert [row for row in rows if row not in told] == []
