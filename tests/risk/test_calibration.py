"""The calibration map: monotone, modest where little is known, and never from the future."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.errors import UsageFault
from risk.calibration import CalibrationMap, Calibrations, fit_calibration, pool_adjacent_violators, read_calibrations

KNOWN = datetime(2024, 6, 1, tzinfo=UTC)


def fitted(stated: list[float], won: list[bool], k: float = 50.0) -> CalibrationMap:
    return fit_calibration(np.array(stated, dtype=float), np.array(won, dtype=bool), k)


def test_of_no_outcomes_every_conviction_is_one_half() -> None:
    none = fitted([], [])
    assert [none.calibrated(c) for c in (0.0, 0.3, 1.0)] == [0.5, 0.5, 0.5]


def test_a_level_is_shrunk_by_its_own_outcomes() -> None:
    known = fitted([0.8] * 50, [True] * 50)
    assert known.calibrated(0.8) == pytest.approx(0.75)
    assert fitted([0.8] * 5000, [True] * 5000).calibrated(0.1) == pytest.approx(0.5 + 5000 / 5050 / 2)


def test_two_lucky_outcomes_at_the_top_are_no_certainty() -> None:
    known = fitted([0.5] * 400 + [1.0] * 2, [True, False] * 200 + [True, True])
    assert 0.5 < known.calibrated(1.0) < 0.53


def test_between_two_levels_it_goes_straight_and_beyond_them_it_is_flat() -> None:
    known = CalibrationMap(points=((0.2, 0.3), (0.6, 0.5)), n=10, k=1.0)
    assert known.calibrated(0.4) == pytest.approx(0.4)
    assert (known.calibrated(0.0), known.calibrated(1.0)) == (0.3, 0.5)


@pytest.mark.parametrize("points", [((0.5, 0.5), (0.5, 0.6)), ((0.1, 0.6), (0.2, 0.5)), ((0.1, 1.1),)])
def test_a_map_that_is_none_cannot_be_built(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValidationError):
        CalibrationMap(points=points, n=3, k=1.0)


@pytest.mark.parametrize("conviction", [-0.1, 1.1, float("nan")])
def test_a_conviction_out_of_range_is_refused(conviction: float) -> None:
    with pytest.raises(ValueError, match="conviction"):
        CalibrationMap(points=(), n=0, k=1.0).calibrated(conviction)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        fitted([0.1], [])
    with pytest.raises(ValueError, match="between 0 and 1"):
        fitted([1.5], [True])
    with pytest.raises(ValidationError):
        fitted([0.5], [True], k=0.0)


said = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


@given(said=said, k=st.floats(0.1, 500), at=st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_more_conviction_never_counts_for_less(said: list[tuple[float, bool]], k: float, at: list[float]) -> None:
    known = fitted([c for c, _ in said], [w for _, w in said], k)
    values = [known.calibrated(c) for c in sorted(at)]
    assert values == sorted(values)
    assert all(abs(value - 0.5) <= 0.5 * len(said) / (len(said) + k) + 1e-12 for value in values)
    assert CalibrationMap.model_validate_json(known.canonical()) == known


weighted = st.lists(st.tuples(st.floats(-10, 10), st.floats(0.1, 10)), min_size=1, max_size=25)


@given(weighted)
def test_pooling_gives_the_max_min_of_means_and_changes_nothing_twice(pairs: list[tuple[float, float]]) -> None:
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    fit = pool_adjacent_violators(values, weights)
    n = len(values)

    def mean(low: int, high: int) -> float:
        return float(np.average(values[low : high + 1], weights=weights[low : high + 1]))

    right = [max(min(mean(j, k) for k in range(i, n)) for j in range(i + 1)) for i in range(n)]
    assert np.allclose(fit, right, atol=1e-9)
    assert (np.diff(fit) >= 0).all()
    assert np.array_equal(pool_adjacent_violators(fit, weights), fit)


def kept(folder: Path) -> Path:
    file = folder / "calibration.json"
    maps = {"voters": CalibrationMap(points=((0.5, 0.45),), n=12, k=50.0)}
    known = Calibrations(horizon_bars=72, runs=("paper-001",), known_until_utc=KNOWN, speakers=maps)
    file.write_bytes(known.canonical())
    return file


def test_a_kept_calibration_is_read_for_a_later_session(tmp_path: Path) -> None:
    found = read_calibrations(kept(tmp_path), KNOWN)
    assert found.speakers["voters"].calibrated(0.9) == 0.45


def test_a_session_is_never_calibrated_on_its_own_future(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="would know its future"):
        read_calibrations(kept(tmp_path), datetime(2024, 5, 31, tzinfo=UTC))


def test_a_file_that_is_no_calibration_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UsageFault, match="is not a file that `tribunal calibrate"):
        read_calibrations(tmp_path / "other.json", KNOWN)
    with pytest.raises(UsageFault, match="cannot be read"):
        read_calibrations(tmp_path / "none.json", KNOWN)
