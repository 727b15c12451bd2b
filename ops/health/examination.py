"""Everything that is looked at before a session, in the order in which it would be mended.

Each look stands alone: what fails is a finding, and the others are looked at all the same. It sends no order and calls no model.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from agents.desk.clocked.account import ACCOUNTS, EXCHANGES, keys_of, variables_of
from agents.desk.clocked.opened import by_exchange, trades_there
from agents.desk.clocked.opening import symbols_of
from agents.desk.request import WorldRequest
from agents.desk.world import ON_THE_CLOCK, World, world_of
from config.clock import SystemClock
from config.errors import TribunalError
from config.secrets import Secrets, journal_key, load_secrets, state_dir
from config.settings import Settings
from execution.venues.exchange.capabilities import capability_of
from execution.venues.exchange.checkup import checkup
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.lease import holder
from execution.venues.exchange.lines.wires import ExchangeKeys
from execution.venues.exchange.venue import name_of_account
from ops.health.exchange import clock_finding, exchange_row, told_by_exchange
from ops.health.feed import feed_said
from ops.health.finding import Finding, ill, tried, unasked, well
from ops.health.machine import has_key, machine
from ops.health.money import RealMoney, real_money
from ops.health.terms import terms

_PROFILE, _ENVIRONMENT, _KEYS, _SESSION = "profile", "environment", "exchange key", "other sessions"


class Examination(NamedTuple):
    """`profile`: its name; None if it does not resolve. `live`: whether it is for real money."""

    profile: str | None
    live: bool
    findings: tuple[Finding, ...]


def examine(request: WorldRequest, copy: Path | None, *, outside: bool = True) -> Examination:
    """Look at everything. `copy`: where the user says that a copy of the journal's key is; `outside`: whether anything is asked
    over a wire."""
    found, world = _profile(request)
    settings = None if world is None else world.settings
    also = () if settings is None else (*settings.minds.key_variables, *settings.venue.key_variables)
    live = settings is not None and settings.world == "live"
    try:
        secrets = load_secrets(also=also)
        folder = state_dir(secrets)
    except TribunalError as fault:
        return _examination(settings, [found, ill(_ENVIRONMENT, str(fault))])
    name = None if settings is None else settings.profile
    if copy is None and settings is not None and settings.live.key_backup is not None:
        copy = Path(settings.live.key_backup).expanduser()
    findings = [found, *machine(secrets, folder, name, copy, live=live)]
    if world is not None:
        findings += terms(world.settings, secrets)
        part = Decimal(1)
        if live:
            money = _real_money(world.settings, secrets, folder)
            findings += money.findings
            world, part = world.model_copy(update={"settings": money.settings}), money.part
        findings += _outside(world, secrets, folder, part) if outside else []
    return _examination(settings, findings)


def _real_money(settings: Settings, secrets: Secrets, folder: Path) -> RealMoney:
    """What real money asks for; a key that cannot be read is told elsewhere."""
    try:
        key = journal_key(secrets) if has_key(secrets, folder) else None
    except TribunalError:
        key = None
    return real_money(settings, folder, key, SystemClock().now())


def _examination(settings: Settings | None, findings: list[Finding]) -> Examination:
    live = settings is not None and settings.world == "live"
    return Examination(None if settings is None else settings.profile, live, tuple(findings))


def _profile(request: WorldRequest) -> tuple[Finding, World | None]:
    try:
        world = world_of(request)
    except TribunalError as fault:
        return ill(_PROFILE, str(fault)), None
    settings = world.settings
    names = " and ".join(settings.venue.members) or settings.venue.exchange
    where = f"at {names}" if trades_there(settings) else "at the simulated exchange"
    return well(_PROFILE, f"{settings.profile}: world {settings.world}, orders {where}."), world


def _outside(world: World, secrets: Secrets, folder: Path, part: Decimal) -> list[Finding]:
    """What is asked over a wire."""
    settings = world.settings
    if settings.world not in ON_THE_CLOCK and not trades_there(settings):
        return [unasked("exchange", "Bars and orders of this profile are on this machine.")]
    if settings.venue.kind == "ib":
        from ops.health.broker import broker_said  # it loads what exchanges do not need

        return broker_said(settings, symbols_of(settings))
    feed = asyncio.run(feed_said(settings, world.bars.feed_url, symbols_of(settings), SystemClock()))
    if not trades_there(settings):
        return [feed.finding, clock_finding(feed.clock_ahead_ms)]
    told = []
    for name in by_exchange(settings):
        found = _trading(name, settings, secrets, folder, part)
        told += found if not name else [each._replace(check=f"{name}: {each.check}") for each in found]
    return [*told, feed.finding]


def _trading(name: str, whole: Settings, secrets: Secrets, folder: Path, part: Decimal) -> list[Finding]:
    """What one exchange of a session says; `whole`: the settings of the session on all of them."""
    settings = by_exchange(whole)[name]
    venue, live, symbols = settings.venue, settings.world == "live", symbols_of(settings)
    try:
        contracts = settings.market.perpetuals
        trigger = None if contracts is None else contracts.trigger
        row = capability_of(venue.exchange, live=live or venue.url is not None, trigger=trigger)
    except TribunalError as fault:
        return [ill("exchange", str(fault))]
    said, keys = _keys(settings, secrets, variables_of(whole, name))
    try:
        found = asyncio.run(
            checkup(
                venue,
                keys,
                symbols,
                live=live,
                folder=folder / EXCHANGES,
                seed=settings.seed,
                clock=SystemClock(),
                perpetuals=contracts,
            )
        )
    except TribunalError as fault:
        return [exchange_row(row, settings), said, ill("exchange answers", str(fault))]
    mark = ClientIds(name_of_account(venue, live=live), "").mark
    session = tried(_SESSION, lambda: _session(folder, mark))
    return [
        exchange_row(row, settings), said, session, *told_by_exchange(found, row, settings, symbols, part, whole)
    ]  # fmt: skip


def _keys(settings: Settings, secrets: Secrets, variables: tuple[str, str, str]) -> tuple[Finding, ExchangeKeys | None]:
    try:
        keys = keys_of(settings, secrets, variables)
    except TribunalError as fault:
        return ill(_KEYS, str(fault)), None
    where = (
        "From the environment." if secrets.held().get(variables[0]) is not None else "That of a simulator; none is set."
    )
    return well(_KEYS, where), keys


def _session(folder: Path, mark: str) -> Finding:
    """Raises OutputFault for a lock that cannot be read."""
    process = holder(folder / ACCOUNTS, mark)
    if process is None:
        return well(_SESSION, "None of this machine trades on the account.")
    return ill(
        _SESSION, f"One trades on this account (process {process}); a second is refused.", "Stop that one first."
    )
