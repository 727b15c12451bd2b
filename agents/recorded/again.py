"""The inputs of a finished run, told once more to a session that trades them on another venue and writes a journal of its own.

Bars, news, models' answers, approvals and the kill switch come out of the journal at the bar to which they belonged. Nothing is
compared: the account of the second session is another one, so it may decide otherwise. What nobody was asked then has no answer
now: news are silent, a model abstains, an approval is refused. A kill switch that fell in the middle of a bar is down from the
beginning of that bar.
"""

import asyncio
from datetime import datetime

from agents.recorded.rerun import RecordedRun, RecordedSentiment
from agents.records.inputs import Arrived, Beat, Ruled, StopAsked
from agents.records.record import CycleRecord
from agents.records.steered import Steered
from config.frozen import Journaled
from execution.kill_switch.halting import Halt, HaltEvent, Reading
from market.bar import Slice
from sentiment.headline import SentimentData


class InputsAgain:
    """The bars and beats of a run in their order, and the kill switch as it stood at each. It is the feed, the pulse and the
    switch of the second session."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run
        self._halts: tuple[Halt, ...] = ()
        self.told: dict[str, SentimentData] = {}
        """The news that came with the last bars, by symbol."""

    def spoke_next(self) -> bool | None:
        """Never: the second venue speaks for itself. None when no input is left."""
        return None if self._following() is None else False

    async def next_bar(self) -> Slice | None:
        """The next bars; None when no whole bar is left."""
        following = self._following()
        if not isinstance(following, CycleRecord):
            return None
        self._run.pass_over()
        return following.tape

    def past(self) -> Beat | Ruled | Steered | None:
        """The next input, if it came between two bars: what the switch was found to say then is known from now on."""
        following = self._following()
        if not isinstance(following, Beat | Ruled | Steered):
            return None
        self._run.pass_over()
        while (event := self._run.peek()) is not None and not isinstance(
            event, Arrived | Beat | Ruled | Steered | StopAsked | CycleRecord
        ):
            self._pass_over(event)
        return following

    async def next(self) -> Beat:
        """Nothing comes by itself: all of it is past."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")

    def read(self, look: int) -> Reading:
        """The latches that were down, whichever look this is."""
        return Reading(self._halts)

    def _following(self) -> Beat | Ruled | Steered | CycleRecord | None:
        """The next input; what lies before it is passed over."""
        while True:
            event = self._run.peek()
            if event is None:
                self._run.next_bar()
                event = self._run.peek()
            if event is None or isinstance(event, Beat | Ruled | Steered | CycleRecord):
                return event
            self._pass_over(event)

    def _pass_over(self, event: Journaled) -> None:
        if isinstance(event, HaltEvent):
            self._halts = event.halts
        elif isinstance(event, Arrived):
            self.told = event.sentiment
        self._run.pass_over()


class BarsAgain:
    """The bars of these inputs, as a feed."""

    def __init__(self, inputs: InputsAgain) -> None:
        self._inputs = inputs

    async def next(self) -> Slice | None:
        return await self._inputs.next_bar()


class NewsAgain:
    """The news of these inputs: all that was told with the bars, or what the record of the bar holds."""

    def __init__(self, inputs: InputsAgain, run: RecordedRun) -> None:
        self._inputs = inputs
        self._recorded = RecordedSentiment(run)

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        told = self._inputs.told.get(symbol)
        return self._recorded.read(symbol, as_of) if told is None else told
