"""Asks for approval wherever somebody may answer: on the terminal, on the page, by REST and in the chat. The first answer counts.

A session without a terminal asks where a window or a chat is open on it (`Petitions.attended`). Where nobody could answer, it
does not wait: that is a no at once. An answer about another decision or another amount is a no.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TextIO

from agents.approval.box import Petitions, Said
from agents.approval.console import ConsoleApprover
from agents.approval.petition import NOBODY_THERE, Answer, Approval, Asked, Petition, answered, tell_nobody
from config.clock import Clock

_LOOK_S = 0.1


class AnywhereApprover:
    """An `Approver` on every surface of one run. `console`: the terminal; `tell` takes words for stderr."""

    def __init__(
        self, console: ConsoleApprover, petitions: Petitions, clock: Clock, tell: TextIO, asked: Asked = tell_nobody
    ) -> None:
        """`asked` is told when a human is asked."""
        self._console, self._petitions, self._clock = console, petitions, clock
        self._tell, self._asked = tell, asked

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        """Ask everywhere, and return the first answer."""
        has_terminal, is_attended = self._console.is_there(), self._petitions.is_attended()
        if not has_terminal and not is_attended:
            return await NOBODY_THERE.ask(petition, deadline_s)
        try:
            self._petitions.ask(petition, self._clock.now() + timedelta(seconds=deadline_s))
        except OSError:
            if not has_terminal:
                return answered(petition, Answer(False, "nobody", "the petition could not be written"))
            return await self._console.ask(petition, deadline_s)
        try:
            if not has_terminal:
                self._asked(petition, deadline_s)
                self._say(f"{petition.symbol}: {petition.decision_id} waits for a yes on the page or in the chat.")
                return await self._elsewhere(petition, deadline_s)
            return await self._first(petition, deadline_s)
        finally:
            self._petitions.settle(petition.decision_id)

    async def _first(self, petition: Petition, deadline_s: float) -> Approval:
        terminal = asyncio.create_task(self._console.ask(petition, deadline_s))
        elsewhere = asyncio.create_task(self._elsewhere(petition, deadline_s))
        tasks = {terminal, elsewhere}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if (said := self._petitions.answer_to(petition.decision_id)) is not None:
                return self._told(petition, said)
            return (terminal if terminal.done() else elsewhere).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _elsewhere(self, petition: Petition, deadline_s: float) -> Approval:
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while (said := self._petitions.answer_to(petition.decision_id)) is None:
                    await asyncio.sleep(_LOOK_S)
                return self._told(petition, said)
        return answered(petition, Answer(False, "nobody", f"no answer within {deadline_s:g} s"))

    def _told(self, petition: Petition, said: Said) -> Approval:
        """An answer from another surface, in the form that is journaled."""
        who = f"{said.via}: {said.who}"
        if (said.decision_id, said.notional) != (petition.decision_id, petition.notional):
            answer = Answer(False, who, "the answer was to another petition")
        else:
            answer = Answer(said.approved, who, said.why)
        self._say(f"{petition.symbol}: {'yes' if answer.approved else 'no'} by {who} ({answer.why}).")
        return answered(petition, answer, self._clock.now())

    def _say(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._tell.write(f"\n{text}\n")
            self._tell.flush()
