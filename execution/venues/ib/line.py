"""The line to a gateway of Interactive Brokers: opened on one verified account, and opened again when it breaks.

Only this folder imports ib_async, and only when a session needs it. Two of its ways are mended here: the price of a trailing stop
that moves is taken over (its issue 102), and a question without data is an error and not an empty list. What the gateway restarts
each day is met by connecting again under the same client id: with another one our orders could neither be seen nor cancelled.

It sends no order and decides nothing.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from config.clock import Clock
from config.errors import DataFault, UsageFault
from config.sections.brokers.ib import LIVE_PORTS, PAPER_ACCOUNTS, IbSettings
from market.instrument import Instrument

if TYPE_CHECKING:
    import ib_async

MISSING = (
    'Interactive Brokers needs packages that are not installed. Nothing was started. Run: pip install "tribunal[ib]"'
)
_LONGEST_PAUSE_S = 30.0
LOOK_S = 0.01
"""How often it is looked whether something has come [s]."""
_LOST, _RESTORED = 1100, (1101, 1102)
"""Codes with which a gateway says that it has lost the broker, and has it again."""

Day = tuple[date, float, float, float, float, float]
"""Date, open, high, low, close [quote] and volume [shares] of a daily bar."""


class Listed(NamedTuple):
    """A contract and its trading rules."""

    contract: "ib_async.Contract"
    tick_size: Decimal
    lot_size: Decimal
    zone: str


def ib_package() -> Any:
    """The package ib_async, whose log is kept quiet. Raises UsageFault where it is not installed."""
    try:
        package = importlib.import_module("ib_async")
    except ImportError:
        raise UsageFault(MISSING) from None
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    return package


def keep_trailing(ib: "ib_async.IB") -> None:
    """Take over the price of a trailing stop that has moved: ib_async 2.1.0 drops it for an order that it knows."""
    known, wrapper = ib.wrapper.openOrder, ib.wrapper

    def open_order(order_id: int, contract: Any, order: Any, state: Any) -> None:
        trade = wrapper.trades.get(wrapper.orderKey(order.clientId, order.orderId, order.permId))
        if trade is not None:
            trade.order.trailStopPrice, trade.order.lmtPriceOffset = order.trailStopPrice, order.lmtPriceOffset
        known(order_id, contract, order, state)

    wrapper.openOrder = open_order  # type: ignore[method-assign,assignment]


class Line:
    """One connection to one account. Use `async with Line.open(...)`."""

    def __init__(self, settings: IbSettings, clock: Clock) -> None:
        """Use `open`."""
        self.package = ib_package()
        self.settings, self._clock = settings, clock
        self.ib: ib_async.IB = self.package.IB()
        self.ib.RaiseRequestErrors = True
        self.listed: dict[str, Listed] = {}
        self.currency = ""
        self.lost: Callable[[], None] = lambda: None
        self.returned: Callable[[], None] = lambda: None
        """Are called when the line is broken, and when it is there again."""
        self._cut = False
        """Whether the gateway has said that it has lost the broker (1100)."""
        self._lost_utc: Any = None
        self._again: asyncio.Task[None] | None = None
        self._closing = False

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: IbSettings, symbols: tuple[str, ...], clock: Clock) -> AsyncIterator["Line"]:
        """Connect, verify the account, and find the contracts of these markets.

        Raises UsageFault for a gateway of real money, another account, a client id that is taken and an unknown share; DataFault
        where no gateway answers.
        """
        refuse_real(settings)
        line = cls(settings, clock)
        keep_trailing(line.ib)
        try:
            await line._connect_first()
            line._refuse_account()
            await line._fees_told()
            for symbol in symbols:
                line.listed[symbol] = await line._find(symbol)
            line.currency = symbols[0].partition("/")[2]
            for listed in line.listed.values():
                line.ib.reqMktData(listed.contract)
            line.ib.disconnectedEvent += line._broken
            line.ib.errorEvent += line._told
            yield line
        finally:
            await line._close()

    @property
    def is_up(self) -> bool:
        """Whether the gateway is connected, the broker is behind it, and all that was missed while it was broken is known."""
        return bool(self.ib.isConnected()) and self._lost_utc is None

    def silent_s(self) -> float:
        """How long the line has been broken [s]; 0 while it is not."""
        return 0.0 if self._lost_utc is None else float((self._clock.now() - self._lost_utc).total_seconds())

    def money(self, tag: str) -> Decimal | None:
        """A figure of the account in its currency, such as AvailableFunds or TotalCashBalance; None where it was not told."""
        found = [
            value.value
            for value in self.ib.accountValues(self.settings.account or "")
            if value.tag == tag and value.currency == self.currency
        ]
        return Decimal(found[-1]) if found else None

    def held(self) -> dict[str, Decimal]:
        """Positions of the account in the markets of this line, by symbol [shares], none of them zero."""
        names = {listed.contract.conId: symbol for symbol, listed in self.listed.items()}
        return {
            names[each.contract.conId]: exact(each.position)
            for each in self.ib.positions(self.settings.account or "")
            if each.contract.conId in names and each.position
        }

    def rules(self, default: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """Trading rules by symbol: ticks and lots as the broker says them, fees and the smallest order as the profile does."""
        return {
            symbol: default[symbol].model_copy(update={"tick_size": listed.tick_size, "lot_size": listed.lot_size})
            for symbol, listed in self.listed.items()
        }

    async def days(self, symbol: str, duration: str) -> tuple[Day, ...]:
        """Daily bars of trades, oldest first, over a duration such as "5 Y" or "5 D"; that of the running day is among them.

        Raises DataFault without an answer.
        """
        asking = self.ib.reqHistoricalDataAsync(
            self.listed[symbol].contract, "", duration, "1 day", "TRADES", useRTH=True, timeout=0
        )
        try:
            told = await asyncio.wait_for(asking, self.settings.answer_s)
        except (TimeoutError, ConnectionError, self.package.wrapper.RequestError) as fault:
            why = " ".join(str(fault).split()) or "no answer in time"
            raise DataFault(f"The gateway tells no daily bars of {symbol} ({why}). Nothing was made up.") from None
        return tuple((each.date, each.open, each.high, each.low, each.close, each.volume) for each in told)

    async def settled(self) -> None:
        """Return when all that the gateway has sent until now was taken in."""
        await asyncio.wait_for(self.ib.reqCurrentTimeAsync(), self.settings.answer_s)

    async def _connect_first(self) -> None:
        refused = list[str]()

        def hear(about: int, code: int, text: str, *_: Any) -> None:
            if code == 326:
                refused.append(text)

        self.ib.errorEvent += hear
        try:
            await self._connect()
        except (OSError, TimeoutError) as fault:
            where = f"{self.settings.host}:{self.settings.port}"
            if refused:
                raise UsageFault(
                    f"The gateway at {where} has a client {self.settings.client_id} already. Nothing was started. Stop the other "
                    "program, or give this one its own id with --set venue.ib.client_id=NUMBER."
                ) from None
            raise DataFault(
                f"No gateway of Interactive Brokers answers at {where} ({type(fault).__name__}). Nothing was started. Start IB "
                "Gateway or TWS with its paper account, let it accept API clients, and check venue.ib.port (4002, or 7497)."
            ) from None
        finally:
            self.ib.errorEvent -= hear

    async def _connect(self) -> None:
        told = self.settings
        await self.ib.connectAsync(
            told.host,
            told.port,
            clientId=told.client_id,
            timeout=told.answer_s,
            account=told.account or "",
            raiseSyncErrors=True,
        )

    def _refuse_account(self) -> None:
        there, wanted = list(self.ib.managedAccounts()), self.settings.account
        if wanted not in there:
            raise UsageFault(
                f"The gateway serves {', '.join(there) or 'no account'}, and venue.ib.account is {wanted}. Nothing was started: "
                "orders go to no account but the one that is named."
            )

    async def _find(self, symbol: str) -> Listed:
        wanted = self.settings.contracts[symbol]
        share = self.package.Stock(
            secIdType="ISIN", secId=wanted.isin, exchange=wanted.exchange, currency=symbol.partition("/")[2]
        )
        try:
            found = await asyncio.wait_for(self.ib.reqContractDetailsAsync(share), self.settings.answer_s)
        except (TimeoutError, ConnectionError):
            raise DataFault(
                f"The gateway does not tell what {wanted.isin} is. Nothing was started. Try again later."
            ) from None
        except self.package.wrapper.RequestError:
            found = []
        if len(found) != 1:
            told = "no share" if not found else f"{len(found)} listings ({', '.join(_place(each) for each in found)})"
            raise UsageFault(
                f"{symbol}: the broker has {told} with ISIN {wanted.isin} in {share.currency} at {wanted.exchange}. Nothing was "
                f"started. Check venue.ib.contracts.{symbol}."
            )
        details = found[0]
        contract = details.contract
        assert contract is not None
        return Listed(contract, exact(details.minTick), exact(details.minSize), details.timeZoneId)

    def _told(self, about: int, code: int, text: str, *_: Any) -> None:
        """Hear that the gateway has lost the broker behind it, or has it again."""
        if code == _LOST and not self._cut:
            self._cut, self._lost_utc = True, self._lost_utc or self._clock.now()
            self.lost()
        elif code in _RESTORED and self._cut and (self._again is None or self._again.done()):
            self._there_again()

    def _there_again(self) -> None:
        self._cut, self._lost_utc = False, None
        for listed in self.listed.values():
            self.ib.reqMktData(listed.contract)
        self.returned()

    def _broken(self) -> None:
        if self._closing:
            return
        self._lost_utc = self._lost_utc or self._clock.now()
        self.lost()
        if self._again is None or self._again.done():
            self._again = asyncio.ensure_future(self._come_back())

    async def _come_back(self) -> None:
        pause_s = 0.2
        while self._lost_utc is not None:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            try:
                await self._connect()
                self._refuse_account()
            except (OSError, TimeoutError):
                continue
            await self._fees_told()
            if self.ib.isConnected():
                self._there_again()

    async def _fees_told(self) -> None:
        """Wait until the fee of each execution is known, as long as an answer may take: the gateway tells fees after the rest."""
        try:
            async with asyncio.timeout(self.settings.answer_s):
                while any(not each.commissionReport.currency for each in self.ib.fills()):
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return

    async def _close(self) -> None:
        self._closing = True
        if self._again is not None:
            self._again.cancel()
            await asyncio.wait((self._again,))
        self.ib.disconnect()
        await asyncio.sleep(0)


def refuse_real(settings: IbSettings) -> None:
    """Raise UsageFault for an account or a port that is not one of play money: this version trades no other at this broker."""
    if settings.account is None:
        raise UsageFault(
            "venue.ib.account names no account. Nothing was started: no order is sent before the account is verified. Name your "
            "paper account with --set venue.ib.account=DU1234567."
        )
    real = f"port {settings.port}" if settings.port in LIVE_PORTS else ""
    real = real or ("" if settings.account.startswith(PAPER_ACCOUNTS) else f"account {settings.account}")
    if real:
        raise UsageFault(
            f"The {real} serves real money, and Interactive Brokers is traded with play money alone: no real gateway was ever "
            "reached, and the record on paper that real money asks for knows no sessions. Nothing was started. Take a paper "
            "account (DU…) on port 4002 or 7497."
        )


def exact(number: float) -> Decimal:
    """A number of the wire as it was meant, without zeros behind it."""
    told = Decimal(repr(number))
    whole = told.to_integral_value()
    return whole if told == whole else told.normalize()


def _place(details: "ib_async.ContractDetails") -> str:
    contract = details.contract
    return "" if contract is None else f"{contract.symbol} at {contract.exchange} in {contract.currency}"
