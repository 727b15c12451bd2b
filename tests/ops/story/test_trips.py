"""Fills of any engine become the trades that they are, and a run's journal says who voted for them."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_trips import FillRow, trips_of_fills
from run_support import run

from config.secrets import journal_key
from ops.story.measures import measure, ran_of_story
from ops.story.story import read_story
from ops.story.trips import trips_of_story


def fill(at: int, buys: bool, quantity: str, price: str, symbol: str = "A/USDT", purpose: str = "entry") -> FillRow:
    return FillRow(at, symbol, "ema", buys, purpose, Decimal(quantity), Decimal(price), Decimal("0.1"))


def test_a_trip_runs_from_flat_to_flat_through_all_its_parts() -> None:
    rows = [
        fill(1, True, "2", "10"),
        fill(2, True, "1", "13"),
        fill(3, False, "1", "14", purpose="take_profit"),
        fill(4, True, "5", "1", symbol="B/USDT"),
        fill(5, False, "2", "12", purpose="trailing_stop"),
        fill(6, True, "1", "9"),
    ]
    (trip,) = trips_of_fills(rows)
    assert trip == ("A/USDT", "ema", 1, 5, Decimal("4.6"), Decimal("0.4"), "trailing_stop")


def test_a_sale_of_what_is_not_held_is_refused() -> None:
    with pytest.raises(ValueError, match="sell 1 A/USDT more than they bought"):
        trips_of_fills([fill(1, True, "1", "10"), fill(2, False, "2", "10")])


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99), st.integers(1, 99)), max_size=20))
def test_trips_make_what_their_cash_flows_make(legs: list[tuple[int, int, int]]) -> None:
    rows = []
    for place, (quantity, bought, sold) in enumerate(legs):
        rows += [
            fill(2 * place, True, str(quantity), str(bought)),
            fill(2 * place + 1, False, str(quantity), str(sold)),
        ]
    trips = trips_of_fills(rows)
    assert len(trips) == len(legs)
    assert sum(trip.pnl for trip in trips) == sum(q * (sold - bought) - Decimal("0.2") for q, bought, sold in legs)


@pytest.mark.slow
def test_the_fills_of_a_run_make_the_trades_that_its_ledger_counted(tmp_path: Path) -> None:
    assert run(tmp_path / "run", "--days", "12") == 0
    story = read_story(tmp_path / "run", journal_key())
    told = trips_of_story(story)
    rows = [
        FillRow(
            int(each.filled_utc.timestamp() * 1000), each.symbol, "", each.side == "buy", each.purpose, each.quantity,
            each.price, each.fee,
        )
        for each in story.fills
    ]  # fmt: skip
    counted = trips_of_fills(rows)
    assert len(told) > 3
    assert [trip._replace(strategy="") for trip in told] == list(counted)
    voters = {name for trip in told for name in trip.strategy.split("+")}
    assert voters <= {"ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout"}
    made = measure(ran_of_story(story))
    assert made.trades.closed == len(told) == sum(part.trades.closed for part in made.by_strategy)
    assert sum(part.pnl for part in made.by_symbol) == pytest.approx(float(sum(trip.pnl for trip in told)))
    assert sum(month.bars for month in made.months) == made.bars == 12 * 24
    assert made.fees == pytest.approx(float(story.ledger.fees))
    assert made.growth.cagr is None
    assert made.calmar is None
    assert made.tail.days is not None
    assert made.bars_with_position is not None
    assert 0.0 < made.bars_with_position <= 1.0
