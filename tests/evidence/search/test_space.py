"""Parameter spaces: what a command line may ask for, and what is refused before anything is tried."""

import pytest
from gate_support import OLD_FOUR

from config.errors import UsageFault
from config.reading.load import load_profile
from evidence.search.space import all_points, applied, parse_axes

SETTINGS = load_profile("backtest", OLD_FOUR)


def test_a_range_includes_both_ends_and_a_list_is_taken_as_it_is() -> None:
    first, second = parse_axes(["ema_cross.rsi_max=60:80:10", "exits.trail_fraction=0.01,0.03"])
    assert first.values == (60.0, 70.0, 80.0)
    assert second.values == (0.01, 0.03)
    assert len(all_points([first, second])) == 6
    assert all_points([first, second])[1] == {"ema_cross.rsi_max": 60.0, "exits.trail_fraction": 0.03}


def test_a_set_changes_the_voters_parameter_and_the_setting_and_nothing_else() -> None:
    changed = applied(SETTINGS, {"ema_cross.rsi_max": 61.0, "limits.loss_streak": 7.0, "venue.starting_cash": 500.0})
    cross = next(entry for entry in changed.strategies if entry.strategy == "ema_cross")
    assert cross.params == {"rsi_max": 61.0}
    assert changed.limits.loss_streak == 7
    assert float(changed.venue.starting_cash) == 500.0
    assert changed.exits == SETTINGS.exits
    assert applied(SETTINGS, {}) == SETTINGS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ema_cross.rsi_max", "is not KEY=LOW:HIGH:STEP"),
        ("=1,2", "is not KEY=LOW:HIGH:STEP"),
        ("a=1:2", "a range is LOW:HIGH:STEP"),
        ("a=2:1:1", "is no range"),
        ("a=1:2:0", "is no range"),
        ("a=1:2:1e-9", "is no range"),
        ("a=1,nan", "is not a number"),
        ("a=1,x", "is not a number"),
        ("a=1,1_0", "is not a number"),
        ("a=true", "is not a number"),
        ("a=1,1", "names a value twice"),
    ],
)
def test_an_axis_that_is_none_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UsageFault, match=says):
        parse_axes([text])


def test_a_key_comes_once_and_a_space_has_an_end() -> None:
    with pytest.raises(UsageFault, match="given twice"):
        parse_axes(["a=1,2", "a=3,4"])
    with pytest.raises(UsageFault, match="at most 20,000"):
        all_points(parse_axes(["a=1:1000:1", "b=1:1000:1"]))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"exits.trail": 0.1}, "no such setting"),
        ({"exits": 0.1}, "no such setting"),
        ({"nobody.at.all": 0.1}, "no such setting"),
        ({"exits.trail_fraction": 7.0}, "is not allowed"),
        ({"limits.loss_streak": 2.5}, "is not allowed"),
    ],
)
def test_a_set_that_cannot_be_is_refused(values: dict[str, float], says: str) -> None:
    with pytest.raises(UsageFault, match=says):
        applied(SETTINGS, values)
