"""Whether the exchange whose bars a session trades tells them: it is asked for its time and its markets, without a key."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from config.clock import Clock, to_ms
from config.errors import TribunalError
from config.settings import Settings
from execution.venues.exchange.checkup import Unheard
from market.live.exchange import Exchange, Unanswered
from market.timeframe import Timeframe
from ops.health.finding import Finding, ill, well

_BARS = "market data"
_LONGEST_S = 10.0


class FeedSaid(NamedTuple):
    """The finding, and how far this machine's clock is ahead of the feed's [ms]."""

    finding: Finding
    clock_ahead_ms: int | Unheard


async def feed_said(settings: Settings, url: str | None, symbols: Sequence[str], clock: Clock) -> FeedSaid:
    """Ask the exchange of the profile's feed, at another address if `url` is one."""
    name, timeframe = str(settings.market.feed), Timeframe(settings.market.timeframe)
    try:
        async with asyncio.timeout(_LONGEST_S):
            testnet, perpetual = settings.world == "testnet", settings.market.perpetuals is not None
            async with Exchange(
                name, url or settings.venue.url, tries=1, testnet=testnet, perpetual=perpetual
            ) as exchange:
                before_ms = to_ms(clock.now())
                told_ms = await exchange.now_ms()
                ahead_ms: int | Unheard = (before_ms + to_ms(clock.now())) // 2 - told_ms
                if not exchange.tells_time:
                    ahead_ms = Unheard("it tells none", refused=True)
                await exchange.refuse_unknown(list(symbols), timeframe)
    except (Unanswered, TimeoutError) as fault:
        why = fault.why if isinstance(fault, Unanswered) else "no answer in time"
        told = ill(_BARS, f"{name} does not answer ({why}).", "Look at the connection, and ask again.")
        return FeedSaid(told, Unheard(why, refused=False))
    except TribunalError as fault:
        return FeedSaid(ill(_BARS, str(fault)), Unheard(str(fault), refused=True))
    return FeedSaid(well(_BARS, f"{name} has bars of {timeframe} of {', '.join(symbols)}."), ahead_ms)
