"""The policy's section: off is a word, and a mode that needs a policy needs its folder."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.errors import UsageFault
from config.reading.load import load_profile
from config.settings import Settings


def test_off_in_a_profile_is_the_word_and_not_a_truth_value(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("extends: paper\nrl: {mode: off, model: models/first}\n", encoding="utf-8")
    made = load_profile(str(file)).rl
    assert (made.mode, made.model, made.override) == ("off", "models/first", None)


@pytest.mark.parametrize("mode", ["advisory", "active"])
def test_a_mode_without_a_policy_is_refused_in_words(mode: str) -> None:
    with pytest.raises(UsageFault, match=rf"mode {mode} needs the folder of a trained policy"):
        load_profile("paper", {"rl.mode": mode})
    assert load_profile("paper", {"rl.mode": mode, "rl.model": "models/first"}).rl.mode == mode


def test_settings_in_a_journal_are_read_as_they_are() -> None:
    written = load_profile("paper").model_dump(mode="json")
    written["rl"] = {"mode": "active", "model": None, "override": "I accept first"}
    assert Settings.model_validate(written).rl.mode == "active"


def test_a_profile_without_the_section_is_refused_by_its_name() -> None:
    before = load_profile("paper").model_dump(mode="json")
    del before["rl"]
    with pytest.raises(ValidationError, match="rl"):
        Settings.model_validate(before)
