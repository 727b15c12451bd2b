"""What the triggers measure: falls of prices, the rate of orders, bars that are overdue, a journal that is lost."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jumping_time import T0, Time

from agents.desk.clocked.figures import Falls, Figures, OrderRate
from config.frozen import Journaled
from config.reading.load import load_profile
from execution.reports import SentOrder
from market.book import Book, Level
from risk.order import OrderKind, Purpose, Side

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def falls_of(*prices: float) -> float:
    falls = Falls(5 * MINUTE)
    for number, price in enumerate(prices):
        falls.note("BTC/USDT", T0 + number * MINUTE, price)
    return falls.deepest()


@pytest.mark.parametrize(
    ("prices", "fall"),
    [
        ((), 0.0),
        ((100, 101, 100, 102), 0.0),
        ((100, 100.5, 80, 82), 0.184),
        ((100, 101, 50, 100), 0.0099),
        ((100, 101, 80, 80.5, 81, 81.5, 82, 82.5), 0.0),
    ],
    ids=["nothing", "calm", "a fall", "one bad price", "an old fall"],
)
def test_a_fall_counts_when_two_prices_in_a_row_show_it_and_for_five_minutes(
    prices: tuple[float, ...], fall: float
) -> None:
    assert falls_of(*prices) == pytest.approx(fall, abs=0.0005)


def test_the_deepest_fall_of_all_markets_is_the_figure_and_the_same_book_twice_is_one_price() -> None:
    falls = Falls(5 * MINUTE)
    for second, price in enumerate((100.0, 101.0, 60.0, 60.0, 60.0)):
        falls.note("BTC/USDT", T0 + timedelta(seconds=second), price)
        falls.note("ETH/USDT", T0 + timedelta(seconds=second), 100.0)
    assert falls.deepest() == pytest.approx(0.0, abs=0.02), "one book, shown three times, is one price"
    falls.note("BTC/USDT", T0 + timedelta(seconds=9), 61.0)
    assert falls.deepest() == pytest.approx(1 - 61 / 101, abs=0.01)


def orders(rate: OrderRate, count: int, hour: float) -> None:
    for _ in range(count):
        rate.hear(
            SentOrder(
                order_id="o", decision_id="d", symbol="BTC/USDT", side=Side.BUY, kind=OrderKind.MARKET, purpose=Purpose.ENTRY,
                quantity="1", created_utc=T0 + hour * HOUR,
            )
        )  # fmt: skip


def test_orders_of_an_hour_are_measured_by_the_median_of_the_hours_before() -> None:
    rate = OrderRate(markets=2)
    for hour in range(20):
        orders(rate, 6, hour)
    assert rate() == 1.0
    orders(rate, 54, 20.5)
    assert rate() == pytest.approx(9.0, abs=0.01)
    orders(rate, 12, 20.9)
    assert rate() == pytest.approx(11.0, abs=0.01)
    orders(rate, 1, 22.5)
    assert rate() < 1, "it is the last hour that counts"


def test_without_a_past_the_median_counts_as_three_a_market() -> None:
    rate = OrderRate(markets=3)
    assert rate() == 0.0
    orders(rate, 9, 0.0)
    assert rate() == 1.0


def test_hours_of_more_than_a_week_are_forgotten() -> None:
    rate = OrderRate(markets=1)
    for hour in range(1_000):
        orders(rate, 1, hour)
    assert len(rate._hours[0]) == 168
    assert len(rate._latest[0]) == 1


class Feed:
    next_close = T0 + HOUR

    def __init__(self, time: Time) -> None:
        self._time = time

    def now(self) -> Any:
        return self._time.now()


def figures_of(time: Time, journal: Any = None) -> Figures:
    figures = Figures(load_profile("testnet", {}), ("BTC/USDT",), HOUR, time, journal)  # type: ignore[arg-type]
    figures.feed = Feed(time)
    return figures


def test_a_bar_is_overdue_from_its_close_on() -> None:
    time = Time()
    overdue = figures_of(time).by_name()["feeds_stale"]
    told = []
    for time.seconds in (0.0, 3600.0, 3700.0):
        told.append(overdue())
    assert told == [0.0, 0.0, 100.0]


def test_the_time_without_a_journal_is_measured_from_its_loss() -> None:
    time, journal = Time(), SimpleNamespace(lost=None)
    lost = figures_of(time, journal).by_name()["journal_lost"]
    assert lost() == 0.0
    journal.lost, time.seconds = SimpleNamespace(since_utc=T0), 40.0
    assert lost() == 40.0


class Venue:
    """An exchange that takes orders, and its book."""

    price = 100.0

    def silent_s(self) -> float:
        return 12.0

    def share_failed(self) -> float:
        return 0.25

    def book(self, symbol: str) -> Book:
        return Book(bids=(Level(self.price - 1, 1),), asks=(Level(self.price + 1, 1),))  # type: ignore[arg-type]


def test_an_exchange_that_takes_orders_is_asked_for_its_connection_and_its_books() -> None:
    time, venue = Time(), Venue()
    figures = figures_of(time)
    named = figures.by_name()
    assert (named["venue_unreachable"](), named["error_rate"]()) == (None, None)
    figures.venue = venue
    assert (named["venue_unreachable"](), named["error_rate"]()) == (12.0, 0.25)
    for time.seconds, venue.price in ((3.0, 100.0), (6.0, 80.0), (9.0, 81.0)):
        fall = named["flash_crash"]()
    assert fall == pytest.approx(0.19)


def test_an_event_that_is_no_order_counts_nothing() -> None:
    class Other(Journaled):
        event_kind = "other"

    rate = OrderRate(1)
    rate.hear(Other())
    assert rate() == 0.0
