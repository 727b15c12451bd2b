"""The pulse of a session on the clock: what it has to see between two bars, within a second.

It looks whether the kill switch has changed or is not yet obeyed in full, and whether the user wants to stop. When positions
have to be sold, it brings the prices of the moment, so that the simulated exchange sells at them and not at those of a bar that
is yet to come. A real exchange needs none; there, what could not be sold is tried again on a timer, whatever the feed does. It
brings the rulings of a court that sits beside the bars when they are there. It
also keeps the news fresh, and waits for none. It decides nothing and changes nothing: the session journals what it brings.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from agents.court.reserved.dockets import ReservedDocket
from agents.desk.clocked.feed import Recorded
from agents.desk.steered.source import Asked, nobody_asks
from agents.desk.steered.state import Steers
from agents.records.account import Word
from agents.records.inputs import Beat, Between, RaiseAsked, Ruled, StopAsked
from agents.records.steered import Steered
from config.clock import PacedClock
from execution.kill_switch.halting import Halt
from execution.steering.words import SteerVerb

_LOOK_S = 0.5
_AGAIN_S = 10.0
_PRICES_S = 2.0
Touches = Callable[[Sequence[str]], dict[str, tuple[Decimal, Decimal]]]
"""The best bid and ask of markets; those that are not known are left out."""


class Quotes(Protocol):
    """What a live feed tells between two bars (`market.live.feed.LiveFeed`)."""

    @property
    def last_close(self) -> datetime: ...
    @property
    def is_current(self) -> bool: ...
    def now(self) -> datetime: ...
    async def prices(self, symbols: Sequence[str], within_s: float) -> dict[str, tuple[float, float]]: ...


class Account(Protocol):
    """The account that the kill switch stops (`execution.account.trader.Trader`)."""

    @property
    def halts(self) -> tuple[Halt, ...]: ...
    @property
    def quantities(self) -> Mapping[str, Decimal]: ...
    @property
    def pursued(self) -> tuple[str, ...]: ...


class Rulings(Protocol):
    """The cases that are before a court beside the bars (`agents.court.reserved.dockets.ReservedDockets`)."""

    def answered(self) -> ReservedDocket | None: ...


class LivePulse:
    """The pulse of a session that runs. `standing` reads the latches, `stop` says whether the user wants to stop, and `refresh`
    begins to fetch news that are due and waits a little."""

    def __init__(
        self,
        quotes: Quotes,
        standing: Callable[[], tuple[Halt, ...]],
        stop: Callable[[], bool],
        clock: PacedClock,
        refresh: Callable[[], Awaitable[None]] | None = None,
        *,
        sells_at_once: bool = False,
        touch: Touches | None = None,
        reprice_s: float = 5.0,
        raised: Callable[[datetime], Word | None] = lambda at: None,
        asked: Asked = nobody_asks,
    ) -> None:
        """`sells_at_once`: whether the exchange trades by itself, as a real one does. `touch`: its best prices, and
        `reprice_s` how often entries are held against them. `raised`: takes the word of a human who has raised the ramp of real
        money, if there is a new one, at the time of the exchange; `asked`: the next word of an operator."""
        self._asked = asked
        self._raised = raised
        self._quotes = quotes
        self._standing = standing
        self._stop = stop
        self._clock = clock
        self._refresh = refresh
        self._sells_at_once = sells_at_once
        self._touch, self._reprice_s = touch, reprice_s
        self._stepped_at: datetime | None = None
        self._news: asyncio.Future[None] | None = None
        self._account: Account | None = None
        self._rulings: Rulings | None = None
        self._steers = Steers()
        self._closed_at: datetime | None = None
        self._sold_at: datetime | None = None
        self._left: Mapping[str, Decimal] | None = None

    def watch(self, account: Account, rulings: Rulings | None = None, steers: Steers | None = None) -> None:
        """The account of the session, once it is open, the rulings that it waits for, if any come beside the bars, and what its
        operator has asked."""
        self._account, self._rulings = account, rulings
        self._steers = steers or self._steers

    def past(self) -> None:
        """A session that begins has no past."""

    async def next(self) -> Between:
        """Wait until the user wants to stop, the ramp is raised, or the kill switch has to be obeyed."""
        while True:
            if self._stop():
                return StopAsked(at_utc=self._at())
            if self._account is not None and (word := self._raised(self._at())) is not None:
                return RaiseAsked(at_utc=self._at(), who=word.who, why=word.why)
            if self._account is not None and (asked := self._asked(self._at())) is not None:
                return await self._steered(asked, self._account)
            if (beat := await self._beat()) is not None:
                return beat
            if (docket := None if self._rulings is None else self._rulings.answered()) is not None:
                return await self._ruled(docket)
            if self._refresh is not None and (self._news is None or self._news.done()):
                self._news = asyncio.ensure_future(self._refresh())
            await self._clock.wait(_LOOK_S)

    def _at(self) -> datetime:
        return max(self._quotes.now(), self._quotes.last_close) if self._quotes.is_current else self._quotes.last_close

    async def _beat(self) -> Beat | None:
        """What has to be obeyed now, if there is anything."""
        if self._account is None:
            return None
        standing, held = self._standing(), self._account.quantities
        sells = held if any(halt.flatten for halt in standing) else {}
        if standing != self._account.halts:
            self._sold_at = self._left = None
            return Beat(at_utc=self._at(), prices=await self._priced(sells))
        if (closing := await self._closing()) is not None:
            return closing
        if (touch := self._stepped()) is not None:
            return Beat(at_utc=self._at(), touch=touch)
        if self._sells_at_once and self._sold_at is not None and not held:
            self._sold_at = None  # all is sold: the session says so now, and not at the next bar
            return Beat(at_utc=self._at())
        if not sells or sells == self._left or not self._is_due():
            return None
        prices = await self._priced(sells)
        return Beat(at_utc=self._at(), prices=prices) if prices or self._sells_at_once else None

    async def _steered(self, asked: Steered, account: Account) -> Steered:
        """A word, with the prices of the moment if it closes what an exchange holds that does not trade by itself."""
        self._closed_at = self._clock.now()
        symbol = asked.word.target
        if asked.word.verb is not SteerVerb.CLOSE or symbol not in account.quantities:
            return asked
        prices = await self._told((symbol,))
        return asked.model_copy(update={"prices": prices}) if prices else asked

    async def _closing(self) -> Beat | None:
        """A beat for positions that an operator wants closed and that are still held, if it is time to look again."""
        symbols, now = self._steers.closing, self._clock.now()
        if not symbols or (self._closed_at is not None and (now - self._closed_at).total_seconds() < _AGAIN_S):
            return None
        self._closed_at = now
        prices = await self._told(symbols)
        return Beat(at_utc=self._at(), prices=prices) if prices or self._sells_at_once else None

    async def _told(self, symbols: Sequence[str]) -> dict[str, tuple[float, float]]:
        """The prices of the moment, for an exchange that does not trade by itself; none while bars are overdue."""
        if self._sells_at_once or not self._quotes.is_current:
            return {}
        return await self._quotes.prices(symbols, _PRICES_S)

    async def _ruled(self, docket: ReservedDocket) -> Ruled:
        """The ruling on a docket, with the prices of the moment for an exchange that does not trade by itself."""
        symbols = tuple(dict.fromkeys(case.symbol for case in docket.cases))
        told = await self._told(symbols)
        return Ruled(at_utc=self._at(), heard_utc=docket.heard_utc, decisions=docket.decisions, prices=told)

    def _stepped(self) -> dict[str, tuple[Decimal, Decimal]] | None:
        """The best prices of entries that are bought piece by piece, if it is time to look at them."""
        pursued = () if self._touch is None or self._account is None else self._account.pursued
        now = self._clock.now()
        if not pursued:
            self._stepped_at = None
            return None
        if self._stepped_at is not None and (now - self._stepped_at).total_seconds() < self._reprice_s:
            return None
        self._stepped_at = now
        assert self._touch is not None
        return self._touch(pursued) or None

    def _is_due(self) -> bool:
        now = self._clock.now()
        return self._sold_at is None or (now - self._sold_at).total_seconds() >= _AGAIN_S

    async def _priced(self, sells: Mapping[str, Decimal]) -> dict[str, tuple[float, float]]:
        """The prices of the moment of what is to be sold; none while bars are overdue, since the market is not known then, and
        none for an exchange that trades by itself."""
        if self._sells_at_once:
            self._sold_at = self._clock.now() if sells else None
            return {}
        if not sells or not self._quotes.is_current:
            return {}
        self._sold_at = self._clock.now()
        prices = await self._quotes.prices(tuple(sells), _PRICES_S)
        if prices:
            self._left = dict(sells)
        return prices


class ResumedPulse:
    """What the journal holds between two bars, then what a live pulse sees."""

    def __init__(self, recorded: Recorded, live: LivePulse) -> None:
        self._recorded = recorded
        self._live = live

    def past(self) -> Between | None:
        came = self._recorded()
        return came if isinstance(came, Between) else None

    async def next(self) -> Between:
        return await self._live.next()
