"""A verdict belongs to one model, and one that cannot be read stops what needs it."""

from pathlib import Path

import pytest

from config.errors import UsageFault
from rl.serving.promise import VERDICT, Promise, read_verdict

WRITTEN = (
    '{"format": 1, "model_sha256": "' + "ab" * 32 + '", "passed": true, "why": "both parts hold", "folds": [1, 2], '
    '"promise": {"low": 0.0001, "high": 0.001, "sd": 0.01, "days": 800}}'
)


def test_a_folder_without_a_verdict_has_none(tmp_path: Path) -> None:
    assert read_verdict(tmp_path, "ab" * 32) is None


def test_serving_reads_its_part_of_a_verdict_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / VERDICT).write_text(WRITTEN, encoding="utf-8")
    found = read_verdict(tmp_path, "ab" * 32)
    assert found is not None
    assert found.passed
    assert found.promise == Promise(low=0.0001, high=0.001, sd=0.01, days=800)


def test_the_verdict_on_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / VERDICT).write_text(WRITTEN, encoding="utf-8")
    with pytest.raises(
        UsageFault, match=r"verdict on another model \(abababababab\) than the one beside it \(cdcdcdcdcdcd\)"
    ):
        read_verdict(tmp_path, "cd" * 32)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"passed": 1}', WRITTEN.replace("true", '"perhaps"')])
def test_a_verdict_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / VERDICT).write_text(text, encoding="utf-8")
    with pytest.raises(UsageFault, match="Evaluate the policy again"):
        read_verdict(tmp_path, "ab" * 32)
