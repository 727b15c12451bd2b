"""One line to the exchange: asks, waits, asks again. Several lines share what is left of the retries, and a ban.

What only reads, and a cancel, may be asked again, with a pause that doubles and is drawn by chance, inside a budget. The creation
of an order is asked once, whatever happens. A reserve of the budget is for exits. How long the exchange wants to be left alone
(`Retry-After`, a ban) holds for all lines, since it holds for this machine's address. An operation that fails again and again
pauses for a while, is tried once, and pauses longer if that fails; the others go on. Exits never pause, they only wait for their
turn.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import numpy as np

from execution.venues.exchange.outcomes import passing, pause_of, short, unknown_to
from execution.venues.exchange.told import Unreadable

T = TypeVar("T")
_MINUTE_S, _FEWEST, _COUNTED = 60.0, 20, 10_000
_LONGEST_QUIET_S = 120.0
"""The longest pause that repeated refusals grow to, unless the exchange itself asks for a longer one [s]."""
_LONGEST_OPEN = 8.0
"""How many times its first pause an operation pauses at most."""
_SPREAD_S = 0.25
"""Within so long after a ban all lines but those of exits begin again, each at a moment drawn by chance."""
Call = Callable[[Any], Awaitable[T]]
"""A question: it is given the CCXT instance, and asks it."""


class Pace(NamedTuple):
    """How fast this venue works. All in seconds but the counts."""

    timeout_s: float = 5.0
    """Longest time of one request."""
    patience_s: float = 8.0
    """Longest time in which one question is asked again."""
    pause_s: float = 0.2
    """First pause before a question is asked again."""
    longest_pause_s: float = 5.0
    poll_s: float = 2.0
    """Between two looks at orders and trades, while an order is open."""
    idle_s: float = 15.0
    """The same while none is."""
    book_s: float = 3.0
    watch_s: float = 1.0
    """Between two looks at the price of a watched target."""
    clock_s: float = 60.0
    clock_off_s: float = 2.0
    """Above this difference between this machine's clock and the exchange's, no entry is taken (`venue.max_clock_off_s`)."""
    settle_s: float = 2.0
    """How long `submit` waits for evidence before it says that the order's fate is unknown."""
    margin_s: float = 1.0
    """Beside the time in which a request is valid, before absence counts as proven."""
    cancel_s: float = 20.0
    """How long `cancel` waits for the final state."""
    escalate_s: float = 5.0
    """After a triggered stop at a limit has not been filled, it is sold at market."""
    fresh_s: float = 30.0
    """An entry that never arrived is sent again only within this time of its decision."""
    frozen_s: float = 120.0
    """An order whose fate was unknown for so long halts its market, and is told."""
    late_s: float | None = None
    """Time in which a request is valid; None for what the exchange's row in the table says."""
    throttled: bool = True
    """Whether requests wait for their turn by the exchange's rate limits. A simulator may have none."""
    retries: float = 40.0
    """Retries that all lines share, at once."""
    retries_per_s: float = 2.0
    """And so many more each second."""
    failures: int = 5
    """Failures in a row after which an operation pauses."""
    open_s: float = 10.0
    """How long it then pauses."""


class NoAnswer(Exception):
    """The exchange gave no answer that can be used, in the time and the retries that there were. It proves nothing."""


class Refused(Exception):
    """The exchange answered with an error that no repetition mends. `unknown`: it knows no such order."""

    def __init__(self, note: str, *, unknown: bool) -> None:
        super().__init__(note)
        self.unknown = unknown


class Budget:
    """Retries that all lines share: so many at once, and so many more each second; the last quarter is for exits."""

    def __init__(self, most: float, per_s: float) -> None:
        self._left, self._most, self._per_s, self._reserve = most, most, per_s, most / 4
        self._at: float | None = None

    def take(self, now_s: float, *, exits: bool) -> bool:
        """Take a retry, if there is one for this purpose."""
        passed = 0.0 if self._at is None else now_s - self._at
        self._left, self._at = min(self._most, self._left + passed * self._per_s), now_s
        if self._left < 1.0 + (0.0 if exits else self._reserve):
            return False
        self._left -= 1.0
        return True


class Answers:
    """How many of the last minute's questions on all lines failed. An answer that refuses is an answer."""

    def __init__(self) -> None:
        self._told = deque[tuple[float, bool]](maxlen=_COUNTED)
        self.asked = self.failed = 0

    def note(self, now_s: float, *, failed: bool) -> None:
        """Count a question."""
        self._told.append((now_s, failed))
        self.asked += 1
        self.failed += failed

    def share_failed(self, now_s: float) -> float | None:
        """The part of them that failed; None if too few were asked."""
        while self._told and now_s - self._told[0][0] > _MINUTE_S:
            self._told.popleft()
        if len(self._told) < _FEWEST:
            return None
        return sum(failed for _, failed in self._told) / len(self._told)


class Quiet:
    """What all lines know of the exchange: until when it wants to be left alone, in the time of the event loop [s], how often it
    answered lately, and whether it doubts our clock."""

    def __init__(self) -> None:
        self.until_s = 0.0
        self._turned_away = 0
        self.answers = Answers()
        self.clock_doubted = asyncio.Event()
        self.headers: Mapping[str, Any] | None = None
        """Those of the last answer, which tell what is used of the rate limit."""

    def leave_alone(self, seconds: float) -> None:
        """Ask nothing for so long; twice as long each time when the exchange says it again before it has answered anything.

        Questions that were on their way when it said so are turned away too, and that is the same word.
        """
        now_s = asyncio.get_running_loop().time()
        if now_s >= self.until_s:
            seconds = min(seconds * 2.0 ** min(self._turned_away, 20), max(seconds, _LONGEST_QUIET_S))
            self._turned_away += 1
        self.until_s = max(self.until_s, now_s + seconds)

    def answered(self) -> None:
        """The exchange has answered a question."""
        self._turned_away = 0

    def left_s(self) -> float:
        """What is left of it [s]."""
        return max(0.0, self.until_s - asyncio.get_running_loop().time())


class Turn:
    """Lets one request at a time through, where an exchange wants their order kept. Exits go before all others that wait."""

    def __init__(self) -> None:
        self._taken = False
        self._first, self._others = deque[asyncio.Future[None]](), deque[asyncio.Future[None]]()

    @asynccontextmanager
    async def taken(self, *, exits: bool) -> AsyncIterator[None]:
        """Wait for the turn, and hold it."""
        if self._taken:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            (self._first if exits else self._others).append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._pass_on()
                raise
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        for waiting in (self._first, self._others):
            while waiting:
                if not (following := waiting.popleft()).done():
                    following.set_result(None)
                    return
        self._taken = False


class Line:
    """One CCXT instance, and what is asked over it."""

    def __init__(
        self, ccxt: Any, pace: Pace, budget: Budget, quiet: Quiet, chance: np.random.Generator, *,
        exits: bool = False, turn: Turn | None = None,
    ) -> None:  # fmt: skip
        """`exits`: for stops, cancels and sales. `turn`: held by one request at a time, where their order must be kept."""
        self.ccxt = ccxt
        self._pace, self._budget, self._quiet, self._chance = pace, budget, quiet, chance
        self._exits, self._turn = exits, turn
        self._failed: dict[str, int] = {}
        self._closed_until_s: dict[str, float] = {}
        self._opened: dict[str, int] = {}
        """How often in a row each operation has paused: one failure after a pause is enough for a longer one."""

    async def once(self, call: Call[T]) -> T:
        """Ask once, after the time in which the exchange wants to be left alone. Raises what CCXT raises."""
        while (left_s := self._quiet.left_s()) > 0.0:  # another line may have been told to wait longer meanwhile
            await asyncio.sleep(left_s + (0.0 if self._exits else _SPREAD_S * float(self._chance.random())))
        async with AsyncExitStack() as stack:
            if self._turn is not None:
                await stack.enter_async_context(self._turn.taken(exits=self._exits))
            self.ccxt.last_response_headers = None
            try:
                answer = await call(self.ccxt)
            except Exception as error:
                self._count(failed=isinstance(error, Unreadable) or passing(error))
                raise
            self._count(failed=False)
            self._quiet.answered()
            self._quiet.headers = self.ccxt.last_response_headers
            return answer

    async def ask(self, operation: str, call: Call[T], patience_s: float | None = None) -> T:
        """Ask what may be asked again. Raises NoAnswer and Refused, and nothing else.

        `operation`: what pauses after too many failures in a row.
        """
        loop = asyncio.get_running_loop()
        end_s = loop.time() + (self._pace.patience_s if patience_s is None else patience_s)
        if not self._exits and loop.time() < self._closed_until_s.get(operation, 0.0):
            raise NoAnswer(f"{operation} pauses after {self._pace.failures} failures")
        if self._quiet.until_s > end_s:
            raise NoAnswer(f"the exchange wants to be left alone for {self._quiet.left_s():.0f} s more")
        for tried in range(10_000):
            try:
                answer = await self.once(call)
            except Exception as error:  # noqa: BLE001 - the border to CCXT, which raises what it likes
                note = self._failure(operation, error)
            else:
                self._failed.pop(operation, None)
                self._opened.pop(operation, None)
                return answer
            pause_s = max(self._quiet.left_s(), self._pause_s(tried))
            if not self._exits and loop.time() < self._closed_until_s.get(operation, 0.0):
                raise NoAnswer(note)
            if loop.time() + pause_s > end_s or not self._budget.take(loop.time(), exits=self._exits):
                raise NoAnswer(note)
            await asyncio.sleep(pause_s)
        raise NoAnswer(note)

    def heed(self, error: Exception) -> None:
        """Note what an error says of all lines: to stay away, or that the clock is wrong."""
        names = {each.__name__ for each in type(error).__mro__}
        if names & {"DDoSProtection", "RateLimitExceeded"}:
            self._quiet.leave_alone(pause_of(error, self.ccxt.last_response_headers))
        if "InvalidNonce" in names:
            self._quiet.clock_doubted.set()

    def _count(self, *, failed: bool) -> None:
        self._quiet.answers.note(asyncio.get_running_loop().time(), failed=failed)

    def _failure(self, operation: str, error: Exception) -> str:
        """Note a failure, and return it in words. Raises Refused for one that no repetition mends."""
        self.heed(error)
        if not isinstance(error, Unreadable) and (unknown_to(error) or not passing(error)):
            self._failed.pop(operation, None)
            raise Refused(short(error), unknown=unknown_to(error)) from None
        if any(each.__name__ == "InvalidNonce" for each in type(error).__mro__):
            return short(error)  # the clock is measured anew: that is no failure of the operation
        failed, opened = self._failed.get(operation, 0) + 1, self._opened.get(operation, 0)
        self._failed[operation] = failed
        if failed >= self._pace.failures or opened:
            self._failed.pop(operation)
            self._opened[operation] = opened + 1
            open_s = self._pace.open_s * min(2.0**opened, _LONGEST_OPEN)
            self._closed_until_s[operation] = asyncio.get_running_loop().time() + open_s
        return short(error)

    def _pause_s(self, tried: int) -> float:
        """Twice as long after each failure, and of that between half and all, by chance."""
        longest_s = min(self._pace.longest_pause_s, self._pace.pause_s * 2.0 ** min(tried, 20))
        return longest_s * (0.5 + 0.5 * float(self._chance.random()))
