"""The ramp of real money: a quarter at first, raised by a human after a week, and down at once when its bounds are left."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reading.load import load_profile
from risk.ramp import TOP, WAIT, Ramp, observe, raised, standard_error

AT = datetime(2024, 3, 4, tzinfo=UTC)
BOUNDS = load_profile("live").live
CAPITAL = Decimal(100)
NEW = Ramp.begun(CAPITAL, CAPITAL, AT)


def at_quarter(quarters: int, at: datetime = AT) -> Ramp:
    return Ramp(capital=CAPITAL, quarters=quarters, since_utc=at, peak_equity=CAPITAL)


def test_it_begins_with_a_quarter_of_the_capital() -> None:
    assert (NEW.quarters, NEW.usable, NEW.share) == (1, Decimal(25), Decimal("0.25"))


def test_four_weeks_and_three_words_bring_it_to_all_of_the_capital() -> None:
    ramp, usable = NEW, []
    for week in range(1, 4):
        ramp, (moved,) = raised(ramp, AT + week * WAIT, CAPITAL, "ada")
        assert (moved.before, moved.ramp) == (week, ramp)
        usable.append(ramp.usable)
    assert usable == [Decimal(50), Decimal(75), Decimal(100)]
    assert raised(ramp, AT + 10 * WAIT, CAPITAL, "ada") == (ramp, ())


@pytest.mark.parametrize("early", [timedelta(0), timedelta(days=6, hours=23, minutes=59), timedelta(days=-7)])
def test_a_raise_within_a_week_of_the_last_change_or_before_it_changes_nothing(early: timedelta) -> None:
    ramp = at_quarter(2)
    assert raised(ramp, AT + early, CAPITAL, "ada") == (ramp, ())
    why = ramp.why_not_raised(AT + early)
    assert why is not None
    assert "from 2024-03-11 00:00 UTC on" in why


def test_a_fall_of_equity_takes_it_down_at_once_and_the_next_fall_is_counted_from_there() -> None:
    ramp = at_quarter(3)
    ramp, events = observe(ramp, AT, Decimal("95.01"), (), BOUNDS)
    assert events == ()
    ramp, (moved,) = observe(ramp, AT, Decimal(95), (), BOUNDS)
    assert (moved.before, ramp.quarters) == (3, 2)
    assert "5.00% below its peak" in moved.why
    assert "FELL from 75% to 50%" in moved.text
    assert observe(ramp, AT, Decimal(95), (), BOUNDS)[1] == ()
    assert ramp.why_not_raised(AT + timedelta(days=6)) is not None


def test_a_peak_that_was_reached_at_this_quarter_counts() -> None:
    ramp, _ = observe(at_quarter(2), AT, Decimal(120), (), BOUNDS)
    assert observe(ramp, AT, Decimal(114), (), BOUNDS)[0].quarters == 1


def test_from_a_quarter_it_falls_to_nothing_and_no_further() -> None:
    ramp, (moved,) = observe(NEW, AT, Decimal(90), (), BOUNDS)
    assert (ramp.quarters, ramp.usable) == (0, Decimal(0))
    assert observe(ramp, AT, Decimal(10), (), BOUNDS)[1] == ()
    back, (again,) = raised(ramp, AT + WAIT, Decimal(10), "ada")
    assert (back.quarters, again.before, moved.before) == (1, 0, 1)


def test_trades_that_lose_on_average_beyond_chance_take_it_down_and_fewer_than_ten_do_not() -> None:
    losing = (-0.02, -0.01, -0.015, -0.01, 0.001, -0.02, -0.01, -0.012, -0.01)
    ramp, events = observe(at_quarter(4), AT, CAPITAL, losing, BOUNDS)
    assert events == ()
    ramp, (moved,) = observe(ramp, AT, CAPITAL, (-0.01,), BOUNDS)
    assert (ramp.quarters, ramp.trades) == (3, 0)
    assert "10 closed trades" in moved.why


def test_a_mean_that_is_below_nothing_by_chance_does_not() -> None:
    mixed = (0.03, -0.032, 0.028, -0.03, 0.031, -0.03, 0.03, -0.031, 0.03, -0.029)
    assert sum(mixed) < 0
    assert observe(at_quarter(4), AT, CAPITAL, mixed, BOUNDS)[1] == ()


def test_the_standard_error_is_that_of_a_sample() -> None:
    values = (0.01, 0.03, -0.02, 0.0)
    mean = sum(values) / 4
    expected = (sum((each - mean) ** 2 for each in values) / 3 / 4) ** 0.5
    assert standard_error(4, sum(values), sum(each**2 for each in values)) == pytest.approx(expected)
    assert standard_error(1, 0.1, 0.01) == 0.0


Step = st.tuples(
    st.sampled_from(["raise", "bar"]),
    st.integers(0, 20),
    st.decimals(min_value=1, max_value=200, places=2),
    st.lists(st.floats(-0.5, 0.5), max_size=4),
)


@given(st.lists(Step, max_size=60))
def test_whatever_happens_it_rises_by_one_after_a_week_and_never_above_the_capital(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    ramp, at, changed = NEW, AT, AT
    for what, days, equity, returns in steps:
        at += timedelta(days=days)
        before = ramp
        ramp, events = (
            raised(ramp, at, equity, "ada") if what == "raise" else observe(ramp, at, equity, returns, BOUNDS)
        )
        assert 0 <= ramp.quarters <= TOP
        assert ramp.usable <= CAPITAL
        assert len(events) <= 1
        if ramp.quarters > before.quarters:
            assert what == "raise"
            assert at - changed >= WAIT
        assert abs(ramp.quarters - before.quarters) == len(events)
        changed = at if events else changed
