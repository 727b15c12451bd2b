"""What every venue must do. One suite; each implementation adds itself to `VENUES` with a world in which it stands.

The orders' side, the market's side, and what drives a bar are each tested on every implementation that has it. A recording has
no account and no open orders to be asked for: those two are tested on the venues in `ASKED`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from exchange_world import ExchangeWorld, TwoExchangesWorld, addressed
from speaking_venue import SpeakingVenue
from tws_world import TwsWorld

from execution.reports import HEARD, VenueReport, VenueWord, asked
from execution.simulated.venue import SimulatedVenue
from execution.venues.durable import DurableEntries
from execution.venues.recorded import RecordedVenue
from execution.venues.routed import RoutedSimulation
from execution.venues.venue import DrivenVenue
from market.bar import Slice
from market.book import Book
from risk.order import Order

D = Decimal
CALM = "100 101 99 100"


class SimulatedWorld:
    """A simulated venue; bars are what moves its market."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.venue: DrivenVenue = self.open(SimulatedVenue({"BTC/USDT": shop.instrument()}, shop.settings(), shop.seal))
        self._hour = 0

    def open(self, venue: SimulatedVenue) -> DrivenVenue:
        return venue

    async def trade(self, prices: str, volume: float = 1000.0) -> VenueReport:
        """One whole bar; both reports of it in one."""
        shown = self.shop.tape(self.shop.bar(prices, hour=self._hour, volume=volume))
        self._hour += 1
        opened, walked = await self.venue.on_open(shown), await self.venue.on_slice(shown)
        return VenueReport(states=opened.states + walked.states, fills=opened.fills + walked.fills)

    async def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        return await self.venue.submit(self.order(order_id, text, hour=self._hour, **more))

    def order(self, order_id: str, text: str, **more: Any) -> Order:
        """A sealed order."""
        order: Order = self.shop.order(order_id, text, **more)
        return order


class Recording:
    """A recorded venue whose journal holds what a simulated one said to the same question, a moment before."""

    def __init__(self, first: SimulatedVenue, shop: Any) -> None:
        self._first = first
        self._again = RecordedVenue(self, first.instruments(), shop.settings())
        self._word: VenueWord | None = None
        self.instruments, self.book = self._again.instruments, self._again.book
        self.hear, self.account, self.open_orders = self._again.hear, self._again.account, self._again.open_orders

    def peek(self) -> VenueWord | None:
        return self._word

    def journal(self, question: str, report: VenueReport) -> None:
        self._word = None if report == VenueReport() else VenueWord(asked=question, report=report)

    async def submit(self, order: Order) -> VenueReport:
        self.journal(f"submit {order.order_id}", await self._first.submit(order))
        return await self._again.submit(order)

    async def cancel(self, order_id: str) -> VenueReport:
        self.journal(f"cancel {order_id}", await self._first.cancel(order_id))
        return await self._again.cancel(order_id)

    async def on_open(self, shown: Slice) -> VenueReport:
        self.journal(asked("open", shown), await self._first.on_open(shown))
        return await self._again.on_open(shown)

    async def on_slice(self, shown: Slice) -> VenueReport:
        self.journal(asked("bar", shown), await self._first.on_slice(shown))
        return await self._again.on_slice(shown)


class RecordedWorld(SimulatedWorld):
    """The recording of a simulated venue."""

    def open(self, venue: SimulatedVenue) -> DrivenVenue:
        return Recording(venue, self.shop)


class SpeakingWorld(SimulatedWorld):
    """A simulated venue that may speak between two bars."""

    def open(self, venue: SimulatedVenue) -> DrivenVenue:
        speaking: Any = SpeakingVenue(venue)
        return speaking  # type: ignore[no-any-return]


class Behind(DurableEntries):
    """A simulated venue behind a journal that can be written."""

    def __init__(self, venue: SimulatedVenue) -> None:
        super().__init__(venue, lambda: False)
        self.on_open, self.on_slice = venue.on_open, venue.on_slice


class DurableWorld(SimulatedWorld):
    def open(self, venue: SimulatedVenue) -> DrivenVenue:
        return Behind(venue)


class RoutedWorld(SimulatedWorld):
    """Two simulated venues as one; orders go to the second."""

    def open(self, venue: SimulatedVenue) -> DrivenVenue:
        other = SimulatedVenue({"BTC/USDT": self.shop.instrument()}, self.shop.settings(), self.shop.seal)
        return RoutedSimulation({"first": venue, "second": other}, venue.instruments(), {})

    def order(self, order_id: str, text: str, **more: Any) -> Order:
        return addressed(self.shop, super().order(order_id, text, **more))


VENUES: dict[str, Callable[[Any], Any]] = {
    "durable": DurableWorld, "exchange": ExchangeWorld, "ib": TwsWorld, "recorded": RecordedWorld, "routed": RoutedWorld,
    "simulated": SimulatedWorld, "speaking": SpeakingWorld, "two exchanges": TwoExchangesWorld,
}  # fmt: skip
ASKED = ("durable", "exchange", "ib", "routed", "simulated", "speaking", "two exchanges")
DRIVEN = ("durable", "recorded", "routed", "simulated", "speaking")

Scenario = Callable[[Any], Awaitable[None]]
Live = Callable[[Scenario], None]


def _world(name: str, shop: Any) -> Live:
    def run(scenario: Scenario) -> None:
        async def main() -> None:
            made = VENUES[name](shop)
            async with (
                made if isinstance(made, ExchangeWorld | TwoExchangesWorld | TwsWorld) else nullcontext(made) as world
            ):
                await scenario(world)

        asyncio.run(main())

    return run


@pytest.fixture(params=sorted(VENUES))
def live(request: pytest.FixtureRequest, shop: Any) -> Live:
    """Runs a scenario in a fresh world of each implementation."""
    return _world(request.param, shop)


@pytest.fixture(params=ASKED)
def told(request: pytest.FixtureRequest, shop: Any) -> Live:
    """Runs a scenario in a fresh world of each venue that can be asked for its account and its open orders."""
    return _world(request.param, shop)


@pytest.fixture(params=DRIVEN)
def driven(request: pytest.FixtureRequest, shop: Any) -> Live:
    """Runs a scenario in a fresh world of each venue that bars drive."""
    return _world(request.param, shop)


def statuses(report: VenueReport) -> list[str]:
    return [state.status.value for state in report.states]


def test_it_states_the_rules_of_its_markets(live: Live) -> None:
    async def scenario(world: Any) -> None:
        rules = world.venue.instruments()
        assert rules["BTC/USDT"].tick_size > 0
        rules.clear()
        assert world.venue.instruments()

    live(scenario)


@pytest.mark.slow
def test_an_order_is_accepted_rests_and_fills_when_there_is_trading(live: Live) -> None:
    async def scenario(world: Any) -> None:
        accepted = await world.submit("a", "buy 1 market")
        assert (statuses(accepted), accepted.fills) == (["accepted"], ())
        report = await world.trade(CALM)
        assert statuses(report)[-1] == "filled"
        assert sum(fill.quantity for fill in report.fills) == report.states[-1].filled_quantity == 1
        assert {(fill.order_id, fill.decision_id) for fill in report.fills} == {("a", "d-a")}

    live(scenario)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [{"quantity": D(2)}, {"seal": ""}, {"seal": "0" * 32}, {"seal": "é"}, {"stop_price": D(1)}]
)
def test_an_order_that_the_gate_did_not_seal_as_it_stands_is_refused(live: Live, change: dict[str, Any]) -> None:
    async def scenario(world: Any) -> None:
        forged = world.order("a", "buy 1 market").model_copy(update=change)
        report = await world.venue.submit(forged)
        assert statuses(report) == ["rejected"]
        assert "not signed" in report.states[0].note
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


def test_a_forged_order_neither_takes_the_place_of_a_true_one_nor_blocks_its_id(told: Live) -> None:
    async def scenario(world: Any) -> None:
        true = world.order("a", "buy 1 limit 50")
        await world.venue.submit(true.model_copy(update={"quantity": D(9)}))
        assert statuses(await world.venue.submit(true)) == ["accepted"]
        await world.venue.submit(true.model_copy(update={"quantity": D(9)}))
        assert await world.venue.open_orders() == (true,)

    told(scenario)


@pytest.mark.slow
def test_an_order_id_is_accepted_once(live: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("a", "buy 1 market")
        again = await world.submit("a", "buy 1 market")
        assert statuses(again) == ["rejected"]
        assert "duplicate" in again.states[0].note
        assert sum(fill.quantity for fill in (await world.trade(CALM)).fills) == 1
        assert statuses(await world.submit("a", "buy 1 market")) == ["rejected"]
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


@pytest.mark.slow
def test_an_unknown_symbol_and_a_broken_filter_are_rejected_with_a_note(live: Live) -> None:
    async def scenario(world: Any) -> None:
        for report in (
            await world.submit("a", "buy 1 market", symbol="NOPE/USDT"),
            await world.submit("b", "buy 0.0001 limit 100"),
        ):
            assert statuses(report) == ["rejected"]
            assert report.states[0].note

    live(scenario)


@pytest.mark.slow
def test_a_cancelled_order_is_gone_and_a_done_one_is_reported_as_it_is(live: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("a", "buy 1 limit 50")
        assert statuses(await world.venue.cancel("a")) == ["cancelled"]
        assert statuses(await world.venue.cancel("a")) == ["cancelled"]
        await world.submit("b", "buy 1 market")
        await world.trade(CALM)
        done = await world.venue.cancel("b")
        assert (statuses(done), done.states[0].filled_quantity, done.fills) == (["filled"], D(1), ())
        assert (await world.venue.cancel("never seen")) == VenueReport()

    live(scenario)


@pytest.mark.slow
def test_open_orders_are_accepted_and_not_done_and_come_oldest_first(told: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("done", "buy 1 market")
        await world.trade(CALM)
        assert await world.venue.open_orders() == ()
        await world.submit("gone", "buy 1 limit 50")
        assert [order.order_id for order in await world.venue.open_orders()] == ["gone"]
        await world.venue.cancel("gone")
        assert await world.venue.open_orders() == ()
        for name in "cab":
            await world.submit(name, "buy 1 limit 50")
        assert [order.order_id for order in await world.venue.open_orders()] == ["c", "a", "b"]

    told(scenario)


@pytest.mark.slow
def test_an_exit_sells_what_is_held_and_never_more(live: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("in", "buy 2 market")
        await world.trade(CALM)
        await world.submit("out", "sell 5 market")
        report = await world.trade(CALM)
        assert sum(fill.quantity for fill in report.fills) == 2
        await world.submit("more", "sell 1 market")
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


@pytest.mark.slow
def test_its_account_is_what_its_own_trades_made_of_it(told: Live) -> None:
    async def scenario(world: Any) -> None:
        start = await world.venue.account()
        assert start.held == {}
        await world.submit("in", "buy 2 market")
        (bought,) = (await world.trade(CALM)).fills
        account = await world.venue.account()
        assert account.held == {"BTC/USDT": D(2)}
        assert account.cash == start.cash - 2 * bought.price - bought.fee
        await world.submit("out", "sell 2 market")
        (sold,) = (await world.trade(CALM)).fills
        after = await world.venue.account()
        assert (after.held, after.cash) == ({}, account.cash + 2 * sold.price - sold.fee)

    told(scenario)


@pytest.mark.slow
def test_it_shows_a_book_around_the_last_close_and_none_of_what_did_not_trade(
    live: Live,
) -> None:
    async def scenario(world: Any) -> None:
        assert world.venue.book("BTC/USDT") is None
        await world.trade("100 101 99 100.5")
        book = world.venue.book("BTC/USDT")
        assert book.bids[0].price < D("100.5") < book.asks[0].price
        assert [level.price for level in book.asks] == sorted({level.price for level in book.asks})
        assert world.venue.book("NONE/USDT") is None
        await world.trade("101 102 100 101", volume=0.0)
        assert world.venue.book("BTC/USDT") == Book(bids=(), asks=())

    live(scenario)


def test_a_recording_shows_the_book_that_the_simulated_venue_showed(shop: Any) -> None:
    class Nothing:
        def peek(self) -> None:
            return None

    rules = {"BTC/USDT": shop.instrument()}
    recording, played = (
        RecordedVenue(Nothing(), rules, shop.settings()),
        SimulatedVenue(rules, shop.settings(), shop.seal),
    )
    traded = [shop.tape(shop.bar(prices, hour=hour)) for hour, prices in enumerate((CALM, "100 110 90 95.55"))]
    for tape in (*traded, Slice(close_utc=traded[-1].close_utc, bars={})):
        for venue in (recording, played):
            asyncio.run(venue.on_slice(tape))
        assert recording.book("BTC/USDT") == played.book("BTC/USDT")
        assert (recording.book("BTC/USDT") is None) == (not tape.bars)


def test_a_recording_has_no_account_to_compare_with(shop: Any) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("a", "buy 1 market")
        assert (await world.venue.account(), await world.venue.open_orders()) == (None, ())

    _world("recorded", shop)(scenario)


@pytest.mark.slow
def test_a_wait_for_a_word_may_be_given_up_and_the_venue_is_as_before(live: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("a", "buy 1 market")
        waiting = asyncio.ensure_future(world.venue.hear())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert sum(fill.quantity for fill in (await world.trade(CALM)).fills) == 1

    live(scenario)


def test_a_word_between_bars_is_told_once_and_none_is_lost_where_the_wait_was_given_up(shop: Any) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("in", "buy 1 market")
        await world.trade(CALM)
        await world.submit("stop", "sell 1 stop 97")
        waiting = asyncio.ensure_future(world.venue.hear())
        await asyncio.sleep(0)
        await world.venue.trade_between(shop.bar(CALM), 96.0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert waiting.cancelled()
        (fill,) = (await world.venue.hear()).fills
        assert (fill.order_id, fill.filled_utc) == ("stop", shop.at(1.25))
        waiting = asyncio.ensure_future(world.venue.hear())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()

    _world("speaking", shop)(scenario)


def test_a_venue_that_trades_in_bars_alone_says_at_once_that_it_will_never_speak(shop: Any) -> None:
    async def scenario(world: Any) -> None:
        assert await world.venue.hear() is None

    _world("simulated", shop)(scenario)


def test_a_recording_speaks_between_bars_where_the_journal_says_so_and_nowhere_else(shop: Any) -> None:
    async def scenario(world: Any) -> None:
        report = await world.submit("a", "buy 1 market")
        assert await world.venue.hear() is None, "what comes next was the answer to a question"
        world.venue.journal(HEARD, report)
        assert await world.venue.hear() == report

    _world("recorded", shop)(scenario)


def test_a_bar_without_trading_is_driven_through_in_silence(driven: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("low", "buy 1 limit 50")
        assert await world.trade(CALM) == VenueReport()
        empty = Slice(close_utc=world.shop.at(9), bars={})
        assert (await world.venue.on_open(empty), await world.venue.on_slice(empty)) == (VenueReport(), VenueReport())

    driven(scenario)


@pytest.mark.slow
def test_of_a_stop_and_a_target_only_one_is_filled(live: Live) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("in", "buy 2 market")
        await world.trade(CALM)
        await world.submit("stop", "sell 2 stop 97", group="g")
        await world.submit("target", "sell 2 limit 103", group="g")
        assert (await world.trade(CALM)).fills == ()
        report = await world.trade("100 110 90 100")
        assert {fill.order_id for fill in report.fills} == {"stop"}
        assert statuses(await world.venue.cancel("target")) == ["cancelled"]

    live(scenario)
