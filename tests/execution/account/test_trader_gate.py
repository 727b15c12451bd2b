"""What the trader tells the gate of the moment: time, price, book, errors, and what else is proposed."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import BTC, LIMITS, SETTINGS, proposal
from perpetual_support import PERP
from trader_support import KEY, T0, Events, World

from execution.account.ledger import Ledger
from execution.account.order_errors import OrderErrors
from execution.account.trader import Trader
from execution.reports import Fill, Liquidity, OrderState, OrderStatus, VenueReport
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.order import Purpose, Seal, Side
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome, RuleReport, Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

PAIR = ("BTC/USDT", "ETH/USDT")
PRICES = {"BTC/USDT": "50000", "ETH/USDT": "2000"}
DAY = timedelta(days=1)


def rule_of(verdict: Verdict, code: str) -> RuleReport:
    return next(report for report in verdict.rules if report.code == code)


def told(world: World, **changes: Any) -> Verdict:
    wanted = proposal(**{"as_of_utc": world.now, "conviction": 1.0, "atr_quote": None, **changes})
    return world.trader.judge_by(world.gate, wanted)


@pytest.mark.parametrize("off", [timedelta(minutes=2), -timedelta(hours=1), 400 * DAY, -400 * DAY])
def test_a_proposal_of_another_time_is_refused_and_the_trader_forgets_nothing_for_it(off: timedelta) -> None:
    world = World(limits=LIMITS.model_copy(update={"max_entries_per_day": 1}))
    assert world.buy().outcome is Outcome.SIGNED
    stale = told(world, as_of_utc=world.now + off)
    assert rule_of(stale, "stale_proposal").number == abs(off) / timedelta(seconds=1)
    assert stale.outcome is Outcome.REFUSED
    assert rule_of(told(world), "order_rate").number == 1.0


def test_a_price_is_held_against_the_last_close_that_was_believed() -> None:
    world = World()
    assert told(world, reference_price=Decimal("50300")).binding_rule == "reference_price"
    world.bar(50_000, 50_400, 50_000, 50_300)
    assert rule_of(told(world, reference_price=Decimal("50300")), "reference_price").number == 0.0


def test_a_thin_book_cuts_and_one_that_shows_nothing_refuses() -> None:
    world = World()
    world.bar(50_000, 50_000, 50_000, 50_000, volume=0.1)
    thin = told(world)
    assert (thin.binding_rule, thin.notional) == ("expected_slippage", Decimal("99.5")), (
        "a lot less than the book shows"
    )
    world.bar(50_000, 50_000, 50_000, 50_000, volume=0.0)
    assert told(world).binding_rule == "spread"


def test_an_account_whose_orders_go_wrong_takes_no_new_risk_for_a_day() -> None:
    world = World(around=Refusing)
    for hour in range(6):
        assert rule_of(world.buy(), "error_rate").number == hour
        world.bar(50_000, 50_000, 50_000, 50_000)
    assert (world.buy().binding_rule, world.held) == ("error_rate", 0)
    for _ in range(17):
        world.bar(50_000, 50_000, 50_000, 50_000)
    assert told(world).binding_rule == "error_rate"
    world.bar(50_000, 50_000, 50_000, 50_000)
    assert told(world).outcome is Outcome.SIGNED


class Refusing:
    """A venue that rejects every order."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, order: Any) -> VenueReport:
        return VenueReport(states=(state(order.order_id, OrderStatus.REJECTED),))


def state(order_id: str, status: OrderStatus) -> OrderState:
    return OrderState(order_id=order_id, decision_id="d", symbol="BTC/USDT", status=status, at_utc=T0)


def test_rejected_and_lost_orders_count_once_each_and_for_a_day() -> None:
    errors = OrderErrors()
    errors.note([state("a", OrderStatus.REJECTED), state("b", OrderStatus.FILLED), state("c", OrderStatus.UNKNOWN)], T0)
    errors.note([state("c", OrderStatus.REJECTED), state("d", OrderStatus.CANCELLED)], T0 + DAY / 2)
    assert errors.since(T0 - DAY / 24) == 2
    assert errors.since(T0) == 0


def pair(market: Instrument = BTC, **limits: Any) -> Trader:
    """A trader of two quiet markets, one four times as wild as the other."""
    window = ReturnWindow(PAIR, 500)
    for i in range(200):
        window.push({"BTC/USDT": 50_000.0 * (1 + 0.001 * (i % 7)), "ETH/USDT": 2_000.0 * (1 + 0.004 * (i % 5))})
    tight = LIMITS.model_copy(update={"max_correlation": 1.0, **limits})
    gate = open_gate(tight, SETTINGS.exits, KEY, 24.0)
    markets = {symbol: market.model_copy(update={"symbol": symbol, "base": symbol[:3]}) for symbol in PAIR}
    venue = SimulatedVenue(markets, SETTINGS.venue, Seal(KEY))
    trader = Trader(
        venue=venue, driver=venue, limits=tight, exits=SETTINGS.exits, ledger=Ledger(Decimal(10_000), "USDT"), sink=Events(),
        gate=gate,
        window=window, volumes=VolumeWindow(PAIR, 24.0), breakers=BreakerState.fresh(Decimal(10_000), T0), bars_per_day=24.0,
    )  # fmt: skip
    bars = {
        symbol: Bar(
            symbol=symbol, timeframe=Timeframe.H1, close_utc=T0, open=float(p), high=float(p), low=float(p), close=float(p),
            volume=1e5,
        )
        for symbol, p in PRICES.items()
    }  # fmt: skip
    asyncio.run(trader.pass_bar(Slice(close_utc=T0, bars=bars)))
    return trader


def wanted(symbol: str, docket: tuple[str, ...]) -> Proposal:
    return proposal(
        decision_id=symbol, symbol=symbol, as_of_utc=T0, conviction=1.0, atr_quote=None, docket=docket,
        reference_price=Decimal(PRICES[symbol]),
    )  # fmt: skip


def test_what_is_proposed_together_shares_the_risk_in_whatever_order_it_is_judged() -> None:
    sizes = []
    for order in (PAIR, PAIR[::-1]):
        trader = pair(risk_parity=True, max_var_1d=0.0005)
        sizes.append({symbol: trader.judge(wanted(symbol, PAIR)) for symbol in order})
    for both in sizes:
        assert {verdict.binding_rule for verdict in both.values()} == {"equal_risk"}
        assert both["BTC/USDT"].notional > 2 * both["ETH/USDT"].notional > 0
    assert sizes[0]["BTC/USDT"].notional == sizes[1]["BTC/USDT"].notional
    assert sizes[0]["ETH/USDT"].notional == sizes[1]["ETH/USDT"].notional


def test_a_docket_of_perpetuals_says_which_side_each_is_on() -> None:
    trader = pair(PERP, risk_parity=True)
    short = wanted("BTC/USDT", PAIR).model_copy(update={"direction": Direction.SHORT, "shorts": ("BTC/USDT",)})
    for asked, signs in (
        (wanted("BTC/USDT", PAIR), (1, 1)),
        (short, (-1, 1)),
        (short.model_copy(update={"shorts": ()}), (-1, 1)),
        (short.model_copy(update={"shorts": PAIR}), (-1, -1)),
        (wanted("ETH/USDT", PAIR).model_copy(update={"shorts": ("BTC/USDT",)}), (-1, 1)),
    ):
        docket = trader.situation(asked, shared=True).docket
        assert docket is not None
        assert docket.signs == signs
    spot = pair(risk_parity=True).situation(short, shared=True).docket
    assert spot is not None
    assert spot.signs is None


def test_a_docket_of_markets_that_are_not_traded_here_leaves_nothing() -> None:
    trader = pair(risk_parity=True)
    assert trader.judge(wanted("BTC/USDT", ("BTC/USDT", "NONE/USDT"))).outcome is Outcome.REFUSED
    assert trader.judge(wanted("BTC/USDT", ("ETH/USDT",))).outcome is Outcome.REFUSED
    assert trader.judge(wanted("BTC/USDT", ("BTC/USDT",))).outcome is Outcome.SIGNED


def test_a_docket_that_does_not_name_the_proposed_market_leaves_nothing_also_where_that_is_held() -> None:
    trader = pair(risk_parity=True)
    held = wanted("BTC/USDT", ()).model_copy(update={"held_share": 0.5})
    bought = Fill(
        trade_id="t", order_id="o", decision_id="d", symbol="BTC/USDT", side=Side.BUY, purpose=Purpose.ENTRY,
        quantity=Decimal("0.001"), price=Decimal(PRICES["BTC/USDT"]), fee=Decimal(0), fee_currency="USDT",
        liquidity=Liquidity.TAKER, filled_utc=T0,
    )  # fmt: skip
    trader.ledger.apply(bought)
    assert trader.situation(held, shared=True).docket is None
    assert trader.situation(held.model_copy(update={"docket": ("BTC/USDT",)}), shared=True).docket is not None
    assert trader.judge(held).outcome is Outcome.REFUSED
