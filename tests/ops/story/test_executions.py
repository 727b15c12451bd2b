"""Fills of one order are one execution: its quantity, its average price, its fee, and the trade that it belongs to."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ops.story.executions import by_decision, executions
from ops.story.story import Story, read_story

Maker = Callable[..., Path]


@pytest.fixture
def story(make_run: Maker, key: bytes) -> Story:
    """Four trades of two fills an order, two of them closed by a vote."""
    return read_story(make_run(bars=44), key)


def test_every_fill_is_in_one_execution_and_nothing_is_added(story: Story) -> None:
    done = executions(story)
    assert len({item.order_id for item in done}) == len(done) == len({fill.order_id for fill in story.fills})
    assert sum(item.quantity for item in done) == sum(fill.quantity for fill in story.fills)
    assert sum(item.fee for item in done) == sum(fill.fee for fill in story.fills)
    paid = sum(item.quantity * item.price for item in done)
    assert abs(paid - sum(fill.quantity * fill.price for fill in story.fills)) < Decimal("1e-15")


def test_executions_stand_in_the_order_of_their_first_fills(story: Story) -> None:
    order = list(dict.fromkeys(fill.order_id for fill in story.fills))
    assert [item.order_id for item in executions(story)] == order


def test_an_average_price_weighs_each_fill_by_its_quantity(story: Story) -> None:
    first, second = (fill for fill in story.fills if fill.order_id == story.fills[0].order_id)
    small = first.model_copy(update={"quantity": Decimal("0.5"), "price": Decimal(100)})
    large = second.model_copy(update={"quantity": Decimal("1.5"), "price": Decimal(108)})
    (item,) = executions(replace(story, fills=(small, large)))
    assert item.price == Decimal(106)
    assert item.quantity == Decimal(2)


def test_each_closed_trade_has_one_last_execution_and_no_entry_is_one(story: Story) -> None:
    done = executions(story)
    last = [item for item in done if item.is_last]
    assert len(last) == len(story.trades) > 2
    assert all(item.purpose != "entry" for item in last)
    assert {item.purpose for item in last} == {"stop_loss", "strategy_exit"}


def test_an_exit_by_vote_is_found_under_the_decision_that_opened_the_trade(story: Story) -> None:
    found = by_decision(executions(story))
    for trip in story.trades:
        assert found[trip.decision_id][0].purpose == "entry"
        assert found[trip.decision_id][-1].is_last
        if trip.closed_by != trip.decision_id:
            assert trip.closed_by not in found
    assert any(trip.closed_by != trip.decision_id for trip in story.trades)


def test_an_open_trade_has_executions_under_its_own_decision_and_no_end(story: Story) -> None:
    (still_open,) = [item for item in executions(story) if item.trip is None]
    assert still_open.purpose == "entry"
    assert not still_open.is_last
    assert by_decision([still_open]) == {still_open.decision_id: (still_open,)}
