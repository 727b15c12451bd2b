"""What no exchange does for us alike: a target that waits for its price, and a stop at a limit that is not filled.

A stop and a target that cancel each other would bind the same coins twice, and the exchanges' own pairs differ or are missing. So
only the stop rests at the exchange, where it works without us, and the price of the target is watched. When the best bid reaches
it, the stop is withdrawn, the target is sold at its limit or better, at once or not at all, and a stop for what is left is placed
again. Between the two the position has no stop, for as long as two requests take; the price is at the target then.

Where stops sell at a limit, one whose trigger was passed for a while is withdrawn, and what is left is sold at market.
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from weakref import WeakValueDictionary

from execution.exact import floor_to
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.rules import MarketRules, Sized
from execution.venues.exchange.sender import Sender
from execution.venues.exchange.shelf import Shelf
from execution.venues.exchange.tracked import Phase, Tracked
from market.book import Book
from risk.order import OrderKind, Side

_LONGEST_PAUSE_S = 60.0
"""Between two tries to sell a target; the first pauses are short and double."""


class Watch:
    """Watches prices for the orders of one account."""

    def __init__(
        self, client: Client, sender: Sender, shelf: Shelf, rules: dict[str, MarketRules], pace: Pace, books: dict[str, Book]
    ) -> None:  # fmt: skip
        """`books`: the latest books by symbol, which it keeps up to date where it looks."""
        self._client, self._sender, self._shelf = client, sender, shelf
        self._rules, self._pace, self._books = rules, pace, books
        shelf.filled = self._pair_off
        self._hands: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._acting: set[str] = set()
        self._passed_s: dict[str, float] = {}
        self._not_before_s: dict[str, float] = {}

    def hand(self, tracked: Tracked) -> asyncio.Lock:
        """Held by whoever withdraws an order or one of its pair, and places another instead."""
        return self._hands.setdefault(tracked.order.oco_group or tracked.order.order_id, asyncio.Lock())

    async def run(self) -> None:
        """Look at prices as long as the session lives."""
        while True:
            for symbol in self._watched():
                try:
                    self._books[symbol] = book = await self._client.book(symbol)
                except (NoAnswer, Refused):
                    continue
                if book.bids:
                    await self.look(symbol, book.bids[0].price, book.asks[0].price if book.asks else None)
            await asyncio.sleep(self._pace.watch_s)

    async def look(self, symbol: str, bid: Decimal, ask: Decimal | None = None) -> None:
        """Act on the best bid of a market, and on its best ask, which targets of shorts wait for."""
        for each in list(self._shelf.alive()):
            if each.order.symbol != symbol:
                continue
            if each.phase is Phase.WATCHED and each.is_target and _is_there(each, bid, ask):
                if asyncio.get_running_loop().time() >= self._not_before_s.get(each.order.order_id, 0.0):
                    self._beside(each, self._take)
            elif self._is_passed(each, bid):
                self._beside(each, self._escalate)

    def _beside(self, tracked: Tracked, act: Callable[[Tracked], Awaitable[None]]) -> None:
        """Act on an order, once at a time, while the prices of the others are looked at: an answer may be long in coming."""

        async def once() -> None:
            try:
                await act(tracked)
            finally:
                self._acting.discard(tracked.order.order_id)

        if tracked.order.order_id not in self._acting:
            self._acting.add(tracked.order.order_id)
            self._sender.begin(once())

    def _pair_off(self, tracked: Tracked) -> None:
        """An order was filled: reduce the watched orders of its group by the same quantity, and end those with nothing left."""
        for other in self._shelf.pair(tracked):
            if other.phase is not Phase.WATCHED:
                continue
            self._reduce(other)
            if other.left < self._rules[other.order.symbol].instrument.lot_size:
                other.phase, other.note = Phase.DONE, "the other order of its pair was filled"
                self._shelf.say(other)

    def _watched(self) -> list[str]:
        """Markets whose price matters now."""
        found = (
            each.order.symbol for each in self._shelf.alive() if each.phase is Phase.WATCHED or self._at_limit(each)
        )
        return list(dict.fromkeys(found))

    def _at_limit(self, tracked: Tracked) -> bool:
        """Whether it is a stop at the exchange that sells at a limit."""
        if tracked.phase is not Phase.LIVE or tracked.order.kind is not OrderKind.STOP or not tracked.sendings:
            return False
        return tracked.at.stop and tracked.at.limit is not None

    def _is_passed(self, tracked: Tracked, bid: Decimal) -> bool:
        """Whether the price has been at or below the trigger of a stop at a limit for too long."""
        order_id, now_s = tracked.order.order_id, asyncio.get_running_loop().time()
        if not self._at_limit(tracked) or bid > (tracked.order.stop_price or Decimal(0)):
            self._passed_s.pop(order_id, None)
            return False
        return now_s - self._passed_s.setdefault(order_id, now_s) >= self._pace.escalate_s

    async def _take(self, target: Tracked) -> None:
        """Sell a target whose price is there, in the place of the stop beside it."""
        async with self.hand(target):
            if target.phase is not Phase.WATCHED:
                return
            pause_s = min(_LONGEST_PAUSE_S, self._pace.watch_s * 2.0 ** len(target.sendings))
            self._not_before_s[target.order.order_id] = asyncio.get_running_loop().time() + pause_s
            stops = [each for each in self._shelf.pair(target) if each.phase is Phase.LIVE]
            for resting in stops:
                resting.held_back = True
            gone = [await self._sender.withdraw(resting) for resting in stops]
            if all(gone):
                self._reduce(target)
                await self._sell(target, target.order.limit_price)
            for resting in stops:
                await self._place_again(resting)
            self._end(target)

    async def _escalate(self, resting: Tracked) -> None:
        """Sell at market what a stop at a limit has not sold."""
        async with self.hand(resting):
            if resting.phase is not Phase.LIVE or resting.withdrawing:
                return
            resting.held_back = True
            if await self._sender.withdraw(resting):
                await self._sell(resting, None)
            resting.held_back = False
            self._end(resting)

    async def _sell(self, tracked: Tracked, limit: Decimal | None) -> None:
        """Sell what is left of an order at once, at this limit or at market; and wait until the exchange says how that ended."""
        quantity = self._sellable(tracked)
        if not quantity or tracked.withdrawing:
            return
        tracked.held_back = True
        self._sender.send(tracked, Sized(quantity, limit), at_once=True)
        await tracked.resolved.wait()
        while tracked.phase is Phase.LIVE and not (
            tracked.at.over and await self._sender.gather(tracked, self._pace.patience_s)
        ):
            if not await self._sender.refresh(tracked):
                await asyncio.sleep(self._pace.pause_s)
        self._shelf.say(tracked)

    async def _place_again(self, resting: Tracked) -> None:
        """Place a stop that was withdrawn for what is left of it, less what the other orders of its pair have sold."""
        resting.held_back = False
        self._reduce(resting)
        if resting.phase is Phase.LIVE and resting.at.over and not (resting.withdrawing or resting.trades_missing):
            quantity = self._sellable(resting)
            if quantity:
                rules = self._rules[resting.order.symbol]
                self._sender.send(
                    resting, Sized(quantity, self._stop_limit(resting, rules), resting.order.stop_price), at_once=False
                )
                await resting.resolved.wait()
        resting.conclude()
        self._shelf.say(resting)

    def _end(self, tracked: Tracked) -> None:
        """Say how an order stands after it was sold from; what is left of a target is watched again."""
        tracked.held_back = False
        small = tracked.left < self._rules[tracked.order.symbol].instrument.lot_size
        if tracked.is_target and not small and not tracked.withdrawing:
            tracked.phase = Phase.WATCHED
        elif tracked.phase is Phase.WATCHED:
            tracked.phase = Phase.DONE
        tracked.conclude()
        if tracked.phase is Phase.DONE:
            self._passed_s.pop(tracked.order.order_id, None)
            self._not_before_s.pop(tracked.order.order_id, None)
        self._shelf.say(tracked)

    def _reduce(self, tracked: Tracked) -> None:
        """Take off an order what the other orders of its group have sold."""
        sold = sum((each.filled for each in self._shelf.pair(tracked)), Decimal(0))
        tracked.quantity = max(tracked.filled, tracked.whole - sold)

    def _sellable(self, tracked: Tracked) -> Decimal:
        """What is left of an order and free to be sold, in whole lots [base]; nothing below the least."""
        rules = self._rules[tracked.order.symbol]
        free = min(tracked.left, self._shelf.sellable(tracked.order.symbol, tracked, tracked.order.side))
        quantity = floor_to(max(free, Decimal(0)), rules.instrument.lot_size)
        return quantity if quantity >= rules.least else Decimal(0)

    def _stop_limit(self, resting: Tracked, rules: MarketRules) -> Decimal | None:
        return None if rules.stops_at_market else resting.sendings[0].limit


def _is_there(target: Tracked, bid: Decimal, ask: Decimal | None) -> bool:
    """Whether the price of a target is there."""
    limit = target.order.limit_price
    if limit is None:
        return True
    return bid >= limit if target.order.side is Side.SELL else ask is not None and ask <= limit
