"""Interactive Brokers through the real ib_async, against a double of TWS on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from tws import Tws
from tws_world import TwsWorld

from config.errors import DataFault, UsageFault
from config.sections.brokers.ib import IbSettings
from execution.reports import OrderStatus, VenueReport
from execution.venues.ib import line
from execution.venues.ib.line import ib_package, refuse_real
from risk.order import Purpose

D = Decimal
Scenario = Callable[[TwsWorld], Awaitable[None]]


def live(shop: Any, scenario: Scenario, **changes: Any) -> None:
    async def main() -> None:
        async with TwsWorld(shop, **changes) as world:
            world.tws.move(1, "100")
            await world.venue.line.settled()
            await scenario(world)

    asyncio.run(main())


def states(report: VenueReport) -> dict[str, str]:
    return {state.order_id: state.status.value for state in report.states}


async def entered(world: TwsWorld, quantity: str = "10") -> VenueReport:
    """An entry that buys up to 101, with a stop that trails by 5."""
    return await world.venue.submit(world.order("d-e", f"buy {quantity} limit 101", trail="5", decision="d"))


async def protected(world: TwsWorld, number: int, quantity: str) -> VenueReport:
    """The stop that the account places after a fill."""
    order = world.order(
        f"d-x{number}", f"sell {quantity} stop 95", trail="5", decision="d", purpose=Purpose.TRAILING_STOP
    )
    return await world.venue.submit(order)


def test_an_entry_leaves_with_its_stop_and_the_stop_of_the_account_is_that_one(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        assert states(await entered(world)) == {"d-e": "accepted"}
        assert [(order.kind, order.transmit) for order in world.tws.working()] == [("LMT", True), ("TRAIL", True)]
        world.tws.move(1, "100")
        report = await world.heard()
        assert (states(report)["d-e"], sum(fill.quantity for fill in report.fills)) == ("filled", D(10))
        answer = await protected(world, 1, "10")
        assert states(answer) == {"d-x1": "accepted"}
        assert answer.states[0].note == "attached to the entry"
        assert len(world.tws.working()) == 1, "no second stop was sent"
        world.tws.move(1, "110", "104")
        (sold,) = (await world.heard()).fills
        assert (sold.order_id, sold.purpose, sold.quantity) == ("d-x1", Purpose.TRAILING_STOP, D(10))
        assert sold.price == D(104), "it had trailed to 105"

    live(shop, scenario)


def test_where_a_trailing_stop_stands_is_told_at_the_next_look(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.move(1, "100")
        await world.heard()
        await protected(world, 1, "10")
        world.tws.move(1, "108")
        await world.venue.line.settled()
        (state,) = (await world.venue.look(["BTC/USDT"])).states
        assert (state.order_id, state.note) == ("d-x1", "trails at 103")
        assert (await world.venue.look(["BTC/USDT"])).states == ()

    live(shop, scenario)


def test_a_partial_fill_is_protected_and_the_child_grows_with_the_position(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.most_a_move = D(4)
        world.tws.move(1, "100")
        report = await world.heard()
        assert (states(report), report.fills[0].quantity) == ({"d-e": "partial"}, D(4))
        assert states(await protected(world, 1, "4")) == {"d-x1": "accepted"}
        world.tws.move(1, "100")
        assert (await world.heard()).fills[0].quantity == 4
        assert states(await protected(world, 2, "8")) == {"d-x2": "accepted"}
        assert states(await world.venue.cancel("d-x1")) == {"d-x1": "cancelled"}
        assert [order.kind for order in world.tws.working()] == ["LMT", "TRAIL"], "the child itself was not withdrawn"
        world.tws.most_a_move = None
        world.tws.move(1, "90")
        filled = await world.heard()
        assert states(filled)["d-e"] == "filled"
        assert {fill.order_id for fill in filled.fills} == {"d-e", "d-x2"}

    live(shop, scenario)


def test_a_partly_filled_entry_that_is_withdrawn_takes_its_child_along_and_the_next_stop_is_sent_by_itself(
    shop: Any,
) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.most_a_move = D(4)
        world.tws.move(1, "100")
        await world.heard()
        await protected(world, 1, "4")
        told = await world.venue.cancel("d-e")
        await world.venue.line.settled()
        assert states(told)["d-e"] == "cancelled"
        assert (await world.venue.cancel("d-x1")).states[-1].status is OrderStatus.CANCELLED
        assert states(await protected(world, 2, "4")) == {"d-x2": "accepted"}
        (stop,) = world.tws.working()
        assert (stop.kind, stop.quantity, stop.parent_id, stop.trail_stop) == ("TRAIL", D(4), 0, D(95))

    live(shop, scenario)


def test_an_entry_whose_stop_is_rejected_is_withdrawn_before_it_buys(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        world.tws.reject_children = 1
        answer = await entered(world)
        assert states(answer) == {"d-e": "cancelled"}
        assert "its stop is not live" in answer.states[0].note
        assert "201" in answer.states[0].note
        assert world.tws.working() == []
        assert (await world.trade("100 100 100 100")).fills == ()

    live(shop, scenario)


def test_an_order_that_nobody_answers_is_unknown_and_not_rejected(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        world.tws.mute_orders = True
        assert states(await world.submit("a", "buy 1 market")) == {"a": "unknown"}

    live(shop, scenario, answer_s=0.3)


def test_while_the_line_is_broken_nothing_is_sent_and_what_was_missed_is_heard_afterwards(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.most_a_move = D(4)
        world.tws.move(1, "100")
        await world.heard()
        await protected(world, 1, "4")
        world.tws.drop()
        word = await world.venue.hear()
        assert word.close_only is not None
        assert "does not answer" in word.close_only["BTC/USDT"].why
        assert states(await world.submit("b", "buy 1 market")) == {"b": "rejected"}
        assert await world.venue.account() is None
        world.tws.move(1, "100")
        await world.until(lambda: world.tws.connections == 2 and world.venue.line.is_up)
        report = await world.heard()
        assert [fill.quantity for fill in report.fills] == [D(4)]
        assert world.venue.silent_s() == 0
        assert states(await world.venue.cancel("d-e"))["d-e"] == "cancelled"

    live(shop, scenario)


def test_the_line_is_there_again_when_the_fees_of_what_was_missed_are_known(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.holds_fees = True
        world.tws.drop()
        world.tws.move(1, "100")
        await world.until(lambda: world.tws.connections == 2 and world.venue.line.ib.fills())
        assert not world.venue.line.is_up
        assert await world.venue.account() is None
        assert states(await world.submit("b", "buy 1 market")) == {"b": "rejected"}
        world.tws.tell_fees()
        await world.until(lambda: world.venue.line.is_up)
        report = await world.heard()
        assert [(fill.quantity, fill.fee, fill.fee_currency) for fill in report.fills] == [(D(10), D(1), "USDT")]

    live(shop, scenario)


def test_a_gateway_that_has_lost_the_broker_takes_no_order_until_it_has_it_again(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        world.tws.tell(1100, "Connectivity between IBKR and Trader Workstation has been lost.")
        await world.until(lambda: not world.venue.line.is_up)
        word = await world.venue.hear()
        assert word.close_only is not None
        assert states(await world.submit("a", "buy 1 market")) == {"a": "rejected"}
        assert world.venue.book("BTC/USDT") is None
        world.tws.tell(1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained.")
        await world.until(lambda: world.venue.line.is_up)
        assert (await world.venue.hear()).close_only == {}
        assert states(await world.submit("b", "buy 1 market")) == {"b": "accepted"}
        assert world.tws.connections == 1

    live(shop, scenario)


def test_a_position_that_is_sold_gives_its_attached_stop_up_first(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        await entered(world)
        world.tws.move(1, "100")
        await world.heard()
        await protected(world, 1, "10")
        assert states(await world.venue.cancel("d-x1"))["d-x1"] == "cancelled"
        assert world.tws.working() == []
        await world.submit("d-c", "sell 10 market", decision="d")
        world.tws.move(1, "100")
        assert states(await world.heard())["d-c"] == "filled"
        assert world.venue.line.held() == {}

    live(shop, scenario)


def test_open_orders_of_another_run_are_seen(shop: Any) -> None:
    async def main() -> None:
        async with TwsWorld(shop) as world:
            await world.submit("a", "buy 1 limit 50")
            assert world.venue.foreign() == ()
            await world.venue.line._close()
            await asyncio.sleep(0.05)
            async with world.opening(world.tws.port, run="other") as other:
                assert other.foreign() == ("trib-contract-a",)

    asyncio.run(main())


def test_a_session_that_comes_back_finds_its_orders_and_hears_what_was_traded_meanwhile(shop: Any) -> None:
    async def main() -> None:
        async with TwsWorld(shop) as world:
            world.tws.move(1, "100")
            await world.venue.line.settled()
            await entered(world)
            world.tws.most_a_move = D(4)
            world.tws.move(1, "100")
            first = (await world.heard()).fills[0]
            await protected(world, 1, "4")
            entry, stop = world.venue._shelf.of("d-e").order, world.venue._shelf.of("d-x1").order
            await world.venue.line._close()
            await asyncio.sleep(0.05)
            world.tws.move(1, "100")
            async with world.opening(world.tws.port) as again:
                world.venue = again
                again.adopt((entry, stop), (("BTC/USDT", first.trade_id),), {"BTC/USDT": D(4)})
                report = await world.heard()
                assert [(fill.order_id, fill.quantity) for fill in report.fills] == [("d-e", D(4))]
                assert {order.order_id for order in await again.open_orders()} == {"d-e", "d-x1"}
                world.tws.most_a_move = None
                assert states(await protected(world, 2, "8")) == {"d-x2": "accepted"}
                assert len(world.tws.working()) == 2
                world.tws.move(1, "94")
                await world.heard()
                assert again.line.held() == {}

    asyncio.run(main())


def test_an_entry_whose_fate_is_not_known_is_looked_for_and_never_sent_twice(shop: Any) -> None:
    async def main() -> None:
        async with TwsWorld(shop) as world:
            entry = world.order("d-e", "buy 10 limit 90", trail="5", decision="d")
            await world.venue.submit(entry)
            await world.venue.line._close()
            await asyncio.sleep(0.05)
            async with world.opening(world.tws.port) as again:
                again.adopt((), (), {})
                assert states(await again.settle(entry)) == {"d-e": "accepted"}
                lost = world.order("f-e", "buy 10 limit 90", trail="5", decision="f")
                answer = await again.settle(lost)
                assert states(answer) == {"f-e": "rejected"}
                assert "not sent again" in answer.states[0].note
                assert len(world.tws.orders) == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account": None}, "names no account"),
        ({"account": "U7654321"}, "real money"),
        ({"port": 4001}, "port 4001 serves real money"),
        ({"port": 7496}, "port 7496 serves real money"),
    ],
)
def test_no_line_is_opened_to_real_money_or_to_an_account_that_is_not_named(
    changes: dict[str, Any], words: str
) -> None:
    told = {"account": "DU1", "contracts": {}}
    with pytest.raises(UsageFault, match=words):
        refuse_real(IbSettings.model_validate(told | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account": "DU7777777"}, "serves DU1234567"),
        ({"contracts": {"BTC/USDT": {"isin": "US9999999999"}}}, "no share with ISIN"),
        ({"client_id": 17}, "has a client 17 already"),
    ],
)
def test_another_account_an_unknown_share_and_a_client_id_that_is_taken_end_it_in_words(
    shop: Any, changes: dict[str, Any], words: str
) -> None:
    async def main() -> None:
        async with TwsWorld(shop) as world:
            with pytest.raises(UsageFault, match=words):
                async with world.opening(world.tws.port, **({"client_id": 18} | changes)):
                    pass

    asyncio.run(main())


def test_where_no_gateway_listens_the_user_is_told_what_to_start(shop: Any) -> None:
    async def main() -> None:
        world = TwsWorld(shop)
        port = await world.tws.start()
        await world.tws.stop()
        with pytest.raises(DataFault, match="Start IB Gateway or TWS"):
            async with world.opening(port):
                pass

    asyncio.run(main())


def test_without_its_package_the_user_is_told_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(line.importlib, "import_module", missing)
    with pytest.raises(UsageFault, match=r"tribunal\[ib\]"):
        ib_package()


def test_daily_bars_come_with_the_running_day_and_a_question_without_data_is_an_error(shop: Any) -> None:
    async def scenario(world: TwsWorld) -> None:
        from datetime import date

        double: Tws = world.tws
        double.listings[1].bars += [
            (date(2024, 1, 2), 1.0, 2.0, 0.5, 1.5, 10.0),
            (date(2024, 1, 3), 1.5, 1.6, 1.4, 1.5, 3.0),
        ]
        days = await world.venue.line.days("BTC/USDT", "5 D")
        assert days[-1] == (date(2024, 1, 3), 1.5, 1.6, 1.4, 1.5, 3.0)
        double.bars_fail = 1
        with pytest.raises(DataFault, match="no daily bars"):
            await world.venue.line.days("BTC/USDT", "5 D")

    live(shop, scenario)
