"""Words that a venue speaks between two bars: booked when they are heard, and protection follows at once."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE
from speaking_venue import QUARTER, SpeakingVenue
from trader_support import World, uncovered

from config.errors import InvariantBroken
from config.frozen import Journaled
from execution.reports import HEARD, VenueReport, VenueWord
from market.bar import Bar
from market.timeframe import Timeframe
from risk.order import Order, OrderKind, Purpose


class Spoken(World):
    """A trader on a venue that trades between two bars."""

    def __init__(self, **shape: Any) -> None:
        self.speaking: Any = None
        super().__init__(around=self._speak, **shape)

    def _speak(self, venue: Any) -> SpeakingVenue:
        self.speaking = SpeakingVenue(venue)
        return self.speaking

    def between(self, price: float, volume: float = 1000.0) -> VenueReport:
        """The venue trades a quarter of an hour after the last close, says so, and is heard."""
        last = Bar(
            symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=self.now, open=price, high=price, low=price, close=price,
            volume=volume,
        )  # fmt: skip

        async def trade() -> VenueReport:
            await self.speaking.trade_between(last, price)
            word: VenueReport = await self.speaking.hear()
            await self.trader.hear(word, self.now)
            return word

        return asyncio.run(trade())


def since(world: World, count: int) -> list[Journaled]:
    return world.events.all[count:]


def test_an_entry_that_fills_between_bars_is_journaled_booked_and_has_its_stops_before_the_next_bar() -> None:
    world = Spoken()
    bought = world.buy().order.quantity  # type: ignore[union-attr]
    count = len(world.events.all)
    word = world.between(50_000)
    assert world.held == bought
    assert uncovered(world) == 0
    first, *rest = since(world, count)
    assert first == VenueWord(asked=HEARD, report=word)
    intents = [event for event in rest if isinstance(event, Order)]
    assert [order.kind for order in intents] == [OrderKind.STOP, OrderKind.LIMIT, OrderKind.STOP]
    assert {order.created_utc for order in intents} == {world.now + QUARTER}


def test_what_follows_from_an_old_word_is_dated_by_the_bar_that_has_closed_since() -> None:
    world = Spoken()
    world.buy()
    asyncio.run(world.speaking.trade_between(quiet(world), 50_000))
    word: VenueReport = asyncio.run(world.speaking.hear())
    later = world.now + timedelta(hours=2)
    asyncio.run(world.trader.hear(word, later))
    assert {order.created_utc for order in world.events.orders() if order.reduce_only} == {later}


def quiet(world: World) -> Bar:
    return Bar(
        symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=world.now, open=50_000, high=50_000, low=50_000, close=50_000,
        volume=1000.0,
    )  # fmt: skip


def test_a_target_that_is_met_between_bars_leaves_a_stop_for_the_rest_which_trails_from_then_on() -> None:
    world = Spoken()
    bought = world.buy().order.quantity  # type: ignore[union-attr]
    world.bar(50_000, 50_100, 49_950, 50_000)
    word = world.between(52_500)
    assert {fill.purpose for fill in word.fills} == {Purpose.TAKE_PROFIT}
    assert world.held == bought / 2
    assert uncovered(world) == 0
    world.bar(52_400, 54_000, 52_300, 53_900)
    assert world.resting() == [(Purpose.TRAILING_STOP, world.held)]


def test_a_stop_that_fills_in_part_between_bars_is_still_there_for_the_rest() -> None:
    world = Spoken()
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    held = world.held
    world.between(48_000, volume=0.05)
    assert 0 < world.held < held
    assert uncovered(world) <= 0
    world.bar(48_000, 48_000, 48_000, 48_000)
    assert (world.held, world.resting()) == (0, [])


def test_a_stop_out_between_bars_ends_the_entry_and_protects_what_it_bought_meanwhile() -> None:
    world = Spoken(volume=0.1, limits=ANY_PRICE)
    world.buy()
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.trader.portfolio(world.now).pending_notional
    world.between(48_000)
    assert uncovered(world) == 0
    assert world.trader.portfolio(world.now).pending_notional == {}


def test_a_word_that_is_told_again_changes_nothing_but_the_journal() -> None:
    world = Spoken()
    world.buy()
    word = world.between(50_000)
    held, orders, equity = world.held, world.open_orders(), world.trader.ledger.equity
    asyncio.run(world.trader.hear(word, world.now))
    assert (world.held, world.open_orders(), world.trader.ledger.equity) == (held, orders, equity)


def test_a_purchase_that_is_told_after_its_order_was_withdrawn_is_booked_and_protected() -> None:
    other = Spoken()
    other.buy()
    bought = other.between(50_000).fills
    world = Spoken()
    world.buy()
    asyncio.run(world.trader.wind_up(world.now))
    assert world.open_orders() == ()
    asyncio.run(world.trader.hear(VenueReport(fills=bought), world.now))
    assert world.held == sum(fill.quantity for fill in bought)
    assert uncovered(world) == 0


def test_a_report_that_says_nothing_is_no_word() -> None:
    world = Spoken()
    before = list(world.events.all)
    asyncio.run(world.trader.hear(VenueReport(), world.now))
    assert world.events.all == before


def test_a_purchase_that_nobody_here_signed_ends_the_trading() -> None:
    world = Spoken()
    world.buy()
    word = world.between(50_000)
    strange = word.fills[0].model_copy(update={"decision_id": "nobody", "trade_id": "x", "quantity": Decimal("0.001")})
    with pytest.raises(InvariantBroken, match="did not sign"):
        asyncio.run(world.trader.hear(VenueReport(fills=(strange,)), world.now))
