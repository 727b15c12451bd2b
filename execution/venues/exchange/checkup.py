"""Asks an exchange all that a session would need of it, each question apart: one that fails hides no other.

It sends no order, cancels none, and changes nothing there. Unlike `ExchangeVenue.open` it does not end at the first fault.
Without keys it asks only what anybody may ask. When the exchange does not tell its time, or refuses the key, the rest is not
asked.
"""

from collections.abc import Awaitable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeVar

from config.clock import Clock
from config.errors import TribunalError
from config.sections.venue import VenueSettings
from execution.venues.exchange.capabilities import capability_of
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.rights import KeyRights
from execution.venues.exchange.rules import MarketRules, rules_of
from execution.venues.exchange.told import ToldBalance, ToldOrder

T = TypeVar("T")
PATIENT = Pace(patience_s=4.0)
_NO_KEYS = ExchangeKeys("", "")


class Unheard(NamedTuple):
    """A question without an answer that can be used. `refused`: the exchange answered with an error that no repetition mends."""

    why: str
    refused: bool


class Market(NamedTuple):
    """The rules of a market, and its best bid [quote]; None if it has none or did not tell."""

    rules: MarketRules
    bid: Decimal | None


class Account(NamedTuple):
    """What an exchange tells to the owner of a key."""

    balance: ToldBalance | Unheard
    rights: KeyRights | Unheard
    orders: tuple[ToldOrder, ...] | Unheard
    """Open orders in the markets that were asked about, whoever placed them."""


class Checkup(NamedTuple):
    """What an exchange said."""

    clock_ahead_ms: int | Unheard
    """How far this machine's clock is ahead of the exchange's."""
    markets: dict[str, Market] | Unheard
    account: Account | None
    """None without keys."""


async def checkup(
    settings: VenueSettings, keys: ExchangeKeys | None, symbols: Iterable[str], *, live: bool, folder: Path, seed: int,
    clock: Clock, pace: Pace = PATIENT,
) -> Checkup:  # fmt: skip
    """Ask the exchange. `folder`: where markets are kept; `seed`: for the pauses between retries.

    Raises UsageFault for an exchange that cannot be traded at, and DataFault where no connection can be opened at all.
    """
    row, asked = capability_of(settings.exchange, live=live or settings.url is not None), tuple(symbols)
    async with wires_of(row, keys or _NO_KEYS, settings.url, pace, seed, live=live) as wires:
        client = Client(wires, row, clock)
        ahead_ms = await _heard(client.clock_ahead_ms())
        if isinstance(ahead_ms, Unheard):
            return Checkup(ahead_ms, ahead_ms, Account(ahead_ms, ahead_ms, ahead_ms) if keys else None)
        wires.correct_clock(ahead_ms)
        markets = await _markets(wires, client, asked, folder, clock, market_stop=row.market_stop)
        return Checkup(ahead_ms, markets, await _account(client, asked, markets) if keys else None)


async def _markets(
    wires: Wires, client: Client, symbols: tuple[str, ...], folder: Path, clock: Clock, *, market_stop: bool
) -> dict[str, Market] | Unheard:
    try:
        told = await load_markets(wires, symbols, folder, clock)
        rules = {symbol: rules_of(market, market_stop=market_stop) for symbol, market in told.items()}
    except TribunalError as fault:
        return Unheard(str(fault), refused=True)
    found = {}
    for symbol, each in rules.items():
        book = await _heard(client.book(symbol))
        found[symbol] = Market(each, book.bids[0].price if not isinstance(book, Unheard) and book.bids else None)
    return found


async def _account(client: Client, symbols: tuple[str, ...], markets: dict[str, Market] | Unheard) -> Account:
    balance = await _heard(_balance(client))
    if isinstance(balance, Unheard):
        return Account(balance, balance, balance)
    rights = await _heard(client.rights())
    orders = markets if isinstance(markets, Unheard) else await _heard(_orders(client, symbols))
    return Account(balance, rights, orders)


async def _balance(client: Client) -> ToldBalance:
    await client.prepare()
    return await client.balance()


async def _orders(client: Client, symbols: tuple[str, ...]) -> tuple[ToldOrder, ...]:
    return tuple([order for symbol in symbols for order in await client.open_orders(symbol)])


async def _heard(question: Awaitable[T]) -> T | Unheard:
    try:
        return await question
    except Refused as fault:
        return Unheard(str(fault), refused=True)
    except NoAnswer as fault:
        return Unheard(str(fault), refused=False)
