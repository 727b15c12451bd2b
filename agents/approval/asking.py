"""Asks a human for approval, as a LangGraph state machine that interrupts itself:

    START ─► ask ─(interrupt: the petition)─► answer ─► END

This machine is separate from the court's machine on purpose: an interrupt needs a checkpointer, and a checkpointer
would copy each docket at every step of every session. So the machine is built at the first petition and costs nothing
before. Each petition is one thread, and the thread is deleted when it is answered.

It fails closed: an approver that raises an error, or that answers another petition, counts as a no.
"""

import asyncio
from decimal import Decimal
from typing import Any, TypedDict

from agents.approval.petition import Answer, Approval, Approver, Petition, answered, petition_of
from agents.court.hearing import Hearing
from config.sections.court import CourtSettings
from risk.verdict import Outcome, Verdict

GRACE_S = 5.0
"""Time that an approver may take beyond its deadline before its answer is ignored [seconds]."""


class ApprovalState(TypedDict, total=False):
    """The machine's state; both values are JSON."""

    petition: str
    approval: str


class Approvals:
    """Decides whether a signed position needs approval, and asks for it."""

    def __init__(self, settings: CourtSettings, approver: Approver, grace_s: float = GRACE_S) -> None:
        self._settings = settings
        self._grace_s = grace_s
        self._approver = approver
        self._machine: Any = None
        self._saver: Any = None

    async def decide(self, hearing: Hearing) -> Approval | None:
        """Return the answer if the position is above the approval limit, otherwise None."""
        above, verdict = self._settings.approval_above, hearing.verdict
        if above is None or verdict.outcome is not Outcome.SIGNED or not _is_above(verdict, above):
            return None
        petition = petition_of(hearing)
        try:
            return await self._asked(petition)
        except Exception as fault:  # noqa: BLE001  the boundary of a channel: one that breaks has said no
            return answered(petition, Answer(False, "nobody", f"asking failed with {type(fault).__name__}"))

    async def _asked(self, petition: Petition) -> Approval:
        from langgraph.types import Command

        if self._machine is None:
            self._machine, self._saver = _compile()
        thread = {"configurable": {"thread_id": petition.decision_id}}
        try:
            halted = await self._machine.ainvoke({"petition": petition.canonical().decode()}, thread)
            shown = Petition.model_validate_json(halted["__interrupt__"][0].value)
            deadline_s = self._settings.approval_deadline_s
            async with asyncio.timeout(deadline_s + self._grace_s):
                said = await self._approver.ask(shown, deadline_s)
            done = await self._machine.ainvoke(Command(resume=said.canonical().decode()), thread)
        finally:
            await self._saver.adelete_thread(petition.decision_id)
        approval = Approval.model_validate_json(done["approval"])
        if (approval.decision_id, approval.notional) != (petition.decision_id, petition.notional):
            return answered(petition, Answer(False, approval.who, "the answer was to another petition"))
        return approval


def _is_above(verdict: Verdict, above: Decimal) -> bool:
    """Return whether the whole position would be above the limit, with what is held of it already."""
    return verdict.notional + Decimal(repr(verdict.held)) > above


def _compile() -> tuple[Any, Any]:
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import END, START, StateGraph

    saver = InMemorySaver()
    graph: Any = StateGraph(ApprovalState)
    graph.add_node("ask", _ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=saver), saver


async def _ask(asked: ApprovalState) -> ApprovalState:
    from langgraph.types import interrupt

    return {"approval": interrupt(asked["petition"])}
