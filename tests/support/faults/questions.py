"""All that this program asks an exchange, on lines that tell mutated replies; and what an answer of ours must be like."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from told_replies import Kept, Remembering, Repeating, nothing_kept

from config.clock import SystemClock
from config.errors import DataFault, UsageFault
from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.lines.client import Client, Wanted
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.outcomes import Outcome, Verdict
from execution.venues.exchange.rights import KeyRights
from execution.venues.exchange.rules import MarketRules, Sized, rules_of
from execution.venues.exchange.told import ToldBalance, ToldOrder, ToldTrade
from market.book import Book
from risk.order import Side

ONCE = Pace(patience_s=0.0, pause_s=0.0, longest_pause_s=0.0, failures=10**9, throttled=False)
"""Each question is asked once, and none pauses."""
_KEYS = ExchangeKeys("key", "c2VjcmV0c2VjcmV0", "password")
_NAMED = (NoAnswer, Refused, UsageFault, DataFault)
_LARGEST = Decimal(10) ** 15


class Market(NamedTuple):
    """One exchange: its market, an order that it knows, and a client id of ours."""

    exchange: str
    symbol: str
    client_id: str
    venue_id: str


class Asking:
    """All questions to one exchange."""

    def __init__(self, market: Market, wires: Wires, folder: Path) -> None:
        self.market, self._wires, self._folder = market, wires, folder
        self.row = CAPABILITIES[market.exchange]
        self.client = Client(wires, self.row, SystemClock())

    @property
    def questions(self) -> dict[str, Callable[[], Awaitable[Any]]]:
        """By name."""
        ask, (_, symbol, client_id, venue_id) = self.client, self.market
        return {
            "markets": self._rules,
            "create": lambda: ask.create(wanted(symbol, client_id), exits=False),
            "create stop": lambda: ask.create(wanted(symbol, client_id, stop=True), exits=True),
            "cancel": lambda: ask.cancel(symbol, client_id, venue_id, stop=False),
            "look": lambda: ask.look(symbol, client_id, stop=False, exits=False),
            "look for a stop": lambda: ask.look(symbol, client_id, stop=True, exits=True),
            "open orders": lambda: ask.open_orders(symbol),
            "trades": lambda: ask.trades_of(symbol, frozenset({venue_id}), 0),
            "recent trades": lambda: ask.recent_trades(symbol, 0),
            "order": lambda: ask.order(symbol, venue_id),
            "balance": ask.balance,
            "rights": ask.rights,
            "book": lambda: ask.book(symbol),
            "clock": ask.clock_ahead_ms,
        }

    async def _rules(self) -> MarketRules:
        self._forget()
        for each in self._wires.all:
            each.markets, before = None, each.markets
            each.markets_loading = None
        try:
            found = await load_markets(self._wires, (self.market.symbol,), self._folder, SystemClock())
            return rules_of(found[self.market.symbol], market_stop=self.row.market_stop)
        finally:
            self._forget()
            for each in self._wires.all:
                each.set_markets(list(before.values()))

    def _forget(self) -> None:
        for file in self._folder.glob("markets-*"):
            file.unlink()


def wanted(symbol: str, client_id: str, *, stop: bool = False) -> Wanted:
    """An order to be sent."""
    sized = Sized(Decimal(1), None, Decimal(100)) if stop else Sized(Decimal(1), Decimal(100))
    return Wanted(client_id, symbol, Side.SELL if stop else Side.BUY, sized, at_once=not stop)


async def remembered(market: Market, url: str, folder: Path, keys: ExchangeKeys = _KEYS) -> Kept:
    """What an exchange at this address answers to all questions, asked once each."""
    kept = nothing_kept()
    async with wires_of(CAPABILITIES[market.exchange], keys, url, ONCE, 1, live=True) as wires:
        await load_markets(wires, (market.symbol,), folder, SystemClock())
        for each in wires.all:
            each.session = Remembering(each.session, kept)
        for question in Asking(market, wires, folder).questions.values():
            try:
                await question()
            except _NAMED:
                continue
    return kept


async def mutate(
    market: Market, kept: Kept, url: str, folder: Path, count: int, seed: int
) -> tuple[Counter[str], list[str]]:
    """Ask so many questions and tell mutated replies. What became of them, and each that is a fault of this program."""
    chance, found, faults = Random(f"{seed} {market.exchange}"), Counter[str](), []
    async with wires_of(CAPABILITIES[market.exchange], _KEYS, url, ONCE, 1, live=True) as wires:
        await load_markets(wires, (market.symbol,), folder, SystemClock())
        told = Repeating(wires.data.ccxt.session, kept, chance)
        for each in wires.all:
            each.session = told
        asking = Asking(market, wires, folder)
        names = sorted(asking.questions)
        while found["questions"] < 5 * count and found["replies"] < count:
            name = chance.choice(names)
            before, wires.quiet.until_s = told.told.total(), 0.0
            try:
                answer = await asking.questions[name]()
            except _NAMED as fault:
                found[type(fault).__name__] += 1
            except Exception as fault:  # noqa: BLE001 - this is what is looked for
                faults.append(f"{market.exchange}, {name}: {fault!r} from {told.last[:300]}")
            else:
                found["read"] += 1
                faults += [
                    f"{market.exchange}, {name}: {why} in {answer} from {told.last[:300]}" for why in wrong(answer)
                ]
                if isinstance(answer, tuple) and answer and isinstance(answer[0], Outcome):
                    found[answer[0].verdict] += 1
                    if answer[0].verdict is Verdict.ACCEPTED and market.client_id not in told.last:
                        faults.append(f"{market.exchange}, {name}: accepted by {told.last[:300]}")
            found["replies"] += told.told.total() - before
            found["questions"] += 1
            await asyncio.sleep(0)  # nothing else gives way here, and the loop would keep each timer of a question
        found.update({f"mutation: {name}": often for name, often in told.told.items()})
    return found, faults


def wrong(answer: Any) -> list[str]:
    """What is wrong with an answer of ours that was read out of a reply."""
    match answer:
        case ToldOrder():
            numbers = [answer.filled, *([] if answer.quantity is None else [answer.quantity])]
            return _unsound(numbers) + ["no text"] * (not (answer.venue_id and answer.symbol))
        case ToldTrade():
            unsound = _unsound([answer.quantity, answer.price])
            fee = [] if answer.fee.is_finite() and abs(answer.fee) < _LARGEST else ["its fee"]
            return unsound + fee + ["nothing"] * (answer.quantity <= 0 or answer.price <= 0)
        case ToldBalance():
            numbers = [*answer.total.values(), *answer.free.values()]
            return ["a balance"] * any(not each.is_finite() or each < 0 for each in numbers)
        case Book():
            return _unsound([number for level in (*answer.bids, *answer.asks) for number in level])
        case MarketRules():
            return _unsound([answer.instrument.tick_size, answer.instrument.lot_size, answer.least])
        case Outcome() | KeyRights() | int() | None:
            return []
        case tuple():
            return [why for each in answer for why in wrong(each)]
        case _:
            return [f"a {type(answer).__name__}"]


def _unsound(numbers: list[Decimal]) -> list[str]:
    return ["a number"] * any(not each.is_finite() or each < 0 or each > _LARGEST for each in numbers)
