"""Which exchange takes an entry, what follows when it does not, and where exits go."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from routed_world import SYMBOL, A, B, RoutedWorld, states_in

from execution.account.close_only import MarketClosed
from execution.account.routing.failover import FRESH
from execution.account.routing.routes import SPARE
from execution.kill_switch.halting import Halt, HaltEvent, Reading
from execution.reports import (
    Balances,
    CloseOnly,
    Fill,
    Liquidity,
    OrderState,
    OrderStatus,
    VenueAccount,
    VenueReport,
)
from risk.order import Purpose, Side
from risk.verdict import Outcome

D = Decimal


def test_the_lower_fee_wins_and_the_position_its_stops_and_its_money_lie_there() -> None:
    world = RoutedWorld()
    assert world.buy().outcome is Outcome.SIGNED
    world.bar(50_010)
    assert world.place == B
    assert {order.account for order in world.events.orders()} == {B}
    assert world.ledger.cash_at(A) == 6000
    assert world.ledger.cash_at(B) < 4000
    assert world.trader.portfolio(world.now).positions[0].stop_price is not None


def test_a_wide_spread_costs_more_than_a_low_fee_saves() -> None:
    world = RoutedWorld(spread_bps=20.0)
    world.buy()
    world.bar(50_010)
    assert world.place == A


def test_costs_within_a_basis_point_go_to_the_first_of_the_profile() -> None:
    world = RoutedWorld(fees=("10", "9.5"))
    world.buy()
    (routed,) = world.events.routes()
    assert {each.account for each in routed.candidates} == {A, B}
    assert routed.chosen == A


def test_an_exchange_without_the_money_for_all_of_it_is_no_candidate() -> None:
    world = RoutedWorld(cash=("9900", "100"))
    world.buy()
    (routed,) = world.events.routes()
    assert "free" in routed.unfit[B]
    assert routed.chosen == A


def test_the_gate_signs_no_more_than_the_richest_exchange_can_pay() -> None:
    world = RoutedWorld()
    asked = world.trader.situation(world.wanted())
    assert asked.most_free == 6000
    whole = world.gate.judge(asked)
    less = world.gate.judge(replace(asked, most_free=whole.notional / 2))
    assert less.binding_rule == "cash"
    assert whole.notional / 2 * D("0.98") < less.notional < whole.notional / 2


def test_an_exchange_that_is_not_well_takes_no_entry_and_keeps_its_position() -> None:
    world = RoutedWorld()
    world.buy()
    world.bar(50_010)
    world.unwell[B] = "it is away"
    assert world.leave() is not None
    world.bar(50_020)
    assert world.place is None
    world.buy()
    assert world.events.routes()[-1].unwell == {B: "it is away"}
    assert world.events.routes()[-1].chosen == A


def test_where_none_may_take_it_the_verdict_is_a_refusal_that_says_why() -> None:
    world = RoutedWorld()
    world.unwell.update({A: "it is away", B: "it wants to be left alone"})
    verdict = world.buy()
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.binding_rule == "route"
    assert verdict.rules[-1].note == "binance: it is away; second: it wants to be left alone"
    assert world.events.orders() == []
    assert world.trader.portfolio(world.now).pending_notional == {}


def test_what_is_refused_goes_to_the_next_one_with_another_id_once() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "refuses"
    world.buy()
    first, second = world.entries()
    assert (first.account, second.account) == (B, A)
    assert first.order_id != second.order_id
    assert world.events.routes()[-1].unfit == {B: "it has refused this entry"}
    world.bar(50_010)
    assert world.place == A


def test_what_both_refuse_is_given_up() -> None:
    world = RoutedWorld()
    world.venues[A].mode = world.venues[B].mode = "refuses"
    world.buy()
    assert [order.account for order in world.entries()] == [B, A]
    assert world.events.routes()[-1].chosen is None
    assert world.trader.portfolio(world.now).pending_notional == {}
    world.bar(50_010)
    assert world.place is None


@pytest.mark.parametrize("mode", ["loses", "loses the question"])
def test_what_is_of_unknown_fate_is_not_sent_elsewhere_before_its_absence_is_proven(mode: str) -> None:
    world = RoutedWorld()
    world.venues[B].mode = mode
    world.buy()
    assert [order.account for order in world.entries()] == [B]
    assert world.buy().outcome is Outcome.REFUSED, "an entry is under way"
    world.found()
    expected = [B] if mode == "loses" else [B, A]
    assert [order.account for order in world.entries()] == expected
    world.bar(50_010)
    assert world.place == expected[-1]


def test_what_is_found_to_be_absent_too_late_is_given_up() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "loses the question"
    world.buy()
    (order,) = world.entries()
    gone = OrderState(
        order_id=order.order_id, decision_id=order.decision_id, symbol=SYMBOL, status=OrderStatus.REJECTED,
        at_utc=order.created_utc + FRESH * 1.1,
    )  # fmt: skip
    world.hear(B, VenueReport(states=(gone,)))
    assert [each.account for each in world.entries()] == [B]
    assert world.trader.portfolio(world.now).pending_notional == {}


def test_an_entry_that_was_withdrawn_is_sent_nowhere_else() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "loses the question"
    world.buy()
    (of,) = world.trader._orders.entering
    world.trader._orders.withdraw_entry(SYMBOL)
    world.found()
    assert of.withdrawn
    assert [order.account for order in world.entries()] == [B]


def test_what_an_exchange_took_that_said_it_refused_is_sold_where_it_lies() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "lies"
    world.buy()
    assert [order.account for order in world.entries()] == [B, A]
    world.bar(50_010)
    assert world.place == A
    strays = world.ledger.strays()
    assert [(held.account, held.quantity > 0) for held in strays] == [(B, True)]
    closed = [event for event in world.events.all if isinstance(event, MarketClosed)]
    assert [(event.account, event.status) for event in closed] == [(B, "begins")]
    world.bar(50_020)
    assert world.ledger.strays() == ()
    assert world.ledger.owned_at(B) == {}
    assert world.place == A
    sold = [order for order in world.events.orders() if order.reduce_only and order.account == B]
    assert [(order.purpose, order.quantity) for order in sold] == [(Purpose.STOP_LOSS, strays[0].quantity)]


def test_a_market_that_is_close_only_at_one_exchange_is_bought_at_the_other() -> None:
    world = RoutedWorld()
    world.hear(B, VenueReport(close_only={SYMBOL: CloseOnly(why="two orders under one client id")}))
    world.buy()
    (routed,) = world.events.routes()
    assert (routed.chosen, routed.unfit) == (A, {B: "two orders under one client id"})


def test_an_account_that_differs_from_the_ledger_takes_no_entry_until_it_agrees_again() -> None:
    world = RoutedWorld()
    right, wrong = (Balances(cash=D(cash), held={}) for cash in (4000, 3000))
    for told in (right, wrong, wrong):
        world.hear(B, VenueReport(account=VenueAccount(cash=told.cash, held={}, members={})))
    world.buy()
    assert world.events.routes()[-1].chosen == A
    assert world.events.routes()[-1].unfit[B].startswith("second holds 3000 of USDT")


def test_where_both_contradict_the_ledger_the_gate_takes_no_new_risk() -> None:
    world = RoutedWorld()
    for name in (A, B):
        world.hear(name, VenueReport(close_only={SYMBOL: CloseOnly(why="its clock is off")}))
    verdict = world.buy()
    assert verdict.binding_rule == "data_quality"
    assert world.events.routes() == []


def test_where_funding_costs_more_than_the_fee_saves_a_long_hold_goes_elsewhere_and_a_short_one_does_not() -> None:
    chosen = {}
    for hours in (None, 9, 48):
        world = RoutedWorld(multiple="3")
        for _ in range(8):
            world.bar(50_000)
        world.bar(50_000, rate=0.0001)
        world.buy(None if hours is None else timedelta(hours=hours))
        (routed,) = world.events.routes()
        chosen[hours] = routed.chosen
        told = {each.account: each.funding for each in routed.candidates}
        assert told[B] == 3 * told[A]
    assert chosen == {None: B, 9: B, 48: A}  # 5 bps of fee against 2 bps more of funding, once and six times


def test_funding_is_charged_where_the_position_lies_and_at_that_exchanges_multiple() -> None:
    world = RoutedWorld(multiple="3")
    world.buy()
    world.bar(50_000)
    held, before = world.ledger.position(SYMBOL), world.ledger.cash_at(B)
    assert held is not None
    assert held.account == B
    world.bar(50_000, rate=0.0001)
    assert world.ledger.funding == held.quantity * 50_000 * D("0.0003")
    assert world.ledger.cash_at(B) == before - world.ledger.funding
    assert world.ledger.cash_at(A) == 6000


def test_an_entry_that_waits_elsewhere_is_withdrawn_when_the_first_exchange_had_bought_after_all() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "lies"
    world.buy()
    first, second = world.entries()
    fill = Fill(
        trade_id="1", order_id=first.order_id, decision_id=first.decision_id, symbol=SYMBOL, side=Side.BUY,
        purpose=Purpose.ENTRY, quantity=first.quantity, price=D(50_000), fee=D(0), fee_currency="USDT",
        liquidity=Liquidity.TAKER, filled_utc=world.now,
    )  # fmt: skip
    world.hear(B, VenueReport(fills=(fill,)))
    assert world.place == B
    assert second.account == A
    assert [state.status for state in states_in(world.events.all) if state.order_id == second.order_id][
        -1
    ] == "cancelled"


def test_a_market_whose_position_lies_at_an_exchange_is_bought_there_alone_however_cheap_the_other_is() -> None:
    world = RoutedWorld()
    world.unwell[B] = "it is away"
    world.buy()
    world.unwell.clear()
    world.bar(50_010)
    assert world.place == A
    (first,) = world.entries()
    of = world.trader._orders.of_decision(first.decision_id)
    routes = world.trader._routes
    assert routes is not None
    routed = routes.route(first, of, world.now)
    assert (routed.chosen, routed.unfit) == (A, {B: "the position lies at binance"})
    assert routes.most_free(SYMBOL) == world.ledger.cash_at(A)
    assert world.trader.book(SYMBOL) == routes._book(A, SYMBOL)


class Down:
    """A kill switch that is down when a test says so; it takes no new risk, and sells if it says so."""

    def __init__(self, *, flatten: bool = False) -> None:
        self.down, self._flatten = False, flatten

    def read(self, look: int) -> Reading:
        halt = Halt(
            scope="all", who="a drill", given_utc=None, why="a drill", flatten=self._flatten, cancels=self._flatten
        )  # fmt: skip
        return Reading((halt,) if self.down else ())


def test_nothing_is_sent_elsewhere_while_the_kill_switch_is_down() -> None:
    switch = Down()
    world = RoutedWorld(switch=switch)
    world.venues[B].mode = "loses the question"
    world.buy()
    switch.down = True
    asyncio.run(world.trader.heed(world.now))
    world.found()
    assert [order.account for order in world.entries()] == [B]


def test_money_that_an_entry_under_way_may_need_is_not_free() -> None:
    world = RoutedWorld()
    world.venues[B].mode = "loses"
    notional = world.buy().notional
    routes = world.trader._routes
    assert routes is not None
    assert notional > 0
    assert routes._free(B) == world.ledger.cash_at(B) - notional * SPARE
    assert routes._free(A) == world.ledger.cash_at(A)


def test_flat_is_not_said_while_something_lies_astray() -> None:
    switch = Down(flatten=True)
    world = RoutedWorld(switch=switch)

    def heed() -> list[str]:
        asyncio.run(world.trader.heed(world.now))
        return [event.action for event in world.events.all if isinstance(event, HaltEvent)]

    world.venues[B].mode = "lies"
    world.buy()
    world.venues[B].mode = "refuses all"
    world.bar(50_010)
    assert world.ledger.strays()
    switch.down = True
    heed()
    world.bar(50_020)
    assert world.ledger.positions() == ()
    assert heed() == ["halted"]
    world.venues[B].mode = "well"
    world.bar(50_030)
    asyncio.run(world.trader._protection.tidy(world.now))
    world.bar(50_040)
    assert world.ledger.strays() == ()
    assert heed() == ["halted", "flat"]
