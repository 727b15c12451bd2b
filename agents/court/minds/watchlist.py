"""The watchlist: asks the analyst in the background about markets that may soon be proposed.

    begin   after a bar's record is written: ask about watched markets that are near a trigger and have no outlook
    rest    at the end of a bar: wait for the answers, if the profile says so (needed when the next bar follows at once)
    land    at the next bar's close, after its exits: journal the answers that have come, in the order of the questions,
            and keep them

An answer that has not come is not waited for; it is taken at a later close. The attempts in the journal record which
answers had come, so that a replay and a resumed run take the same ones (`landed`). The watchlist decides nothing. A
question that fails counts as silence: it gives no outlook.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.court.case import Case
from agents.court.minds.model import ModelMind, spoken_by
from agents.court.minds.outlooks import Outlook, Outlooks
from agents.court.opinion import AnalystOpinion
from agents.llm.asking import RoleAnswer
from agents.llm.attempt import Attempt
from agents.strategies.netting import as_entry, lean
from agents.strategies.vote import NetVote
from config.errors import TribunalError, UsageFault
from config.settings import Settings
from market.symbols import normalise_symbol
from risk.proposal import Direction

Landed = Callable[[str], bool | None]
"""Returns whether the journal says that the answer of a decision_id had come by this bar close; None if there is no
journal.
"""
_Answer = RoleAnswer[AnalystOpinion] | None


def nobody_knows(decision_id: str) -> None:
    """The `Landed` function of a new run, which has no journal yet."""


@dataclass(slots=True)
class _PendingOutlook:
    """A question without an answer yet. `task` is None if the answer is in a journal or was lost when the run ended."""

    case: Case
    task: "asyncio.Task[_Answer] | None" = None


class Watchlist:
    """The markets that one session watches, and the open questions about them. Belongs to one event loop."""

    def __init__(self, mind: ModelMind, outlooks: Outlooks, settings: Settings, symbols: Sequence[str], landed: Landed):
        """Raises UsageFault for a market that is not one of the session's `symbols`."""
        self._mind = mind
        self._outlooks = outlooks
        self._symbols = watchlist_of(settings, symbols)
        self._least = settings.minds.warm_within * settings.court.net_threshold
        self._waits = settings.minds.warm_wait
        self._shorts = settings.market.perpetuals is not None and settings.court.sides == "both"
        self._landed = landed
        self._under_way: dict[str, _PendingOutlook] = {}

    def near(self, proposals: Mapping[str, NetVote]) -> dict[str, NetVote]:
        """Return the watched markets that may soon be proposed, each with its votes as the purchase, or the short sale, that it
        would be."""
        found = {}
        for symbol, proposal in proposals.items():
            if symbol not in self._symbols:
                continue
            if proposal.direction is Direction.NONE and lean(proposal.votes) >= self._least:
                found[symbol] = as_entry(proposal, short=False)
            elif self._shorts and not proposal.opens and lean(proposal.votes, short=True) >= self._least:
                found[symbol] = as_entry(proposal, short=True)
        return found

    def wants(self, case: Case) -> bool:
        """Return whether the market has no open question and no outlook that is usable at the next bar."""
        return case.symbol not in self._under_way and not self._outlooks.lasts(case)

    def begin(self, cases: Sequence[Case]) -> None:
        """Ask about these cases; returns at once."""
        for case in cases:
            pending = self._under_way[case.symbol] = _PendingOutlook(case)
            if self._landed(case.decision_id) is None:
                pending.task = asyncio.create_task(self._ask(case))

    async def rest(self) -> None:
        """Wait for the answers at the end of a bar, if the profile says so."""
        if self._waits:
            await self.finish()

    async def land(self) -> AsyncIterator[Attempt]:
        """Take the answers that have come, and yield their attempts for the journal before the next answer is read."""
        for symbol, pending in list(self._under_way.items()):
            said = await self._answer(pending)
            if said is None:
                continue
            del self._under_way[symbol]
            if said.word is not None:
                self._outlooks.keep(Outlook(pending.case, said.word, spoken_by(said.attempts)))
            for attempt in said.attempts:
                yield attempt

    async def finish(self) -> None:
        """Wait until every open question is answered, because the calls are already paid for."""
        tasks = [pending.task for pending in self._under_way.values() if pending.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    def cancel(self) -> None:
        """Cancel the open questions: the session was broken off."""
        for pending in self._under_way.values():
            if pending.task is not None:
                pending.task.cancel()

    async def _answer(self, pending: _PendingOutlook) -> _Answer:
        """Return the answer, if it has come. An answer that was lost when a run was killed is requested again."""
        known = self._landed(pending.case.decision_id)
        if known is not None:
            return await self._ask(pending.case) if known else None
        if pending.task is None:
            pending.task = asyncio.create_task(self._ask(pending.case))
            if self._waits:
                await asyncio.wait([pending.task])
        return pending.task.result() if pending.task.done() else None

    async def _ask(self, case: Case) -> _Answer:
        try:
            return await self._mind.outlook(case)
        except TribunalError:
            raise  # a missing recording is an error, not an abstention
        except Exception:  # noqa: BLE001  the boundary of a mind: whatever breaks in it is silence
            return None


def watchlist_of(settings: Settings, symbols: Sequence[str]) -> frozenset[str]:
    """Return the watched markets. Raises UsageFault for a market that is not one of the session's `symbols`."""
    wanted = {spelled: normalise_symbol(spelled) or spelled for spelled in settings.minds.watchlist}
    if "*" in wanted:
        return frozenset(symbols)
    for spelled, symbol in wanted.items():
        if symbol not in symbols:
            raise UsageFault(
                f"minds.watchlist: {spelled!r} is not a market of this session, which has {', '.join(symbols)}. Nothing was "
                "started; choose some of these, or '*' for all."
            )
    return frozenset(wanted.values())
