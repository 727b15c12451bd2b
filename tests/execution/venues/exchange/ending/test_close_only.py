"""Markets that are close-only at a real exchange: what is said of them, when it ends, and what is never sent there."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exchange_support import BTC, KEYS, QUICK, Trading, opened, order_of, server_of, settings_at
from wire_support import FLAT, exchange_of

from config.errors import DataFault, UsageFault
from execution.reports import CloseOnly
from execution.venues.exchange.venue import ExchangeVenue
from market.instrument import Instrument

D = Decimal
GONE = Instrument(
    symbol="OLD/USDT", base="OLD", quote="USDT", tick_size=D("0.01"), lot_size=D("0.001"), min_notional=D(5),
    maker_fee_bps=D(10), taker_fee_bps=D(10),
)  # fmt: skip


async def closed_until(on: Trading, *, empty: bool) -> dict[str, CloseOnly]:
    """Listen until a report says which markets are close-only: none, or some."""
    async with asyncio.timeout(20):
        while True:
            told = on.take(await on.venue.hear()).close_only
            if told is not None and bool(told) is not empty:
                return told


def test_a_clock_that_is_too_far_off_closes_all_markets_until_it_is_right_again(play: Any) -> None:
    async def scenario(on: Trading) -> None:
        on.server.answering.access.skew_ms = -3_000
        await on.venue._listener.measure_clock()
        told = await closed_until(on, empty=False)
        assert "s ahead of the exchange" in told[BTC].why
        assert await on.submit(order_of("a", "buy 1 market")) == "rejected"
        assert "clock" in on.states["a"][-1].note
        on.server.answering.access.skew_ms = -1_900
        await on.venue._listener.measure_clock()
        assert await closed_until(on, empty=True) == {}
        assert await on.submit(order_of("b", "buy 1 market")) == "accepted"

    play(scenario)


@pytest.mark.slow
def test_a_stop_and_a_target_of_a_journal_that_never_arrived_close_no_market(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of((FLAT, FLAT)))
        async with running as url:
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                await on.submit(order_of("in", "buy 1 market"))
                await on.until("in", "filled")
            stop = order_of("stop", "sell 0.999 stop 95", group="g")
            target = order_of("target", "sell 0.999 limit 101", group="g")
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                venue.adopt((stop, target), {(BTC, "1")}, {BTC: D("0.999")})
                await on.until("stop", "rejected", "cancelled")
                assert venue.closed() == {}
                first = on.states["stop"][0].status.value
                assert first in ("rejected", "cancelled"), "it was never said to rest there"

    asyncio.run(main())


@pytest.mark.slow
def test_a_sending_that_never_arrived_hides_no_later_one(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            stop = order_of("stop", "sell 0.999 stop 95")
            async with opened(url, tmp_path) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                await on.submit(order_of("in", "buy 1 market"))
                await on.until("in", "filled")
                await on.submit(stop)
                ids = venue._shelf.ids
                for number in (0, 2):  # the first was withdrawn, the second never arrived, the third rests
                    if number:
                        await venue._client.cancel(BTC, ids.of("stop", 0), None, stop=True)
                        wanted = venue._shelf.of("stop")
                        assert wanted is not None
                        wanted.sendings[0].orders.clear()
                        await venue._client.create(_wanted(ids.of("stop", number)), exits=True)
            (resting,) = running.exchange.ledger.open_orders()
            async with opened(url, tmp_path) as venue:
                venue.adopt((stop,), {(BTC, "1")}, {BTC: D("0.999")})
                async with asyncio.timeout(20):
                    while (adopted := venue._shelf.of("stop")) is None or adopted.recovering:
                        await asyncio.sleep(0.02)
                assert adopted.at.client_id == resting.client_id

    asyncio.run(main())


def _wanted(client_id: str) -> Any:
    from execution.venues.exchange.lines.client import Wanted
    from execution.venues.exchange.rules import Sized
    from risk.order import Side

    return Wanted(client_id, BTC, Side.SELL, Sized(D("0.999"), None, D(95)), at_once=False)


def opening(url: str, folder: Path, known: dict[str, Instrument] | None) -> Any:
    return ExchangeVenue.open(
        settings_at(url), KEYS, symbols=(BTC, "OLD/USDT"), known=known, key=b"k" * 32, run="run-1", live=False, folder=folder,
        seed=1, pace=QUICK,
    )  # fmt: skip


@pytest.mark.slow
def test_a_market_that_is_delisted_stops_a_new_run_and_is_close_only_in_one_that_is_resumed(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            with pytest.raises((UsageFault, DataFault), match="OLD/USDT"):
                async with opening(url, tmp_path, None):
                    raise AssertionError("it was opened")
            async with opening(url, tmp_path, {"OLD/USDT": GONE}) as venue:
                on = Trading(venue, running, running.exchange, tmp_path)
                resting = order_of("old-stop", "sell 3 stop 9", symbol="OLD/USDT")
                venue.adopt((resting,), (), {"OLD/USDT": D(3)})
                told = await closed_until(on, empty=False)
                assert told == {"OLD/USDT": CloseOnly(why="binance trades it no more", gone=True)}
                await on.until("old-stop", "cancelled", "rejected")
                assert await on.submit(order_of("x", "sell 3 market", symbol="OLD/USDT")) == "rejected"
                assert await on.submit(order_of("in", "buy 1 market")) == "accepted", "the other market goes on"
                async with asyncio.timeout(20):
                    while await venue.account() is None:
                        on.take(await venue.hear()) if not venue._shelf.silent else await asyncio.sleep(0.02)
                assert await venue.foreign() == ()

    asyncio.run(main())


@pytest.mark.slow
def test_open_orders_of_a_journal_are_ours_and_those_of_another_instance_are_foreign(tmp_path: Path) -> None:
    async def main() -> None:
        running = server_of(exchange_of())
        async with running as url:
            async with opened(url, tmp_path) as ours, opened(url, tmp_path, run="another") as other:
                await ours.submit(order_of("mine", "buy 1 limit 90"))
                assert await ours.foreign(("mine",)) == ()
                await other.submit(order_of("theirs", "buy 1 limit 90"))
            async with opened(url, tmp_path) as resumed:
                (found,) = await resumed.foreign(("mine",))
                assert found == other._shelf.ids.of("theirs")

    asyncio.run(main())


def test_a_done_order_that_is_forgotten_leaves_nothing_behind() -> None:
    from execution.venues.exchange import shelf as module
    from execution.venues.exchange.ids import ClientIds
    from execution.venues.exchange.tracked import Phase

    ids = ClientIds("binance live", "run")
    shelf = module.Shelf(ids, {BTC: GONE.model_copy(update={"symbol": BTC})}, Any)  # type: ignore[arg-type]
    for number in range(module._KEPT + 50):
        shelf.add(order_of(f"o{number}", "buy 1 market"), Phase.DONE, D(1))
    assert len(shelf._orders) == len(ids._orders) == module._KEPT
    assert shelf.of("o0") is None
    assert ids.order_of(ids.of(f"o{module._KEPT + 49}", 3)) == f"o{module._KEPT + 49}"
