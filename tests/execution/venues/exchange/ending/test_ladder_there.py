"""The whole of a position at a real exchange, by the account itself: bought at the touch, half sold at the target, the rest by a
stop that trails."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_support import BTC, JOURNAL_KEY, Trading, trading
from gate_support import ANY_PRICE, SETTINGS, proposal
from trader_support import Events
from wire_support import START, bars

from config.sections.venue import EntrySettings
from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.venues.continued import ContinuedVenue
from execution.venues.sealing import open_gate
from risk.breakers import BreakerState
from risk.order import Order, OrderKind, Purpose
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

D = Decimal
PATH = (
    "100 100.5 99.5 100",
    "100 100.5 99 100",
    "100 104 100 104",
    "104 108 104 108",
    "108 108 100 100",
    "100 100 100 100",
)


class Session:
    """The account of a session that trades there, bar after bar."""

    def __init__(self, on: Trading) -> None:
        self.on, self.events, self.bar = on, Events(), 0
        window, volumes = ReturnWindow((BTC,), 500), VolumeWindow((BTC,), 24.0)
        for number in range(200):
            window.push({BTC: 100.0 + 0.04 * (number % 7)})
            volumes.push({BTC: (100.0, 1000.0)})
        window.push({BTC: 100.0})
        self.ledger = Ledger(D(10_000), "USDT", on.venue.instruments())
        self.venue = ContinuedVenue(on.venue, on.venue.instruments(), 3600.0)
        self.venue.ledger = self.ledger
        self.trader = Trader(
            venue=self.venue, driver=None, ledger=self.ledger, sink=self.events,
            gate=open_gate(ANY_PRICE, SETTINGS.exits, JOURNAL_KEY, 24.0), limits=ANY_PRICE, exits=SETTINGS.exits, window=window,
            volumes=volumes, breakers=BreakerState.fresh(D(10_000), START), bars_per_day=24.0,
            entries=EntrySettings(how="touch"), close_together=8,
        )  # fmt: skip
        self.slices = bars(PATH)

    async def close(self) -> None:
        """The exchange plays a bar, and the session sees that it has closed."""
        self.on.exchange.advance()
        await self.hear()
        shown, self.bar = self.slices[self.bar], self.bar + 1
        await self.trader.pass_bar(shown)
        await self.hear()

    async def hear(self) -> None:
        """Book what is heard until nothing comes for a while."""
        while True:
            try:
                async with asyncio.timeout(1.0):
                    word = await self.venue.hear()
            except TimeoutError:
                return
            assert word is not None
            await self.trader.hear(word, self.slices[self.bar].close_utc if self.bar < len(self.slices) else START)

    def orders(self, purpose: Purpose) -> list[Order]:
        return [order for order in self.events.orders() if order.purpose is purpose]


@pytest.mark.slow
def test_a_position_is_bought_at_the_touch_half_sold_at_the_target_and_the_rest_by_a_trailing_stop(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with trading(tmp_path, PATH, balances={"USDT": "10000", "BTC": "7"}, fee_in_quote=True) as on:
            session = Session(on)
            await session.close()
            at = START + timedelta(hours=1)
            wanted = proposal(
                decision_id="d", symbol=BTC, as_of_utc=at, conviction=1.0, atr_quote=None, reference_price=D(100)
            )
            verdict = session.trader.judge(wanted)
            assert verdict.order is not None, verdict
            await session.trader.enter(verdict)
            await session.close()
            bought = session.ledger.quantities()[BTC]
            assert {order.kind for order in session.orders(Purpose.ENTRY)} == {OrderKind.LIMIT}
            await session.close()
            await session.hear()
            left = session.ledger.quantities()[BTC]
            assert D("0.4") < left / bought < D("0.6"), "half at three percent"
            await session.close()
            await session.close()
            await session.hear()
            assert session.ledger.quantities() == {}
            assert len(session.orders(Purpose.TRAILING_STOP)) >= 1
            assert on.exchange.purse.total("BTC") == D(7), "the seven coins that were there before"
            assert session.ledger.realised > 0

    asyncio.run(main())
