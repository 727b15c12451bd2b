"""A real exchange behind the protocol of every venue. This file has its signatures first; what stands behind them follows."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from config.clock import Clock, SystemClock
from config.sections.venue import VenueSettings
from execution.reports import VenueAccount, VenueReport
from market.book import Book
from market.instrument import Instrument
from risk.order import Order


class ExchangeKeys(NamedTuple):
    """Keys of one account at one exchange. Never logged; `repr` hides them."""

    key: str
    secret: str
    password: str | None = None

    def __repr__(self) -> str:
        return "ExchangeKeys(***)"


class ExchangeVenue:
    """One account at one exchange. Use `async with ExchangeVenue.open(...)`: it closes its connections."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: VenueSettings,
        keys: ExchangeKeys,
        *,
        symbols: Iterable[str],
        key: bytes,
        run: str,
        live: bool,
        folder: Path,
        seed: int,
        clock: Clock | None = None,
    ) -> AsyncIterator["ExchangeVenue"]:
        """Connect, measure the clock, and read the markets' rules and the account.

        `key`: the journal's key, which gives the gate's seal. `run`: what tells this journal from every other, the same after a
        restart. `live`: real money, or else the exchange's own test network. `folder`: where markets are cached.
        Raises UsageFault for what this exchange cannot do safely or an account that it refuses; DataFault without an answer.
        """
        raise NotImplementedError
        yield cls()

    def instruments(self) -> dict[str, Instrument]:
        raise NotImplementedError

    async def submit(self, order: Order) -> VenueReport:
        raise NotImplementedError

    async def cancel(self, order_id: str) -> VenueReport:
        raise NotImplementedError

    async def hear(self) -> VenueReport | None:
        raise NotImplementedError

    async def account(self) -> VenueAccount | None:
        """The account as last received: total cash [quote] and total coins by symbol [base], with what open orders bind.

        None until it was received without a fill in between that nobody has heard yet.
        """
        raise NotImplementedError

    async def open_orders(self) -> tuple[Order, ...]:
        raise NotImplementedError

    def book(self, symbol: str) -> Book | None:
        raise NotImplementedError

    async def settle(self, order: Order) -> VenueReport:
        """Answer for an order whose intent is journaled and may have been sent before a crash: looked for first, and sent only
        if its absence is proven. The answer is one of `submit`."""
        raise NotImplementedError

    def adopt(
        self,
        orders: Iterable[Order],
        trade_ids: Iterable[tuple[str, str]],
        held: Mapping[str, Decimal],
        done: Iterable[str] = (),
    ) -> None:
        """Take over from the journal after a restart: orders that were sent and are not done, trades that are booked as
        (symbol, trade id), quantities that the ledger holds by symbol [base], and ids of orders that are done."""
        raise NotImplementedError

    async def foreign(self) -> tuple[str, ...]:
        """Client ids of open orders that this program placed on this account, and no journal that was adopted names."""
        raise NotImplementedError

    def halted(self) -> Mapping[str, str]:
        """Symbols in which no entry is taken, with the reason: evidence contradicts itself, or an order's fate stays unknown."""
        raise NotImplementedError
