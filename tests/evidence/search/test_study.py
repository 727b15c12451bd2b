"""A search that can be stopped anywhere: what was told stays, and what comes next does not depend on where it was stopped."""

from pathlib import Path

import pytest

from config.errors import OutputFault, UsageFault
from evidence.search.space import Axis, Values
from evidence.search.study import ROUND, Study

AXES = (Axis(key="a", values=tuple(float(n) for n in range(10))), Axis(key="b", values=(1.0, 2.0, 3.0, 4.0)))
ABOUT = {"bars": "x"}


def made(values: Values) -> tuple[float | None, int]:
    """A smooth hill with its top at a=6, b=3; flat where a is 0."""
    if values["a"] == 0.0:
        return None, 0
    return 4.0 - (values["a"] - 6.0) ** 2 / 9.0 - (values["b"] - 3.0) ** 2, int(values["a"])


def searched(
    folder: Path, sampler: str, trials: int, stop_after: int | None = None
) -> list[tuple[Values, float | None]]:
    study = Study(folder, AXES, sampler, 7, ABOUT)
    for number, sets in enumerate(study.rounds(trials)):
        if number == stop_after:
            break  # as if killed between asking and telling
        study.tell(sets, [made(values) for values in sets])
    return [(each.values, each.sharpe) for each in study.known()]


@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_a_search_that_was_broken_off_goes_on_to_the_same_end(tmp_path: Path, sampler: str) -> None:
    whole = searched(tmp_path / "whole", sampler, 40)
    part = searched(tmp_path / "part", sampler, 40, stop_after=1)
    assert len(part) == ROUND
    assert searched(tmp_path / "part", sampler, 40) == whole
    assert len(whole) == 40


def test_the_grid_tries_everything_once_in_its_order(tmp_path: Path) -> None:
    tried = [values for values, _ in searched(tmp_path, "grid", 40)]
    assert tried[:2] == [{"a": 0.0, "b": 1.0}, {"a": 0.0, "b": 2.0}]
    assert len({tuple(values.items()) for values in tried}) == 40


def test_what_did_not_vary_is_kept_as_undefined(tmp_path: Path) -> None:
    found = {tuple(values.items()): sharpe for values, sharpe in searched(tmp_path, "grid", 40)}
    assert found[(("a", 0.0), ("b", 1.0))] is None
    assert found[(("a", 6.0), ("b", 3.0))] == 4.0


def test_a_sampler_that_learns_ends_nearer_to_the_top_than_one_that_does_not(tmp_path: Path) -> None:
    learnt = [sharpe or 0.0 for _, sharpe in searched(tmp_path / "tpe", "tpe", 64)][-ROUND:]
    drawn = [sharpe or 0.0 for _, sharpe in searched(tmp_path / "random", "random", 64)][-ROUND:]
    assert sum(learnt) > sum(drawn)


def test_a_study_of_another_search_does_not_resume(tmp_path: Path) -> None:
    searched(tmp_path, "grid", 4)
    with pytest.raises(UsageFault, match="holds a study of other bars"):
        Study(tmp_path, AXES, "grid", 7, {"bars": "y"})


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFault, match="cannot be stored"):
        Study(tmp_path / "file", AXES, "grid", 7, ABOUT)
