"""What the network sees: each feature in its range, what is missing missing, and one fingerprint of all of it."""

import re
from pathlib import Path

import numpy as np
import pytest

from config.errors import DataFault, UsageFault
from execution.observation import COLUMNS
from rl import features
from rl.features import (
    COURT_COLUMNS,
    FEATURES,
    PERPETUAL,
    SPOT,
    encode_features,
    filled,
    known_schemas,
    means_of,
    schema_named,
    schema_sha256,
)

NAMES = [feature.name for feature in FEATURES]
PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def rows(**columns: float) -> np.ndarray:
    made = np.full((1, len(COLUMNS)), np.nan)
    for name, value in columns.items():
        made[0, COLUMNS.index(name)] = value
    return made


def court(*values: float) -> np.ndarray:
    return np.array([values or (np.nan,) * len(COURT_COLUMNS)])


def seen(name: str, **columns: float) -> float:
    return float(encode_features(rows(**columns), court())[0, NAMES.index(name)])


def test_a_calibrated_conviction_is_shown_and_the_vote_itself_where_there_is_none() -> None:
    assert seen("conviction", conviction=0.7) == 0.7
    assert seen("conviction", conviction=0.7, calibrated=0.55) == 0.55


def test_volatilities_and_time_are_shown_as_logarithms() -> None:
    assert seen("volatility", volatility=0.04) == pytest.approx(np.log(0.04))
    assert seen("volatility_ratio", volatility_ratio=2.0) == pytest.approx(np.log(2.0))
    assert seen("held_days", held_days=9.0) == pytest.approx(np.log(10.0))


def test_a_short_is_a_number_like_any_other() -> None:
    assert seen("direction", direction=-1.0) == -1.0
    assert seen("size", size=-0.3) == -0.3


@pytest.mark.parametrize("number", range(len(COLUMNS)))
@pytest.mark.parametrize("value", [1e9, -1e9])
def test_nothing_leaves_its_range(number: int, value: float) -> None:
    made = rows()
    made[0, number] = value
    told = encode_features(made, np.full((1, 3), value))[0]
    known = ~np.isnan(told)
    low, high = np.array([feature.low for feature in FEATURES]), np.array([feature.high for feature in FEATURES])
    assert (told[known] >= low[known]).all()
    assert (told[known] <= high[known]).all()


def test_what_is_missing_or_infinite_is_missing_and_becomes_the_mean_of_training() -> None:
    made = rows(direction=1.0, drawdown=np.inf, volatility=0.0)
    told = encode_features(made, court())
    assert np.isnan(told[0, [NAMES.index("drawdown"), NAMES.index("volatility"), NAMES.index("agreement")]]).all()
    fill = np.arange(float(len(FEATURES)))
    given = filled(told, fill)
    assert given.dtype == np.float32
    assert given[0, 0] == 1.0
    assert given[0, 1:].tolist() == fill[1:].tolist()


def test_the_means_are_those_of_what_is_known() -> None:
    told = np.full((4, len(FEATURES)), np.nan)
    told[:2, 0] = (1.0, -0.5)
    assert means_of(told).tolist() == [0.25] + [0.0] * (len(FEATURES) - 1)


def test_court_figures_stand_in_their_columns() -> None:
    told = encode_features(rows(), court(0.2, -0.4, 1.0))[0]
    assert [told[NAMES.index(name)] for name in COURT_COLUMNS] == [0.2, -0.4, 1.0]


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, len(COLUMNS)), (1, 3)), ((2, len(COLUMNS)), (2, 2))])
def test_rows_of_other_shapes_are_refused(shapes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    with pytest.raises(DataFault, match="no observations"):
        encode_features(np.zeros(shapes[0]), np.zeros(shapes[1]))


def test_the_fingerprint_is_that_of_names_ranges_and_units(monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema_sha256()
    wordier = (FEATURES[0]._replace(meaning="in other words"), *FEATURES[1:])
    monkeypatch.setattr(features, "FEATURES", wordier)
    assert schema_sha256() == before
    for change in ({"name": "x"}, {"low": -9.0}, {"high": 9.0}, {"unit": "x"}):
        monkeypatch.setattr(features, "FEATURES", (FEATURES[0]._replace(**change), *FEATURES[1:]))
        assert schema_sha256() != before


def test_the_page_shows_the_features_as_they_are() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\S+) to (\S+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert told == [(f.name, f"{f.low:g}", f"{f.high:g}", f.unit, f.meaning, f.missing) for f in PERPETUAL.features]


def test_the_features_of_spot_are_those_that_older_models_were_trained_on() -> None:
    assert schema_sha256() == SPOT.sha256 == "fb1050a3d158dd17fa3b7ad0d27eaa2d402e96cb4cc82560f36cfd8b778471e6"
    assert PERPETUAL.sha256 != SPOT.sha256
    assert PERPETUAL.features[: len(FEATURES)] == FEATURES
    assert [schema_named(each) for each in known_schemas()] == [SPOT, PERPETUAL]
    with pytest.raises(UsageFault, match="reads other features"):
        schema_named("00" * 32)


def contract(**columns: float) -> np.ndarray:
    """The row of a perpetual on which all but these columns are missing."""
    made = np.full((1, len(PERPETUAL.columns)), np.nan)
    for name, value in columns.items():
        made[0, PERPETUAL.columns.index(name)] = value
    return made


def told_of(name: str, **columns: float) -> float:
    return float(encode_features(contract(**columns), court())[0, [f.name for f in PERPETUAL.features].index(name)])


def test_what_a_perpetual_has_beside_is_encoded_behind_the_features_of_spot() -> None:
    spot = rows(direction=-1.0, volatility=0.03, size=-0.2)
    wide = contract(direction=-1.0, volatility=0.03, size=-0.2, leverage=2.0)
    one, other = encode_features(spot, court())[0], encode_features(wide, court())[0]
    assert np.array_equal(one, other[: len(FEATURES)], equal_nan=True)
    assert other[len(FEATURES)] == 2.0
    assert np.isnan(other[len(FEATURES) + 1 :]).all(), "what is not known stays missing"


def test_funding_is_shown_with_the_sign_of_who_pays_and_liquidation_as_a_logarithm() -> None:
    assert told_of("funding_rate", funding_rate=-0.0003) == -0.0003
    assert told_of("funding_cost", funding_cost=25.0) == 10.0
    assert told_of("liquidation", liquidation=0.0) == 0.0
    assert told_of("liquidation", liquidation=np.e - 1.0) == pytest.approx(1.0)
    assert told_of("leverage", leverage=7.0) == 3.0


@pytest.mark.parametrize("number", range(len(COLUMNS), len(PERPETUAL.columns)))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0])
def test_no_figure_of_a_contract_leaves_its_range(number: int, value: float) -> None:
    made = contract()
    made[0, number] = value
    told = encode_features(made, court())[0]
    low, high = (np.array([getattr(f, side) for f in PERPETUAL.features]) for side in ("low", "high"))
    known = np.isfinite(told)
    assert ((told >= low) & (told <= high))[known].all()
