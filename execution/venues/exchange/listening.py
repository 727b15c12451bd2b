"""Hears what happened at the exchange: it asks for orders, trades and balances on a timer, and when the user's stream stirs.

What is asked for over REST is the truth. The stream is a hint and nothing is booked from it: events that were missed while it was
down are never sent again. A reply that fails is no reply: an order is not gone because a list did not come.
"""

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.clock import Clock, to_ms
from execution.reports import CLOCK_OFF, OrderStatus, VenueAccount
from execution.venues.exchange.ids import SENDINGS
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.lines.wires import Wires
from execution.venues.exchange.perpetual.keeping import Keeper
from execution.venues.exchange.sender import Sender
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.told import is_counted
from execution.venues.exchange.tracked import Phase, Sending, Tracked
from execution.venues.exchange.watching import Watch
from market.book import Book
from risk.order import OrderKind

_LONGEST_REDIAL_S = 30.0
_RECENT = timedelta(minutes=10)
"""How far back trades are looked through for an order that nobody knows."""
_TIMES_UNKNOWN = 3
"""How often in a row the exchange must say that it knows no such order, before an order that it had is taken for gone."""


class Listener:
    """Hears the orders of one account."""

    def __init__(
        self, client: Client, wires: Wires, sender: Sender, watch: Watch, shelf: Shelf, pace: Pace, clock: Clock,
        books: dict[str, Book], keeper: Keeper | None = None,
    ) -> None:  # fmt: skip
        """`keeper`: of perpetuals; None for spot."""
        self._keeper = keeper
        self._client, self._wires, self._sender, self._watch, self._shelf = client, wires, sender, watch, shelf
        self._pace, self._clock, self._books = pace, clock, books
        self._unknown: dict[str, int] = {}
        self._account: tuple[int, VenueAccount] | None = None
        self._asked_s = self._swept_s = self._checked_s = -math.inf
        self.heard_utc: datetime | None = None
        """When the exchange last answered all that was asked."""
        self.clock_ahead_ms = 0

    def account(self) -> VenueAccount | None:
        """The account as received last; None while a fill is on its way that may be in it or not."""
        if self._account is None or self._account[0] != self._shelf.version or not self._shelf.silent:
            return None
        return self._account[1]

    async def run(self) -> None:
        """Ask on the timer as long as the session lives."""
        while True:
            await self.ask()
            wait_s = self._pace.poll_s if self._shelf.at_exchange() else self._pace.idle_s
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._shelf.stirred.wait()
            self._shelf.stirred.clear()

    async def ask(self) -> None:
        """Ask once for everything. Fills and states that are new wait to be heard."""
        now_s = asyncio.get_running_loop().time()
        version = self._shelf.version
        due = self._account is None or self._account[0] != version or now_s - self._asked_s >= self._pace.idle_s
        received = await self._balance() if due else None
        for symbol in self._shelf.symbols() if now_s - self._swept_s >= self._pace.idle_s else ():
            self._swept_s = now_s
            await self._sender.sweep(symbol, to_ms(self._clock.now() - _RECENT))
        if self._keeper is not None and now_s - self._checked_s >= self._pace.clock_s:
            self._checked_s = now_s
            await self._keeper.check()
        symbols = dict.fromkeys(each.order.symbol for each in self._shelf.at_exchange())
        answered = [await self._market(symbol) for symbol in symbols]
        if all(answered) and (received is not None or not due):
            self.heard_utc = self._clock.now()
            unsure = any(each.status() is OrderStatus.UNKNOWN for each in self._shelf.alive())
            if received is not None and version == self._shelf.version and not unsure:
                self._account, self._asked_s = (version, received), now_s

    async def measure_clock(self) -> None:
        """Let requests be signed with the exchange's time. Raises NoAnswer, and Refused."""
        self.clock_ahead_ms = await self._client.clock_ahead_ms()
        self._wires.correct_clock(self.clock_ahead_ms)
        most_ms, off_ms = int(1000 * self._pace.clock_off_s), abs(self.clock_ahead_ms)
        if off_ms > most_ms:
            way = "ahead of" if self.clock_ahead_ms > 0 else "behind"
            self._shelf.suspend(
                f"{CLOCK_OFF} {off_ms / 1000:.1f} s {way} the exchange's, and more than {most_ms / 1000:g} s is "
                f"not safe: "
                "set it (NTP)"
            )
        else:
            self._shelf.suspend("")

    async def run_clock(self) -> None:
        """Measure the clock's difference on a timer, and when the exchange doubts it."""
        doubted = self._wires.quiet.clock_doubted
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.clock_s):
                    await doubted.wait()
            doubted.clear()
            with suppress(NoAnswer, Refused):
                await self.measure_clock()
            await asyncio.sleep(self._pace.pause_s)

    async def run_books(self) -> None:
        """Keep the books of all markets."""
        while True:
            await self.ask_books()
            await asyncio.sleep(self._pace.book_s)

    async def ask_books(self) -> None:
        """Ask once for all books. One that does not come is not shown any more."""
        for symbol in self._shelf.instruments.keys() - self._shelf.gone.keys():
            try:
                self._books[symbol] = await self._client.book(symbol)
            except (NoAnswer, Refused):
                self._books.pop(symbol, None)

    async def run_stream(self) -> None:
        """Stir whenever the user's stream says anything, and dial again when it breaks."""
        stream, pause_s = self._wires.stream, self._pace.pause_s
        while stream is not None:
            try:
                await stream.watch_orders()
                pause_s = self._pace.pause_s
            except Exception:  # noqa: BLE001 - the border to CCXT; a stream that is down is only a hint less
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_REDIAL_S)
            self._shelf.stirred.set()

    async def recover(self, tracked: Tracked) -> bool:
        """Find all that was sent for an order that is known from the journal. Whether the exchange answered."""
        order, found, missed = tracked.order, list[Sending](), 0
        for number in range(SENDINGS):
            client_id = self._shelf.ids.of(order.order_id, number)
            sending = Sending(
                client_id, order.quantity, asyncio.get_running_loop().time(), order.kind is OrderKind.STOP
            )
            try:
                told = await self._client.look(order.symbol, client_id, stop=sending.stop, exits=order.reduce_only)
            except (NoAnswer, Refused):
                return False
            missed = 0 if told else missed + 1
            if missed == 2:
                break  # one sending that never arrived may lie before one that did
            for each in told:
                sending.take(each)
            found.append(sending)
        while found and not found[-1].orders and (len(found) > 1 or tracked.is_target):
            found.pop()
        tracked.sendings, tracked.recovering = found, False
        tracked.unseen = not tracked.is_target and not any(sending.orders for sending in found)
        tracked.phase = Phase.WATCHED if tracked.is_target and not found else Phase.LIVE
        return True

    async def _market(self, symbol: str) -> bool:
        """Ask how our orders in a market stand. Whether the exchange answered."""
        before = [each for each in self._shelf.at_exchange(symbol) if each.phase is Phase.LIVE]
        for tracked in [each for each in before if each.recovering]:
            if not await self.recover(tracked):
                return False
        try:
            seen = self._shelf.sighted(await self._client.open_orders(symbol))
        except (NoAnswer, Refused):
            return False
        answers = [await self._stands(each, seen) for each in before]
        return all(answers)

    async def _stands(self, tracked: Tracked, seen: set[str]) -> bool:
        """Ask for what a list of open orders does not say of one order, and let it be heard. Whether all was answered."""
        answered = True
        if tracked.phase is Phase.LIVE and tracked.at.client_id not in seen:
            answered = await self._look(tracked)
        answered = await self._sender.gather(tracked, self._pace.patience_s) and answered
        if (
            tracked.is_target
            and tracked.phase is Phase.LIVE
            and not tracked.held_back
            and tracked.at.over
            and not tracked.trades_missing
            and tracked.left
        ):
            tracked.phase = Phase.WATCHED
        tracked.conclude()
        self._shelf.say(tracked)
        return answered

    async def _look(self, tracked: Tracked) -> bool:
        """Ask for one order. An order that the exchange had, and says several times that it does not know, is gone."""
        order_id = tracked.order.order_id
        known = True if tracked.at.over else await self._sender.refresh(tracked)
        if known is not False:
            self._unknown.pop(order_id, None)
            return known is True
        self._unknown[order_id] = self._unknown.get(order_id, 0) + 1
        late = asyncio.get_running_loop().time() - tracked.at.sent_s >= self._sender.late_s
        if late and self._unknown[order_id] >= _TIMES_UNKNOWN:
            tracked.phase, tracked.note = Phase.DONE, "the exchange does not know it"
            del self._unknown[order_id]
            if tracked.at.orders:
                self._shelf.halt(tracked.order.symbol, f"the exchange knows order {order_id} no more, which it had")
        return False

    async def _balance(self) -> VenueAccount | None:
        if self._keeper is not None:
            return await self._keeper.account()
        try:
            total = (await self._client.balance()).total
        except (NoAnswer, Refused):
            return None
        account = account_of(
            total, {symbol: (each.base, each.quote) for symbol, each in self._shelf.instruments.items()}
        )
        return account if all(map(is_counted, (account.cash, *account.held.values()))) else None


def account_of(total: Mapping[str, Decimal], markets: Mapping[str, tuple[str, str]]) -> VenueAccount:
    """The account in the markets of a session: cash of the quote currency, coins by symbol, none of them zero."""
    held = {symbol: total[base] for symbol, (base, _) in markets.items() if total.get(base)}
    quote: Any = next(iter(markets.values()), ("", ""))[1]
    return VenueAccount(cash=total.get(quote, Decimal(0)), held=held)
