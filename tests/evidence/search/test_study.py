"""A search that can be stopped anywhere: what was told stays, and what comes next does not depend on where it was stopped."""

from pathlib import Path

import pytest

from config.errors import OutputFault, UsageFault
from evidence.search.figures import Figures
from evidence.search.space import Axis, Values
from evidence.search.study import ROUND, Known, Study, ranked

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


def figures(fills: str) -> Figures:
    return Figures(total_return=0.1, max_drawdown=0.02, trades=4, profit_factor=1.5, fills=fills)


def tried(number: int, a: float, sharpe: float | None, fills: str | None = None) -> Known:
    made = None if fills is None else figures(fills)
    return Known(number=number, values={"a": a, "b": 1.0}, sharpe=sharpe, signed=1, figures=made)


def test_no_set_stands_twice_at_the_top_and_each_says_how_many_are_like_it() -> None:
    known = [
        tried(0, 1.0, 0.5, "x"), tried(1, 2.0, 2.0, "y"), tried(2, 3.0, 2.0, "y"), tried(3, 2.0, 2.0, "y"),
        tried(4, 5.0, None, "none"), tried(5, 6.0, None, "none"), tried(6, 7.0, 1.0, "z"),
    ]  # fmt: skip
    assert [(each.number, each.alike) for each in ranked(known)] == [(1, 3), (6, 1), (0, 1), (4, 2)]


def test_sets_of_a_study_without_figures_are_the_same_only_if_their_values_are() -> None:
    known = [tried(0, 1.0, 2.0), tried(1, 2.0, 2.0), tried(2, 1.0, 2.0)]
    assert [(each.number, each.alike) for each in ranked(known)] == [(0, 2), (1, 1)]


@pytest.mark.parametrize("kept", [True, False])
def test_figures_come_back_as_they_were_told_and_a_study_may_have_none(tmp_path: Path, kept: bool) -> None:
    study = Study(tmp_path, AXES, "grid", 7, ABOUT)
    sets = next(study.rounds(2))
    told = [figures("x"), figures("y")] if kept else None
    study.tell(sets, [(1.0, 3), (2.0, 4)], told)
    again = Study(tmp_path, AXES, "grid", 7, ABOUT).known()
    assert [each.figures for each in again] == (told or [None, None])


def test_a_study_of_another_search_does_not_resume(tmp_path: Path) -> None:
    searched(tmp_path, "grid", 4)
    with pytest.raises(UsageFault, match="holds a study of other bars"):
        Study(tmp_path, AXES, "grid", 7, {"bars": "y"})


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFault, match="cannot be stored"):
        Study(tmp_path / "file", AXES, "grid", 7, ABOUT)
