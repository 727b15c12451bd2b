"""Which comes next, a bar or a word: whichever is there first, and nothing that was waited for is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.desk.arrivals import Arrivals
from agents.records.inputs import Beat, StopAsked
from execution.reports import OrderState, OrderStatus, VenueReport
from market.bar import Slice

T0 = datetime(2024, 3, 1, tzinfo=UTC)


def bar(number: int) -> Slice:
    return Slice(close_utc=T0 + timedelta(hours=number), bars={})


def word(name: str) -> VenueReport:
    state = OrderState(order_id=name, decision_id="d", symbol="BTC/USDT", status=OrderStatus.ACCEPTED, at_utc=T0)
    return VenueReport(states=(state,))


class Given:
    """A feed or a venue that has what a test has put there, and is asked by `next` or `hear`."""

    def __init__(self, *there: Any) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self.asked = 0
        for each in there:
            self.put(each)

    def put(self, each: Any) -> None:
        self._queue.put_nowait(each)

    async def next(self) -> Any:
        self.asked += 1
        each = await self._queue.get()
        if isinstance(each, Exception):
            raise each
        return each

    hear = next


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario()

    asyncio.run(main())


def test_a_word_comes_before_a_bar_that_is_there_as_well() -> None:
    async def scenario() -> None:
        arrivals = Arrivals(Given(bar(1), None), Given(word("a"), word("b")))
        assert [await arrivals.next() for _ in range(3)] == [word("a"), word("b"), bar(1)]
        await arrivals.close()

    run(scenario)


def test_a_bar_does_not_wait_for_a_word_and_the_word_is_not_asked_for_twice() -> None:
    async def scenario() -> None:
        venue = Given()
        arrivals = Arrivals(Given(bar(1), bar(2), None), venue)
        assert [await arrivals.next() for _ in range(2)] == [bar(1), bar(2)]
        venue.put(word("late"))
        assert [await arrivals.next() for _ in range(2)] == [word("late"), None]
        assert venue.asked == 2
        await arrivals.close()

    run(scenario)


def test_words_are_heard_while_no_bar_comes_and_the_bar_is_not_lost() -> None:
    async def scenario() -> None:
        feed, venue = Given(), Given(word("a"))
        arrivals = Arrivals(feed, venue)
        assert await arrivals.next() == word("a")
        feed.put(bar(1))
        assert await arrivals.next() == bar(1)
        assert feed.asked == 1
        await arrivals.close()

    run(scenario)


def test_a_venue_that_will_never_speak_is_asked_once() -> None:
    async def scenario() -> None:
        venue = Given(None)
        arrivals = Arrivals(Given(bar(1), bar(2), bar(3), None), venue)
        assert [await arrivals.next() for _ in range(4)] == [bar(1), bar(2), bar(3), None]
        assert venue.asked == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)


def test_in_a_recorded_past_the_journal_says_which_comes_next_and_after_it_whichever_is_first() -> None:
    async def scenario() -> None:
        past = iter([False, True, False])
        arrivals = Arrivals(Given(bar(1), bar(2), bar(3), None), Given(word("a"), word("b")), lambda: next(past, None))
        assert [await arrivals.next() for _ in range(6)] == [bar(1), word("a"), bar(2), word("b"), bar(3), None]
        await arrivals.close()

    run(scenario)


def test_a_feed_that_breaks_ends_the_wait_with_its_fault() -> None:
    async def scenario() -> None:
        arrivals = Arrivals(Given(ConnectionError("gone")), Given())
        with pytest.raises(ConnectionError, match="gone"):
            await arrivals.next()
        await arrivals.close()

    run(scenario)


def test_closing_leaves_nobody_waiting_and_may_be_done_twice() -> None:
    async def scenario() -> None:
        arrivals = Arrivals(Given(), Given(word("a")))
        assert await arrivals.next() == word("a")
        await arrivals.close()
        await arrivals.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)


class Beats(Given):
    """A pulse with what a test has put there; `recorded` is what comes next in the past."""

    def __init__(self, *there: Any, recorded: tuple[Any, ...] = ()) -> None:
        super().__init__(*there)
        self._recorded = list(recorded)

    def past(self) -> Any:
        return self._recorded.pop(0)


BEAT = Beat(at_utc=T0)


def test_a_word_goes_before_a_beat_and_a_beat_before_a_bar_and_none_is_lost() -> None:
    async def scenario() -> None:
        arrivals = Arrivals(Given(bar(1), bar(2)), Given(word("a"), None), pulse=Beats(BEAT, StopAsked(at_utc=T0)))
        came = [await arrivals.next() for _ in range(3)]
        assert came == [word("a"), BEAT, StopAsked(at_utc=T0)]
        assert [await arrivals.next() for _ in range(2)] == [bar(1), bar(2)]
        await arrivals.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario)


def test_a_beat_is_heard_while_no_bar_comes() -> None:
    async def scenario() -> None:
        feed, pulse = Given(), Beats()
        arrivals = Arrivals(feed, Given(None), pulse=pulse)
        waiting = asyncio.ensure_future(arrivals.next())
        await asyncio.sleep(0)
        pulse.put(BEAT)
        assert await waiting == BEAT
        feed.put(bar(1))
        assert await arrivals.next() == bar(1)
        assert feed.asked == 1
        await arrivals.close()

    run(scenario)


def test_in_a_recorded_past_a_beat_comes_where_the_journal_holds_it() -> None:
    async def scenario() -> None:
        past = iter([False, False, True, False])
        pulse = Beats(recorded=(None, BEAT, None, None))
        arrivals = Arrivals(Given(bar(1), bar(2)), Given(word("a")), lambda: next(past, None), pulse)
        assert [await arrivals.next() for _ in range(4)] == [bar(1), BEAT, word("a"), bar(2)]
        assert pulse.asked == 0
        await arrivals.close()

    run(scenario)
