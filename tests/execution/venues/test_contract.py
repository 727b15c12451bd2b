"""What every venue must do. One suite; each implementation adds itself to `VENUES` with a world in which it stands."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from execution.reports import VenueReport
from execution.simulated.venue import SimulatedVenue
from execution.venues.recorded import RecordedVenue
from execution.venues.venue import Venue
from market.bar import Slice
from market.book import Book

D = Decimal
CALM = "100 101 99 100"


class SimulatedWorld:
    """A simulated venue; bars are what moves its market."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.venue: Venue = SimulatedVenue({"BTC/USDT": shop.instrument()}, shop.settings(), shop.seal)
        self._hour = 0

    async def trade(self, prices: str, volume: float = 1000.0) -> VenueReport:
        """One whole bar; both reports of it in one."""
        tape = self.shop.tape(self.shop.bar(prices, hour=self._hour, volume=volume))
        self._hour += 1
        opened, walked = await self.venue.on_open(tape), await self.venue.on_slice(tape)
        return VenueReport(states=opened.states + walked.states, fills=opened.fills + walked.fills)

    async def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        return await self.venue.submit(self.shop.order(order_id, text, hour=self._hour, **more))


VENUES = {"simulated": SimulatedWorld}

Scenario = Callable[[Any], Awaitable[None]]


@pytest.fixture(params=sorted(VENUES))
def live(request: pytest.FixtureRequest, shop: Any) -> Callable[[Scenario], None]:
    """Runs a scenario in a fresh world of each implementation."""

    def run(scenario: Scenario) -> None:
        async def main() -> None:
            await scenario(VENUES[request.param](shop))

        asyncio.run(main())

    return run


def statuses(report: VenueReport) -> list[str]:
    return [state.status.value for state in report.states]


def test_it_states_the_rules_of_its_markets(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        rules = world.venue.instruments()
        assert rules["BTC/USDT"].tick_size > 0
        rules.clear()
        assert world.venue.instruments()

    live(scenario)


def test_an_order_is_accepted_rests_and_fills_when_there_is_trading(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        accepted = await world.submit("a", "buy 1 market")
        assert (statuses(accepted), accepted.fills) == (["accepted"], ())
        assert [order.order_id for order in world.venue.open_orders()] == ["a"]
        report = await world.trade(CALM)
        assert statuses(report)[-1] == "filled"
        assert sum(fill.quantity for fill in report.fills) == report.states[-1].filled_quantity == 1
        assert {(fill.order_id, fill.decision_id) for fill in report.fills} == {("a", "d-a")}
        assert world.venue.open_orders() == ()

    live(scenario)


@pytest.mark.parametrize(
    "change", [{"quantity": D(2)}, {"seal": ""}, {"seal": "0" * 32}, {"seal": "é"}, {"stop_price": D(1)}]
)
def test_an_order_that_the_gate_did_not_seal_as_it_stands_is_refused(
    live: Callable[[Scenario], None], change: dict[str, Any]
) -> None:
    async def scenario(world: Any) -> None:
        forged = world.shop.order("a", "buy 1 market").model_copy(update=change)
        report = await world.venue.submit(forged)
        assert statuses(report) == ["rejected"]
        assert "not signed" in report.states[0].note
        assert world.venue.open_orders() == ()
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


def test_a_forged_order_neither_takes_the_place_of_a_true_one_nor_blocks_its_id(
    live: Callable[[Scenario], None],
) -> None:
    async def scenario(world: Any) -> None:
        true = world.shop.order("a", "buy 1 market")
        await world.venue.submit(true.model_copy(update={"quantity": D(9)}))
        assert statuses(await world.venue.submit(true)) == ["accepted"]
        await world.venue.submit(true.model_copy(update={"quantity": D(9)}))
        assert world.venue.open_orders() == (true,)

    live(scenario)


def test_an_order_id_is_accepted_once(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("a", "buy 1 market")
        again = await world.submit("a", "buy 1 market")
        assert statuses(again) == ["rejected"]
        assert "duplicate" in again.states[0].note
        assert sum(fill.quantity for fill in (await world.trade(CALM)).fills) == 1
        assert statuses(await world.submit("a", "buy 1 market")) == ["rejected"]
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


def test_an_unknown_symbol_and_a_broken_filter_are_rejected_with_a_note(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        for report in (
            await world.submit("a", "buy 1 market", symbol="NOPE/USDT"),
            await world.submit("b", "buy 0.0001 limit 100"),
        ):
            assert statuses(report) == ["rejected"]
            assert report.states[0].note

    live(scenario)


def test_a_cancelled_order_is_gone_and_a_done_one_is_reported_as_it_is(live: Callable[[Scenario], None]) -> None:
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


def test_open_orders_come_oldest_first(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        for name in "cab":
            await world.submit(name, "buy 1 limit 50")
        assert [order.order_id for order in world.venue.open_orders()] == ["c", "a", "b"]

    live(scenario)


def test_an_exit_sells_what_is_held_and_never_more(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("in", "buy 2 market")
        await world.trade(CALM)
        await world.submit("out", "sell 5 market")
        report = await world.trade(CALM)
        assert sum(fill.quantity for fill in report.fills) == 2
        await world.submit("more", "sell 1 market")
        assert (await world.trade(CALM)).fills == ()

    live(scenario)


def test_its_account_is_what_its_own_trades_made_of_it(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        start = world.venue.account()
        assert start.held == {}
        await world.submit("in", "buy 2 market")
        (bought,) = (await world.trade(CALM)).fills
        account = world.venue.account()
        assert account.held == {"BTC/USDT": D(2)}
        assert account.cash == start.cash - 2 * bought.price - bought.fee
        await world.submit("out", "sell 2 market")
        (sold,) = (await world.trade(CALM)).fills
        after = world.venue.account()
        assert (after.held, after.cash) == ({}, account.cash + 2 * sold.price - sold.fee)

    live(scenario)


def test_it_shows_a_book_around_the_last_close_and_none_of_what_did_not_trade(
    live: Callable[[Scenario], None],
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
    class Nothing:
        def peek(self) -> None:
            return None

    recording: Venue = RecordedVenue(Nothing(), {"BTC/USDT": shop.instrument()}, shop.settings())
    assert recording.account() is None


def test_of_a_stop_and_a_target_only_one_is_filled(live: Callable[[Scenario], None]) -> None:
    async def scenario(world: Any) -> None:
        await world.submit("in", "buy 2 market")
        await world.trade(CALM)
        await world.submit("stop", "sell 2 stop 97", group="g")
        await world.submit("target", "sell 2 limit 103", group="g")
        assert (await world.trade(CALM)).fills == ()
        report = await world.trade("100 110 90 100")
        assert {fill.order_id for fill in report.fills} == {"stop"}
        assert world.venue.open_orders() == ()

    live(scenario)
