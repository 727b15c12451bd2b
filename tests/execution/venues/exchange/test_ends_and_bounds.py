"""What must not stay unsaid or be sold twice: late ends, trades that are not known yet, stops that find no free coins."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_support import BTC, QUICK, Trading, order_of, trading
from wire_support import FALLING, FLAT, rules_of

from config.clock import SystemClock
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.told import Standing, ToldOrder, ToldTrade
from execution.venues.exchange.tracked import BELIEVED_AT, Phase, Sending
from execution.wire.faults import Faults, Kind, Rule, Scenario
from risk.order import Side

D = Decimal
SOON = QUICK._replace(timeout_s=0.3, settle_s=0.1, late_s=0.8, patience_s=0.5, cancel_s=1.0)
"""`submit` answers before absence can be proven."""
HANGS = Rule(at="*", kind=Kind.HANG)
WOULD_TRIGGER = Rule(
    at="*", kind=Kind.ANSWER, status=400, body='{"code":-2010,"msg":"Stop price would trigger immediately."}'
)


def play(tmp_path: Path, scenario: Callable[[Trading], Awaitable[None]], *bars: str, **balances: str) -> None:
    """Run a scenario on a fresh exchange."""

    async def main() -> None:
        async with trading(tmp_path, bars or (FLAT,), pace=SOON, balances={"USDT": "10000", **balances}) as on:
            await scenario(on)

    asyncio.run(main())


def test_an_entry_that_never_arrived_is_told_as_done_after_its_fate_was_unknown(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        on.venue._sender._pace = SOON._replace(fresh_s=0.0)
        on.lose("order.place", HANGS)
        assert await on.submit(order_of("a", "buy 1 market")) == "unknown"
        await on.until("a", "rejected", "cancelled", within_s=10)
        assert on.placed("a") == 0

    play(tmp_path, scenario)


def test_a_stop_that_was_lost_and_then_refused_is_told_as_refused(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        on.lose("order.place", HANGS, WOULD_TRIGGER)
        assert await on.submit(order_of("stop", "sell 0.999 stop 95")) == "unknown"
        assert "trigger" in (await on.until("stop", "rejected", within_s=10)).note

    play(tmp_path, scenario)


def test_an_end_that_was_answered_is_not_told_a_second_time(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        on.lose("order.place", WOULD_TRIGGER)
        assert await on.submit(order_of("stop", "sell 0.999 stop 95")) == "rejected"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(on.venue.hear(), 0.5)

    play(tmp_path, scenario)


def test_what_a_stop_has_sold_is_not_sold_again_while_its_trades_are_not_told(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        await on.submit(order_of("stop", "sell 0.999 stop 95"))
        on.server.faults = Faults(Scenario(faults=(Rule(at="myTrades", kind=Kind.STATUS, status=502, chance=1.0),)))
        on.exchange.advance()
        stop = on.venue._shelf.of("stop")
        assert stop is not None
        async with asyncio.timeout(10):
            while not stop.at.over:
                await asyncio.sleep(0.02)
        assert await on.submit(order_of("out", "sell 0.999 market")) == "rejected"
        assert on.exchange.purse.total("BTC") == D(7), "the seven coins that were there before"
        on.server.faults = Faults(Scenario())
        await on.until("stop", "filled")

    play(tmp_path, scenario, FALLING, FLAT, FLAT, BTC="7")


def test_a_stop_is_accepted_for_all_that_it_is_to_protect_or_not_at_all(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        assert await on.submit(order_of("one", "sell 0.6 stop 95")) == "accepted"
        assert await on.submit(order_of("two", "sell 0.999 stop 96")) == "rejected"
        assert await on.submit(order_of("three", "sell 0.399 stop 96")) == "accepted"

    play(tmp_path, scenario)


def test_an_account_from_before_the_journal_was_taken_over_is_not_compared(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        assert await on.venue.account() is not None
        on.venue.adopt((), (), {})
        assert await on.venue.account() is None, "what was traded while nobody listened may be in it"
        async with asyncio.timeout(10):
            while await on.venue.account() is None:
                await asyncio.sleep(0.02)

    play(tmp_path, scenario)


def test_a_cancel_that_is_asked_for_again_is_insisted_on_once(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        await on.submit(order_of("a", "buy 1 limit 90"))
        on.server.faults = Faults(Scenario(faults=(Rule(at="order.cancel", kind=Kind.STATUS, status=502, chance=1.0),)))
        for _ in range(3):
            assert await on.cancel("a") == "accepted"
        assert [task.get_coro().__name__ for task in on.venue._sender._tasks].count("_insist") == 1
        on.server.faults = Faults(Scenario())
        await on.until("a", "cancelled")

    play(tmp_path, scenario)


def test_a_target_whose_price_is_there_does_not_wait_for_that_of_another_market(tmp_path: Path) -> None:
    async def scenario(on: Trading) -> None:
        began, waits = asyncio.Event(), asyncio.Event()

        async def stuck(_: object) -> None:
            began.set()
            await waits.wait()

        await on.submit(order_of("in", "buy 1 market"))
        await on.until("in", "filled")
        on.venue._watch._take = stuck  # type: ignore[method-assign]
        await on.submit(order_of("stop", "sell 0.999 stop 50", group="g"))
        await on.submit(order_of("target", "sell 0.999 limit 60", group="g"))
        async with asyncio.timeout(10):
            await began.wait()
            on.venue._books.pop(BTC)
            on.venue._listener._books = {}
            while BTC not in on.venue._books:
                await asyncio.sleep(0.02)

    play(tmp_path, scenario)


def test_a_trade_above_what_the_exchange_says_was_filled_is_booked_only_when_it_says_so() -> None:
    shelf = Shelf(ClientIds("binance testnet", "run-1"), {BTC: rules_of(BTC)}, SystemClock())
    tracked = shelf.add(order_of("in", "buy 2 market"), Phase.LIVE, D(2))
    tracked.sendings.append(Sending(shelf.ids.of("in"), D(2), 0.0, stop=False))

    def told(filled: str) -> ToldOrder:
        return ToldOrder(
            venue_id="7", client_id=shelf.ids.of("in"), symbol=BTC, standing=Standing.OPEN, quantity=D(2), filled=D(filled)
        )  # fmt: skip

    trades = [
        ToldTrade(
            trade_id=name, venue_id="7", symbol=BTC, side=Side.BUY, quantity=D(quantity), price=D(100), fee=D(0),
            fee_currency="USDT", maker=False, at_utc=SystemClock().now(),
        )
        for name, quantity in (("1", "0.5"), ("2", "1.5"))
    ]  # fmt: skip
    shelf.sight(tracked, tracked.at, told("0.5"))
    shelf.count(tracked, trades)
    assert (tracked.filled, shelf.owned(BTC)) == (D("0.5"), D("0.5"))
    shelf.sight(tracked, tracked.at, told("2"))
    shelf.count(tracked, trades)
    assert (tracked.filled, shelf.owned(BTC)) == (D(2), D(2))


def test_a_quantity_that_was_told_too_high_once_binds_no_coins_for_ever() -> None:
    shelf = Shelf(ClientIds("binance testnet", "run-1"), {BTC: rules_of(BTC)}, SystemClock())
    shelf.own([(BTC, D(2))], ())
    target = shelf.add(order_of("target", "sell 2 limit 120"), Phase.LIVE, D(2))
    target.sendings.append(Sending(shelf.ids.of("target"), D(2), 0.0, stop=False))

    def tell(filled: str, standing: Standing = Standing.GONE) -> None:
        told = ToldOrder(
            venue_id="7", client_id=shelf.ids.of("target"), symbol=BTC, standing=standing, quantity=D(2), filled=D(filled)
        )  # fmt: skip
        shelf.sight(target, target.at, told)

    tell("1.5")
    assert shelf.sellable(BTC) == D("0.5")
    for late in ("0", "0", "0", "0", "1.5", "0", "0", "0", "0"):  # what comes late is no word against it
        tell(late)
    assert (target.uncounted, shelf.sellable(BTC)) == (D("1.5"), D("0.5"))
    tell("0")
    target.conclude()
    assert (target.phase, shelf.sellable(BTC)) == (Phase.DONE, D(2))


def test_an_order_that_is_open_takes_back_nothing_that_was_filled() -> None:
    sending = Sending("ours", D(2), 0.0, stop=False)
    for filled, standing in (("1", Standing.GONE), *[("0", Standing.OPEN)] * BELIEVED_AT):
        sending.take(
            ToldOrder(
                venue_id="7", client_id="ours", symbol=BTC, standing=standing, quantity=D(2), filled=D(filled)
            )
        )  # fmt: skip
    assert (sending.filled, sending.over) == (D(1), True)


def test_an_order_of_a_journal_is_not_ended_before_its_sendings_were_looked_for() -> None:
    shelf = Shelf(ClientIds("binance testnet", "run-1"), {BTC: rules_of(BTC)}, SystemClock())
    taken = shelf.take_over(order_of("in", "buy 2 limit 100"))
    taken.recovering = True
    taken.conclude()
    assert (taken.phase, taken.left) == (Phase.LIVE, D(2))
