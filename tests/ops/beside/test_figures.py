"""What a run is told to have cost beside its backtest: pairs, means, and intervals that need enough of them."""

import dataclasses
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from execution.reports import Fill
from ops.beside.figures import LEAST_PAIRS, Beside, Figure, beside
from ops.beside.shown import figures_table, sentences, show_beside
from ops.story.story import Story, read_story

Maker = Callable[..., Path]


@pytest.fixture
def story(make_run: Maker, key: bytes) -> Story:
    """Sixty bars with an order at market at every third and seventh bar of ten."""
    return read_story(make_run(), key)


def figure(found: Beside, name: str, unit: str) -> Figure:
    return next(each for each in found.figures if (each.name, each.unit) == (name, unit))


def dearer(story: Story, factor: str) -> Story:
    """The same run with every fill at a price that is so much higher."""

    def moved(fill: Fill) -> Fill:
        return fill.model_copy(update={"price": fill.price * Decimal(factor)})

    return dataclasses.replace(story, fills=tuple(map(moved, story.fills)))


def test_a_run_beside_itself_differs_in_nothing(story: Story) -> None:
    found = beside(story, story)
    assert {each.difference for each in found.figures} == {0.0}
    assert all(count.both and not count.run_alone + count.backtest_alone for count in found.counts)
    assert figure(found, "slippage", "bps").pairs == len(story.orders)
    assert figure(found, "P/L a trade", "USDT").pairs == len(story.trades)


def test_a_price_that_is_higher_costs_a_purchase_and_favours_a_sale_as_much(story: Story) -> None:
    bought = dataclasses.replace(story, orders=tuple(each for each in story.orders if each.side == "buy"))
    sold = dataclasses.replace(story, orders=tuple(each for each in story.orders if each.side == "sell"))
    for orders, sign in ((bought, 1.0), (sold, -1.0)):
        found = figure(beside(dearer(orders, "1.001"), orders), "slippage", "bps")
        assert found.difference == pytest.approx(sign * 10.0, abs=0.5)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.difference <= found.high


def test_an_order_that_was_filled_in_part_counts_by_its_share_and_one_without_a_fill_has_no_price(story: Story) -> None:
    halves = dataclasses.replace(story, fills=story.fills[::2])
    assert figure(beside(halves, story), "orders filled", "%").difference == pytest.approx(-50.0)
    first = story.fills[0].order_id
    without = dataclasses.replace(story, fills=tuple(each for each in story.fills if each.order_id != first))
    found = beside(without, story)
    assert figure(found, "slippage", "bps").pairs == figure(found, "orders filled", "%").pairs - 1


def test_what_has_no_counterpart_is_named_and_in_no_mean(story: Story) -> None:
    fewer = dataclasses.replace(story, trades=story.trades[1:], orders=story.orders[1:])
    orders, trades = beside(story, fewer).counts
    assert trades.run_alone == (story.trades[0].decision_id,)
    assert len(orders.run_alone) == 1
    assert orders.both == len(story.orders) - 1
    assert beside(fewer, story).counts[1].backtest_alone == trades.run_alone
    assert figure(beside(story, fewer), "P/L a trade", "bps").pairs == len(story.trades) - 1


def test_fewer_than_five_pairs_have_a_mean_and_no_interval(story: Story) -> None:
    few = dataclasses.replace(story, trades=story.trades[: LEAST_PAIRS - 1])
    found = beside(few, story)
    mean = figure(found, "P/L a trade", "USDT")
    assert (mean.pairs, mean.low, mean.high) == (LEAST_PAIRS - 1, None, None)
    assert mean.difference == 0.0
    assert "Fewer than 5 pairs have no interval." in sentences(found)
    assert "Fewer than 5 pairs have no interval." not in sentences(beside(story, story))


def test_the_table_fits_80_columns_without_giving_up_a_column(story: Story) -> None:
    found = beside(dearer(story, "1.3"), story)
    assert figures_table(found).needs() <= 80
    console = Console(file=io.StringIO(), width=80)
    console.print(figures_table(found))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "95 % interval" in shown
    assert "slippage, bps" in shown


def test_as_json_there_is_one_object_with_the_same_figures(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    found = beside(story, story)
    show_beside(found, as_json=True)
    assert Beside.model_validate_json(capsys.readouterr().out) == found
