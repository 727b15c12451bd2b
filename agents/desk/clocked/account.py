"""The account of a session at a real exchange: with which keys, under which name, and whether it may begin there.

A session begins only if no other one trades on the account: neither on this machine (a lock) nor elsewhere (orders with this
program's mark that no journal here names), and if the money is there that it is to trade. It never touches what was there before.
"""

import hashlib
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from agents.desk.clocked.opened import Opened, by_exchange
from agents.recorded.resumed import ResumingSink
from agents.records.account import Standing
from agents.records.record import AccountAt, ExchangeAt, Session
from config.clock import Clock
from config.errors import UsageFault
from config.secrets import Secrets, load_secrets, state_dir
from config.sections.venue import key_variables_of
from config.settings import Settings
from execution.venues.continued import ContinuedVenue
from execution.venues.exchange.capabilities import capability_of
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lease import account_lock
from execution.venues.exchange.lines.seen import LinesNow
from execution.venues.exchange.lines.wires import ExchangeKeys
from execution.venues.exchange.venue import ExchangeVenue, name_of_account
from execution.venues.recorded import RecordedVenue
from execution.venues.routed import RoutedExchanges, common_rules
from market.instrument import Instrument

ACCOUNTS, EXCHANGES = "accounts", "exchanges"
"""Folders in the state folder: the locks of accounts, and the markets of exchanges."""
FIRST_KEYS = ("TRIBUNAL_EXCHANGE_KEY", "TRIBUNAL_EXCHANGE_SECRET", "TRIBUNAL_EXCHANGE_PASSWORD")
"""The environment variables with the keys of a session's only or first exchange."""
PLAY_KEYS = ExchangeKeys("simulator", "simulator-secret")
"""The keys of a simulated exchange on this machine that is asked for none (`tribunal simulator`)."""


class Before(Protocol):
    """What is known of a run that is resumed."""

    @property
    def session(self) -> Session: ...
    @property
    def orders(self) -> frozenset[str]: ...


async def greet(
    settings: Settings,
    symbols: tuple[str, ...],
    key: bytes,
    clock: Clock,
    before: Before | None,
    standing: Standing | None = None,
) -> Opened:
    """Ask each exchange for its rules, and whether a session may begin on the account; `before`: a run that is resumed,
    `standing`: how the account of a new one stands.

    Raises UsageFault and DataFault: nothing was sent then.
    """
    found = dict[str, ExchangeAt]()
    run = _run_name(key, clock)
    for name, own in by_exchange(settings).items():
        account = None if before is None else account_of(before.session, name)
        account = account or AccountAt(exchange=own.venue.exchange, network=_network(own), run=run)
        keys = keys_at(settings, name)
        rules = await _greet(own, keys, symbols, key, clock, before, name, account, standing)
        found[name] = ExchangeAt(instruments=rules, account=account)
    first = next(iter(found.values()))
    assert first.account is not None
    if not settings.venue.members:
        return Opened(first.account, first.instruments, standing)
    return Opened(first.account, common_rules([each.instruments for each in found.values()]), standing, found)


async def _greet(
    settings: Settings,
    keys: ExchangeKeys,
    symbols: tuple[str, ...],
    key: bytes,
    clock: Clock,
    before: Before | None,
    name: str,
    account: AccountAt,
    standing: Standing | None,
) -> dict[str, Instrument]:
    """Ask one exchange."""
    contracts = settings.market.perpetuals
    trigger = None if contracts is None else contracts.trigger
    capability_of(
        settings.venue.exchange, live=settings.world == "live" or settings.venue.url is not None, trigger=trigger
    )
    known = None if before is None else rules_at(before.session, name)
    async with _exchange(settings, keys, symbols, key, clock, account, known) as exchange:
        await _refuse_others(exchange, settings, None if before is None else before.orders)
        if before is None:
            await _refuse_without_money(exchange, settings)
            await _tell_of_more(exchange, settings, None if name else standing)
        return exchange.instruments()


def account_of(session: Session, name: str) -> AccountAt | None:
    """The account of a session at one of its exchanges; the name of the only one is empty."""
    return session.exchanges[name].account if name in session.exchanges else session.account


def rules_at(session: Session, name: str) -> dict[str, Instrument]:
    """The rules of that exchange when the session began."""
    return session.exchanges[name].instruments if name in session.exchanges else session.instruments


@asynccontextmanager
async def exchange_venue(
    settings: Settings, session: Session, key: bytes, clock: Clock, resuming: ResumingSink | None
) -> AsyncIterator[tuple[ContinuedVenue, ExchangeVenue | RoutedExchanges]]:
    """The exchange of a session, or its several ones, after the past of its journal if it is resumed, and by itself. It ends with
    the block."""
    async with AsyncExitStack() as held:
        each_own = by_exchange(settings)
        for own in each_own.values():
            mark = ClientIds(name_of_account(own.venue, live=own.world == "live"), "").mark
            held.enter_context(account_lock(_folder() / ACCOUNTS, mark))
        opened = dict[str, ExchangeVenue]()
        for name, own in each_own.items():
            account = account_of(session, name)
            assert account is not None  # `greet` has named it
            known = None if resuming is None else rules_at(session, name)
            opening = _exchange(own, keys_at(settings, name), session.symbols, key, clock, account, known)
            opened[name] = await held.enter_async_context(opening)
        exchange = RoutedExchanges(opened, session.instruments) if settings.venue.members else opened[""]
        told = None
        if resuming is not None:
            told = RecordedVenue(resuming, dict(session.instruments), settings.venue)
        yield ContinuedVenue(exchange, dict(session.instruments), settings.venue.compare_s, resuming, told), exchange


@asynccontextmanager
async def _exchange(
    settings: Settings, keys: ExchangeKeys, symbols: tuple[str, ...], key: bytes, clock: Clock, account: AccountAt,
    known: Mapping[str, Instrument] | None,
) -> AsyncIterator[ExchangeVenue]:  # fmt: skip
    async with ExchangeVenue.open(
        settings.venue,
        keys,
        symbols=symbols,
        known=known,
        key=key,
        run=account.run,
        live=settings.world == "live",
        folder=_folder() / EXCHANGES,
        seed=settings.seed,
        clock=clock,
        perpetuals=settings.market.perpetuals,
    ) as exchange:
        yield exchange


def lines_of(exchange: ExchangeVenue | RoutedExchanges) -> dict[str, Callable[[], LinesNow]]:
    """How the lines to each exchange are read, by its name; that of the only one is empty."""
    members = exchange.members if isinstance(exchange, RoutedExchanges) else {"": exchange}
    return {name: each.lines_now for name, each in members.items() if isinstance(each, ExchangeVenue)}


def keys_at(settings: Settings, name: str) -> ExchangeKeys:
    """The keys of the account at an exchange of a session, from the environment; the name of the only one is empty. Raises
    UsageFault where they are missing."""
    secrets = load_secrets(also=settings.venue.key_variables)
    return keys_of(by_exchange(settings)[name], secrets, variables_of(settings, name))


def variables_of(settings: Settings, name: str) -> tuple[str, str, str]:
    """The environment variables with key, secret and passphrase of an exchange of a session."""
    return FIRST_KEYS if name in ("", settings.venue.exchange) else key_variables_of(name)


def keys_of(settings: Settings, secrets: Secrets, variables: tuple[str, str, str] = FIRST_KEYS) -> ExchangeKeys:
    """The keys of the account, out of these variables. Raises UsageFault where they are missing, and names them."""
    key, secret, password = (secrets.held().get(variable) for variable in variables)
    if key is not None and secret is not None:
        return ExchangeKeys(
            key.get_secret_value(),
            secret.get_secret_value(),
            None if password is None else password.get_secret_value(),
        )
    if settings.venue.url is not None and settings.world == "testnet":
        return PLAY_KEYS
    raise UsageFault(
        f"The profile {settings.profile!r} trades on {settings.venue.exchange}, and there is no key for it. Nothing was started. "
        f"Set {variables[0]} and {variables[1]} in the environment or in .env: keys that may trade and not withdraw."
    )


def _run_name(key: bytes, clock: Clock) -> str:
    """The name of a new session: no other one has the same, so no order of another one is taken for its own."""
    return hashlib.sha256(b"run\x1f" + key + clock.now().isoformat().encode()).hexdigest()[:16]


def _network(settings: Settings) -> Literal["testnet", "live"]:
    return "live" if settings.world == "live" else "testnet"


async def _refuse_others(exchange: ExchangeVenue, settings: Settings, ours: frozenset[str] | None) -> None:
    """`ours`: ids of the orders of a run that is resumed; None for a new one, which has none."""
    found = await exchange.foreign(ours or ())
    if found and ours is not None:
        raise UsageFault(
            f"{len(found)} open orders on this account at {settings.venue.exchange} are those of another session "
            f"({found[0]}), and "
            "this run's journal names none of them. Nothing was started: two sessions would sell each other's coins. Stop that "
            "session and cancel its orders at the exchange."
        )
    if found:
        raise UsageFault(
            f"{len(found)} open orders on this account at {settings.venue.exchange} are those of another session "
            f"({found[0]}). Nothing was started. Go on with that run (`tribunal run --resume RUN`), or cancel its orders at the "
            "exchange."
        )


async def _refuse_without_money(exchange: ExchangeVenue, settings: Settings) -> None:
    account = await exchange.account()
    wanted = settings.venue.starting_cash
    if account is None or account.cash < wanted:
        has = "nothing that was told" if account is None else f"{account.cash}"
        quote = next(iter(exchange.instruments().values())).quote
        raise UsageFault(
            f"The account at {settings.venue.exchange} has {has} {quote}, and the session is to trade {wanted}. "
            f"Nothing was started. Say how much it may use with --set {cash_setting(settings)}=AMOUNT."
        )


async def _tell_of_more(exchange: ExchangeVenue, settings: Settings, standing: Standing | None) -> None:
    """Say on stderr where more coins lie on the account than the last session left: it counts none of them as its own."""
    account = None if standing is None or standing.before is None else await exchange.account()
    if account is None or standing is None:
        return
    for symbol, rules in exchange.instruments().items():
        more = account.held.get(symbol, Decimal(0)) - standing.foreign.get(symbol, Decimal(0))
        if more >= rules.lot_size:
            sys.stderr.write(
                f"{more} {rules.base} more lie on the account at {settings.venue.exchange} than beside the last session's own "
                "when it ended. They are not counted as this session's, and it does not touch them.\n"
            )


def cash_setting(settings: Settings) -> str:
    """The setting that says how much money an account may use."""
    return "live.capital" if settings.world == "live" else "venue.starting_cash"


def _folder() -> Path:
    return state_dir(load_secrets())
