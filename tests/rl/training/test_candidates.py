"""A candidate takes the place of a model by a verdict that was passed and a human's name, and by nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from policy_support import model as drawn

from config.errors import UsageFault
from rl.model import PolicyModel, load_model
from rl.serving.promise import VERDICT
from rl.training.candidates import candidates, next_candidate, promote

SCHEMA = "ab" * 32
NOW = datetime(2023, 2, 1, tzinfo=UTC)


def policy(trials: int) -> PolicyModel:
    return drawn(trials=trials)


def judged(folder: Path, model: PolicyModel, *, passed: bool) -> None:
    told = {"model_sha256": model.sha256, "passed": passed, "why": "drawdown is not smaller"}
    (folder / VERDICT).write_text(json.dumps(told))


def with_candidate(tmp_path: Path) -> tuple[PolicyModel, PolicyModel, Path]:
    old, new = policy(1), policy(2)
    old.save(tmp_path)
    place = next_candidate(tmp_path)
    new.save(place)
    (place / "seeds").mkdir()
    (place / "seeds" / "seed-0000.zip").write_bytes(b"new")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "seed-0009.zip").write_bytes(b"old")
    return old, new, place


def test_a_passed_verdict_and_a_name_promote(tmp_path: Path) -> None:
    old, new, place = with_candidate(tmp_path)
    judged(place, new, passed=True)
    assert promote(tmp_path, "Ada Lovelace", SCHEMA, NOW).sha256 == new.sha256
    assert load_model(tmp_path).sha256 == new.sha256
    assert load_model(tmp_path / "earlier" / old.sha256[:16]).sha256 == old.sha256
    entry = json.loads((tmp_path / "history.jsonl").read_text())
    assert entry["what"] == "candidate 001 promoted by Ada Lovelace"
    assert (entry["before"], entry["sha256"]) == (old.sha256, new.sha256)
    assert [path.name for path in (tmp_path / "seeds").iterdir()] == ["seed-0000.zip"]
    assert json.loads((tmp_path / VERDICT).read_text())["passed"]


@pytest.mark.parametrize("passed", [False, None])
def test_without_a_passed_verdict_the_model_in_place_stays(tmp_path: Path, passed: bool | None) -> None:
    old, new, place = with_candidate(tmp_path)
    if passed is not None:
        judged(place, new, passed=passed)
    with pytest.raises(UsageFault, match=r"candidate 001 (has no|did not pass its) verdict.*stays"):
        promote(tmp_path, "Ada Lovelace", SCHEMA, NOW)
    assert load_model(tmp_path).sha256 == old.sha256
    assert not (tmp_path / "history.jsonl").exists()


@pytest.mark.parametrize("name", ["", "  ", "1" * 100, "a\nb", "-"])
def test_a_promotion_needs_a_name(tmp_path: Path, name: str) -> None:
    _, new, place = with_candidate(tmp_path)
    judged(place, new, passed=True)
    with pytest.raises(UsageFault, match="is no name of a human"):
        promote(tmp_path, name, SCHEMA, NOW)


def test_the_same_candidate_is_not_promoted_twice(tmp_path: Path) -> None:
    _, new, place = with_candidate(tmp_path)
    judged(place, new, passed=True)
    promote(tmp_path, "Ada", SCHEMA, NOW)
    with pytest.raises(UsageFault, match="in place already"):
        promote(tmp_path, "Ada", SCHEMA, NOW)


def test_a_candidate_that_was_not_finished_is_gone_on_with(tmp_path: Path) -> None:
    assert next_candidate(tmp_path).name == "001"
    (tmp_path / "candidates" / "001" / "checkpoints").mkdir(parents=True)
    assert next_candidate(tmp_path).name == "001"
    policy(1).save(tmp_path / "candidates" / "001")
    assert next_candidate(tmp_path).name == "002"
    assert [path.name for path in candidates(tmp_path)] == ["001"]


def test_without_a_candidate_nothing_is_changed(tmp_path: Path) -> None:
    policy(1).save(tmp_path)
    with pytest.raises(UsageFault, match="has no candidate"):
        promote(tmp_path, "Ada", SCHEMA, NOW)
