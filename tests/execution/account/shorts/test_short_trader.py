"""A trader that is short on a perpetual: protected, stopped, trailed, bought back, liquidated."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from gate_support import SETTINGS, proposal
from perpetual_support import PERP, STRESSED
from trader_support import KEY, T0, Events

from config.sections.market import PerpetualsSettings
from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.kill_switch.halting import Halt, Reading
from execution.reports import Fill, VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.order import OrderKind, Purpose, Seal, Side
from risk.proposal import Direction
from risk.verdict import Outcome, Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

D, BTC = Decimal, "BTC/USDT"
FREE = STRESSED.model_copy(update={"max_funding_share": None})


class Flatten:
    """A kill switch that sells all from the moment on at which it is pulled."""

    pulled = False

    def read(self, look: int) -> Reading:
        if not self.pulled:
            return Reading()
        return Reading((Halt(scope="all", who="me", why="a drill", given_utc=T0, flatten=True),))


class Shorts:
    """A trader of one perpetual after two hundred quiet bars at 50,000."""

    def __init__(self, leverage: str = "1") -> None:
        self.events, self.switch, self.hour = Events(), Flatten(), -1
        gate = open_gate(FREE, SETTINGS.exits, KEY, 24.0)
        given = PerpetualsSettings(leverage=D(leverage))
        self.venue = SimulatedVenue({BTC: PERP}, SETTINGS.venue, Seal(KEY), given)
        window, volumes = ReturnWindow((BTC,), 500), VolumeWindow((BTC,), 24.0)
        for i in range(200):
            window.push({BTC: 50_000.0 + 20 * (i % 7)})
            volumes.push({BTC: (50_000.0 + 20 * (i % 7), 1000.0)})
        assert PERP.perpetual is not None
        self.ledger = Ledger(D(10_000), "USDT", margin={BTC: PERP.perpetual}, leverage=D(leverage))
        self.trader = Trader(
            venue=self.venue, driver=self.venue, ledger=self.ledger, sink=self.events, gate=gate, limits=FREE,
            exits=SETTINGS.exits, window=window, volumes=volumes, breakers=BreakerState.fresh(D(10_000), T0),
            bars_per_day=24.0, switch=self.switch, leverage=D(leverage),
        )  # fmt: skip
        self.bar(50_000, 50_000, 50_000, 50_000)

    def bar(self, opened: float, high: float, low: float, close: float) -> None:
        self.hour += 1
        at = T0 + timedelta(hours=self.hour)
        bar = Bar(
            symbol=BTC, timeframe=Timeframe.H1, close_utc=at, open=opened, high=high, low=low, close=close, volume=1000.0
        )  # fmt: skip
        asyncio.run(self.trader.pass_bar(Slice(close_utc=at, bars={BTC: bar})))

    def sell(self) -> Verdict:
        at = T0 + timedelta(hours=self.hour)
        wanted = proposal(
            decision_id=f"d{self.hour}", as_of_utc=at, conviction=1.0, atr_quote=None, direction=Direction.SHORT,
            reference_price=D(50_000),
        )  # fmt: skip
        verdict = self.trader.judge(wanted)
        asyncio.run(self.trader.enter(verdict))
        return verdict

    @property
    def held(self) -> Decimal:
        return self.ledger.quantities().get(BTC, D(0))

    def purposes(self) -> list[Purpose]:
        words = [event for event in self.events.all if isinstance(event, VenueWord)]
        fills: list[Fill] = [fill for word in words for fill in word.report.fills]
        return [fill.purpose for fill in fills]


def short(leverage: str = "1") -> Shorts:
    world = Shorts(leverage)
    verdict = world.sell()
    assert verdict.outcome is Outcome.SIGNED, verdict.binding_rule
    on_its_way = world.trader.portfolio(T0).pending_notional
    assert on_its_way[BTC] == -verdict.notional
    world.bar(50_000, 50_100, 49_950, 50_000)
    assert world.held < 0
    return world


def test_a_short_has_stops_above_it_for_all_of_it_and_its_stop_buys_it_back() -> None:
    world = short()
    orders = asyncio.run(world.venue.open_orders())
    assert {order.side for order in orders} == {Side.BUY}
    assert sum(order.quantity for order in orders if order.kind is OrderKind.STOP) == -world.held
    stop = world.trader.portfolio(T0).positions[0].stop_price
    assert stop is not None
    assert stop > 50_000
    world.bar(50_000, 51_500, 49_990, 51_400)
    assert world.held == 0
    assert set(world.purposes()) == {Purpose.ENTRY, Purpose.STOP_LOSS}
    assert not asyncio.run(world.venue.open_orders())


def test_after_its_target_the_stop_of_the_rest_follows_the_lowest_price_and_never_rises() -> None:
    world = short()
    world.bar(50_000, 50_050, 47_900, 48_000)
    assert Purpose.TAKE_PROFIT in world.purposes()
    assert world.held < 0
    stops = []
    for low in (47_000, 46_000, 46_200):
        world.bar(low + 300, low + 400, low, low + 200)
        stops.append(world.trader.portfolio(T0).positions[0].stop_price)
    assert stops[0] > stops[1] == stops[2]
    world.bar(46_300, 47_500, 46_250, 47_400)
    assert (world.held, world.purposes()[-1]) == (0, Purpose.TRAILING_STOP)


def test_the_kill_switch_buys_back() -> None:
    world = short()
    world.switch.pulled = True
    sales = asyncio.run(world.trader.heed(T0 + timedelta(hours=world.hour)))
    assert [sale.symbol for sale in sales] == [BTC]
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert (world.held, world.purposes()[-1]) == (0, Purpose.STRATEGY_EXIT)


def test_a_short_is_reduced_by_its_size_and_the_rest_stays_protected() -> None:
    world = short()
    before = -world.held
    asyncio.run(world.trader.reduce(BTC, before / 2, T0 + timedelta(hours=world.hour)))
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert D(0) < -world.held <= before / 2 + PERP.lot_size
    orders = asyncio.run(world.venue.open_orders())
    assert sum(order.quantity for order in orders if order.kind is OrderKind.STOP) == -world.held


def test_a_liquidated_short_is_booked_its_orders_are_gone_and_its_loss_is_counted() -> None:
    world = short("3")
    margin = world.ledger.reserved
    assert margin is not None
    world.bar(90_000, 91_000, 89_000, 90_000)
    assert world.held == 0
    assert not asyncio.run(world.venue.open_orders())
    (trade,) = world.ledger.trades
    assert trade.exit_purpose is Purpose.LIQUIDATION
    assert -trade.pnl <= margin + trade.fees
    assert world.trader.breakers.losses_in_a_row == 1
