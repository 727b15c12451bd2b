"""The fast engine's breakers of losses: each trips at its limit, holds for its time, and is lifted only by its rule."""

from typing import Any

import numpy as np
import pytest
from uncompiled import plain, record

from execution.kernel import records as w

breakers = plain("breakers")
HOUR, DAY = 3_600_000_000, 86_400_000_000
OFF = {"max_daily_loss": 1.0, "max_weekly_loss": 1.0, "max_drawdown": 1.0, "turbulence_sigma": 50.0}
MONDAY = 4


class Book:
    """An account of 1000 at the beginning of a Monday, and limits of which one is not at its loosest."""

    def __init__(self, **limits: Any) -> None:
        self.limits = record(w.LIMITS, **{**OFF, "daily_pause_us": 24 * HOUR, "weekly_pause_us": 72 * HOUR, **limits})
        self.account = record(w.ACCOUNT, peak=1000.0, day_start=1000.0, week_start=1000.0, day=MONDAY)
        self.account.week = breakers.week_of(MONDAY)

    def close(self, hour: int, equity: float) -> bool:
        """Whether entries are shut after this bar close, in hours since the Monday."""
        self.account.now_us = MONDAY * DAY + hour * HOUR
        breakers.observe(self.limits, self.account, self.account.now_us // DAY, equity, np.nan, 0.0)
        return bool(breakers.is_shut(self.account))


@pytest.mark.parametrize("limit", ["max_daily_loss", "max_weekly_loss", "max_drawdown"])
def test_a_loss_shuts_entries_at_its_limit_and_not_before(limit: str) -> None:
    assert not Book(**{limit: 0.05}).close(1, 950.01)
    assert Book(**{limit: 0.05}).close(1, 950.0)
    assert not Book().close(1, 900.0)


def test_a_day_s_loss_holds_for_its_pause_and_midnight_does_not_lift_it() -> None:
    book = Book(max_daily_loss=0.05)
    assert book.close(5, 940.0)
    assert [book.close(hour, 940.0) for hour in (23, 24, 28, 29)] == [True, True, True, False]


def test_a_day_s_loss_is_measured_from_midnight_of_that_day() -> None:
    book = Book(max_daily_loss=0.05)
    assert not book.close(24, 960.0)
    assert not book.close(30, 915.0)
    assert book.close(31, 912.0)


def test_a_week_s_loss_adds_up_over_days_and_a_monday_begins_anew() -> None:
    book = Book(max_weekly_loss=0.08)
    assert not book.close(24, 960.0)
    assert book.close(60, 915.0)
    assert book.close(60 + 71, 915.0)
    assert book.close(60 + 72, 915.0)
    other = Book(max_weekly_loss=0.08)
    assert not other.close(7 * 24, 930.0)
    assert not other.close(7 * 24 + 1, 915.0)


def test_a_drawdown_is_measured_from_the_highest_equity_and_is_never_lifted() -> None:
    book = Book(max_drawdown=0.1)
    assert not book.close(1, 1200.0)
    assert not book.close(2, 1090.0)
    assert book.close(3, 1080.0)
    assert book.close(24 * 300, 5000.0)
