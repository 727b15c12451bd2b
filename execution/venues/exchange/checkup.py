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
from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.venues.exchange.capabilities import Capability, capability_of
from execution.venues.exchange.lines.client import Client
from execution.venues.exchange.lines.line import NoAnswer, Pace, Refused
from execution.venues.exchange.lines.markets import load_markets
from execution.venues.exchange.lines.wires import ExchangeKeys, Wires, wires_of
from execution.venues.exchange.perpetual.client import PerpetualClient, terms_of
from execution.venues.exchange.perpetual.told import ToldMode, ToldPosition
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
    modes: dict[str, ToldMode] | Unheard | None = None
    """Position mode, margin mode and leverage of each market of perpetuals; None for spot."""
    positions: dict[str, ToldPosition] | Unheard | None = None
    """Open positions in them, whoever opened them; None for spot."""


class Checkup(NamedTuple):
    """What an exchange said."""

    clock_ahead_ms: int | Unheard
    """How far this machine's clock is ahead of the exchange's."""
    markets: dict[str, Market] | Unheard
    account: Account | None
    """None without keys."""


async def checkup(
    settings: VenueSettings, keys: ExchangeKeys | None, symbols: Iterable[str], *, live: bool, folder: Path, seed: int,
    clock: Clock, pace: Pace = PATIENT, perpetuals: PerpetualsSettings | None = None,
) -> Checkup:  # fmt: skip
    """Ask the exchange. `folder`: where markets are kept; `seed`: for the pauses between retries; `perpetuals`: that the markets
    are linear perpetuals, None for spot.

    Raises UsageFault for an exchange that cannot be traded at, and DataFault where no connection can be opened at all.
    """
    trigger = None if perpetuals is None else perpetuals.trigger
    row, asked = (
        capability_of(settings.exchange, live=live or settings.url is not None, trigger=trigger),
        tuple(symbols),
    )
    async with wires_of(row, keys or _NO_KEYS, settings.url, pace, seed, live=live) as wires:
        client = Client(wires, row, clock)
        ahead_ms = await _heard(client.clock_ahead_ms())
        if isinstance(ahead_ms, Unheard):
            return Checkup(ahead_ms, ahead_ms, Account(ahead_ms, ahead_ms, ahead_ms) if keys else None)
        wires.correct_clock(ahead_ms)
        markets = await _markets(wires, client, asked, folder, clock, row, signed=keys is not None)
        account = await _account(client, asked, markets) if keys else None
        if account is not None and row.perpetual and not isinstance(account.balance, Unheard):
            account = await _contracts(account, PerpetualClient(client, row), asked, markets)
        return Checkup(ahead_ms, markets, account)


async def _contracts(
    account: Account, asking: PerpetualClient, symbols: tuple[str, ...], markets: dict[str, Market] | Unheard
) -> Account:
    """The account with the settings and positions of its perpetuals."""
    if isinstance(markets, Unheard):
        return account._replace(modes=markets, positions=markets)
    modes, positions = await _heard(asking.modes(symbols)), await _heard(asking.positions(symbols))
    return account._replace(modes=modes, positions=positions)


async def _markets(
    wires: Wires, client: Client, symbols: tuple[str, ...], folder: Path, clock: Clock, row: Capability, *, signed: bool
) -> dict[str, Market] | Unheard:
    try:
        told = await load_markets(wires, symbols, folder, clock, perpetual=row.perpetual)
        if row.perpetual and not signed:
            return Unheard("The margin tiers of perpetuals are told to the owner of a key alone.", refused=False)
        terms = await terms_of(client, row, symbols) if row.perpetual else {}
        client.sizes = {symbol: each.contract_size for symbol, each in terms.items()}
        rules = {
            symbol: rules_of(market, market_stop=row.market_stop, stop_type=row.stop_type, terms=terms.get(symbol))
            for symbol, market in told.items()
        }
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
