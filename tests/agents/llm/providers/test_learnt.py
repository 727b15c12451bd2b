"""What a server refuses and how much room its model needs: learnt once, told once, kept for the next run, and forgotten on
demand."""

from pathlib import Path

import pytest

from agents.llm.providers.learnt import Learnt, Lesson, places
from config.reading.load import load_profile


def test_a_refusal_is_kept_for_the_next_run_and_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    learnt = Learnt(tmp_path / "state" / "servers.json")
    for _ in range(2):
        learnt.refuse("mine", "seed", "HTTP 400: no seed here")
    learnt.widen("mine", 2800)
    learnt.widen("mine", 1400)
    known = Learnt(tmp_path / "state" / "servers.json").of("mine")
    assert known == Lesson(refused={"seed": "HTTP 400: no seed here"}, max_tokens=2800)
    assert caplog.text.count("refuses seed") == 1
    assert caplog.text.count("max_output_tokens: 2800") == 1
    assert "1400" not in caplog.text


def test_what_is_forgotten_is_learnt_anew_and_the_rest_stays(tmp_path: Path) -> None:
    learnt = Learnt(tmp_path / "servers.json")
    learnt.refuse("mine", "seed", "no")
    learnt.refuse("other", "temperature", "no")
    assert learnt.forget(["mine", "nobody"]) == ("mine",)
    again = Learnt(tmp_path / "servers.json")
    assert (again.of("mine"), again.of("other").refused) == (Lesson(), {"temperature": "no"})


def test_a_lesson_belongs_to_a_model_at_an_address(tmp_path: Path) -> None:
    def known(model: str, url: str, name: str = "ollama") -> Learnt:
        made = {f"minds.providers.{name}": {"kind": "ollama", "model": model, "base_url": url}}
        return Learnt(tmp_path / "servers.json", places(load_profile("paper", made).minds))

    here = "http://127.0.0.1:1/v1"
    known("qwen", here).refuse("ollama", "seed", "no")
    assert known("qwen", here, "renamed").of("renamed").refused == {"seed": "no"}
    assert known("llama", here).of("ollama").refused == {}
    assert known("qwen", "http://127.0.0.1:2/v1").of("ollama").refused == {}


def test_two_processes_do_not_forget_what_the_other_has_learnt(tmp_path: Path) -> None:
    one, two = Learnt(tmp_path / "servers.json"), Learnt(tmp_path / "servers.json")
    one.refuse("a", "seed", "no")
    two.refuse("b", "seed", "no")
    found = Learnt(tmp_path / "servers.json")
    assert found.of("a").refused
    assert found.of("b").refused


def test_a_damaged_file_is_nothing_learnt_and_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "servers.json").write_text("{")
    assert Learnt(tmp_path / "servers.json").of("mine") == Lesson()
    assert "damaged" in caplog.text
    (tmp_path / "state").write_text("a file where the folder should be")
    learnt = Learnt(tmp_path / "state" / "servers.json")
    learnt.refuse("mine", "seed", "no")
    assert learnt.of("mine").refused == {"seed": "no"}
    assert "could not be saved" in caplog.text
