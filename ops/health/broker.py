"""What a gateway of Interactive Brokers says before a session: the account, its money and its shares, and days to decide on."""

import asyncio
from collections.abc import Sequence

from config.clock import SystemClock
from config.errors import TribunalError
from config.settings import Settings
from execution.venues.ib.line import Line
from market.catalogue import instrument_of
from market.sessions.calendar import calendar_of
from ops.health.finding import Finding, ill, well

_GATEWAY, _MONEY, _SHARES, _SESSIONS = "gateway", "money", "shares", "sessions"


def broker_said(settings: Settings, symbols: Sequence[str]) -> list[Finding]:
    """Ask the gateway; no order is sent."""
    try:
        return [*_sessions(settings), *asyncio.run(_asked(settings, tuple(symbols)))]
    except TribunalError as fault:
        return [ill(_GATEWAY, str(fault))]


def _sessions(settings: Settings) -> list[Finding]:
    calendar = calendar_of(str(settings.market.calendar))
    today = SystemClock().now().astimezone(calendar.zone).date()
    left = calendar.count(today, calendar.last)
    told = f"{calendar.name} in {calendar.zone}, decided on at {settings.market.schedule}; known until {calendar.last}"
    if left < 20:
        return [ill(_SESSIONS, f"{told}: {left} sessions are left.", "Install a newer release of exchange-calendars.")]
    return [well(_SESSIONS, f"{told}.")]


async def _asked(settings: Settings, symbols: tuple[str, ...]) -> list[Finding]:
    assert settings.venue.ib is not None  # the settings refuse kind ib without it
    async with Line.open(settings.venue.ib, symbols, SystemClock()) as line:
        found = [well(_GATEWAY, f"{settings.venue.ib.account} is there, and it is a paper account.")]
        money = line.money("AvailableFunds")
        if money is None or money <= 0:
            found.append(
                ill(_MONEY, f"The account has no AvailableFunds in {line.currency}.", "Trade shares of its currency.")
            )
        else:
            found.append(well(_MONEY, f"AvailableFunds are {money} {line.currency}."))
        rules = line.rules({symbol: instrument_of(settings.market, symbol) for symbol in symbols})
        for symbol, each in rules.items():
            days = await line.days(symbol, "5 Y")
            told = f"{symbol}: ticks of {each.tick_size}, lots of {each.lot_size}, {len(days)} days of bars."
            enough = len(days) >= settings.market.warmup_bars
            found.append(
                well(_SHARES, told)
                if enough
                else ill(_SHARES, told, f"A decision needs {settings.market.warmup_bars} days before it.")
            )
        return found
