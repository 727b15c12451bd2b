"""What is held, and the limit beside each figure of the book."""

from datetime import timedelta
from decimal import Decimal

import pytest
from court_support import AT, SETTINGS, book

from agents.court.case import BookView
from agents.court.shown.holdings import THESIS_CAP, book_limits, held_view
from risk.portfolio import Position

HELD = Position(
    symbol="ETH/USDT", quantity=Decimal(2), entry_price=Decimal(100), mark_price=Decimal(110), stop_price=Decimal(99)
)


def test_a_position_tells_its_part_of_equity_its_profit_its_age_and_how_far_its_stop_is() -> None:
    found = held_view(HELD, 1_000.0, AT - timedelta(hours=31), AT, "a crossing")
    assert (found.equity_fraction, found.profit_fraction, found.age_h) == pytest.approx((0.22, 0.1, 31.0))
    assert found.stop_fraction == pytest.approx(0.1)
    assert found.thesis == "a crossing"


def test_what_is_not_known_of_a_position_is_left_out() -> None:
    found = held_view(HELD.model_copy(update={"stop_price": None}), 1_000.0, None, AT, None)
    assert found.model_dump().keys() == {"symbol", "equity_fraction", "profit_fraction"}


def test_a_long_thesis_is_cut() -> None:
    found = held_view(HELD, 1_000.0, None, AT, "x" * 900)
    assert found.thesis == "x" * THESIS_CAP


def test_every_limit_belongs_to_a_figure_of_the_book() -> None:
    limits = book_limits(SETTINGS.limits)
    assert limits.keys() <= BookView.model_fields.keys()
    assert limits["var_1d"] == SETTINGS.limits.max_var_1d
    assert limits["day_return"] == -SETTINGS.limits.max_daily_loss


def test_a_book_for_the_rules_mind_has_the_bytes_that_it_always_had() -> None:
    assert book().model_dump().keys().isdisjoint({"limits", "positions"})
