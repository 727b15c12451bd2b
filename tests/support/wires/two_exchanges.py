"""A session on two standing exchanges, killed at any event of its journal and begun again; each may go away for a while."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from exchange_session import Lived
from standing_exchange import StandingExchange

from config.secrets import journal_key
from config.settings import Settings
from execution.account.routing.health import ResumedHealth
from execution.reports import OrderState, OrderStatus, VenueReport
from execution.simulated.venue import SimulatedVenue
from execution.venues.routed import RoutedExchanges
from market.bar import Slice
from risk.order import Order, Seal

FIRST, SECOND = "binance", "second"
OURS = {"BTC/USDT": Decimal("1.5"), "ETH/USDT": Decimal(2)}
"""Coins of somebody else, on each account."""


class Away(StandingExchange):
    """A standing exchange that may refuse entries, lose the fate of an entry, or be away: then it answers nothing to anybody, and
    what it did is heard when it is back."""

    def __init__(self, venue: SimulatedVenue, loses: float = 0.0, foreign: Mapping[str, Decimal] | None = None) -> None:
        super().__init__(venue, loses, foreign)
        self.refuses = False
        self.loses_entries = False
        self.away = False
        self._held_back: list[VenueReport] = []

    async def submit(self, order: Order) -> VenueReport:
        if self.refuses and not order.reduce_only:
            self.sent[order.order_id] += 1
            return self._kept(_state(order, OrderStatus.REJECTED))
        if self.away or (self.loses_entries and not order.reduce_only):
            self._loses, before = 1.0, self._loses
            try:
                return await super().submit(order)
            finally:
                self._loses = before
        return await super().submit(order)

    async def cancel(self, order_id: str) -> VenueReport:
        if not self.away:
            return await super().cancel(order_id)
        self.loses_cancels, before = 1.0, self.loses_cancels
        try:
            return await super().cancel(order_id)
        finally:
            self.loses_cancels = before

    def go(self) -> None:
        """It is away from now on."""
        self.away = True

    def come(self) -> None:
        """It is back, and says what it has done."""
        self.away = False
        for report in self._held_back:
            super()._say(report)
        self._held_back = []

    def _say(self, report: VenueReport) -> None:
        if self.away and report != VenueReport():
            self._held_back.append(report)
        else:
            super()._say(report)

    async def look(self, symbols: Iterable[str]) -> VenueReport:
        return VenueReport() if self.away else await super().look(symbols)

    def silent_s(self) -> float | None:
        return 3600.0 if self.away else 0.0

    def share_failed(self) -> float | None:
        return 1.0 if self.away else 0.0

    def left_alone_s(self) -> float:
        return 0.0


class TwoStanding(RoutedExchanges):
    """Two of them as one venue, with what a standing feed and a test ask of one."""

    def __init__(self, members: Mapping[str, Away], instruments: Any) -> None:
        super().__init__(members, instruments)
        self.both = dict(members)
        self.before: Callable[[int], object] = lambda number: None
        """What happens before the n-th slice is traded."""

    def awake(self) -> None:
        self._waiting.clear()
        self._places.clear()
        self._open.clear()
        self._bought_at.clear()
        for each in self.both.values():
            each.awake()

    async def trade(self, number: int, shown: Slice) -> None:
        self.before(number)
        for each in self.both.values():
            await each.trade(number, shown)

    async def heard_out(self) -> None:
        for each in self.both.values():
            await each.heard_out()

    @property
    def sent(self) -> Counter[str]:
        return sum((each.sent for each in self.both.values()), Counter())

    async def unprotected(self) -> dict[str, dict[str, Decimal]]:
        return {name: bare for name, each in self.both.items() if (bare := await each.unprotected())}


class TwoLived(Lived):
    """A session on two exchanges. The second has the lower fee, so it takes the entries while it may."""

    def __init__(self, days: int = 3, second_cash: str = "5000", **second: Any) -> None:
        super().__init__(days=days)
        self.settings = _settings(self.settings, {"cash": second_cash, "taker_fee_bps": "1", **second})
        key = journal_key()
        venue = self.settings.venue
        rules = {name: dict(self.tape.instruments) for name in venue.members}
        rules[SECOND] = {s: r.model_copy(update={"taker_fee_bps": Decimal(1)}) for s, r in rules[SECOND].items()}
        made = {
            name: Away(SimulatedVenue(rules[name], each, Seal(key)), foreign=OURS)
            for name, each in venue.members.items()
        }
        self.exchange = TwoStanding(made, self.tape.instruments)
        self.health = lambda past: (
            self.exchange if past is None else ResumedHealth(past, lambda: past.past, self.exchange)
        )

    @property
    def first(self) -> Away:
        return self.exchange.both[FIRST]  # type: ignore[no-any-return]

    @property
    def second(self) -> Away:
        return self.exchange.both[SECOND]  # type: ignore[no-any-return]


def _settings(settings: Settings, second: dict[str, Any]) -> Settings:
    also = {"name": SECOND, "exchange": "kraken", **second}
    return settings.model_copy(
        update={"venue": settings.venue.model_validate(settings.venue.model_dump() | {"also": [also]})}
    )


def _state(order: Order, status: OrderStatus) -> VenueReport:
    state = OrderState(
        order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status,
        at_utc=order.created_utc, note="refused",
    )  # fmt: skip
    return VenueReport(states=(state,))
