"""What humans have done to the session: when, who, on which surface, what, why, and what came of it, as the journal tells it.

A word of the operator, a latch that fell or was lifted, and an answer to a petition are one list. Its results are those that the
journal holds: `done` stands there when the exchange has said so.
"""

from collections import OrderedDict
from typing import Literal

from pydantic import Field

from agents.approval.petition import Approval
from agents.records.inputs import RaiseAsked
from agents.records.steered import SteerDone, Steered
from config.frozen import Frozen, Journaled, UtcTime
from execution.kill_switch.halting import PAUSED, Halt, HaltEvent, Lifted
from execution.kill_switch.triggers import WHO
from execution.steering.words import VIAS

ACTIONS_KEPT = 500
_HALT, _FLATTEN, _UNHALT = "halt", "halt_flatten", "unhalt"


class ActionNow(Frozen):
    """Something that a human has done to the session."""

    at_utc: UtcTime = Field(description="when the session heard it, by its own time")
    ref: str = Field(description="names it")
    who: str = Field(description="who did it")
    via: str = Field(description="the surface: cli, page, rest, chat, file, mcp, terminal; latch where it does not say")
    verb: str = Field(description="what was asked")
    target: str = Field(description="market, strategy or decision; empty for none")
    why: str = Field(description="the reason that was given")
    state: Literal["heard", "done", "refused", "failed"] = Field(
        description="heard: it is being obeyed; done, refused (nothing was done), or failed"
    )
    result: str = Field(description="the result in words; empty while there is none")


class Actions:
    """The last actions of humans. `most`: how many are kept."""

    def __init__(self, most: int = ACTIONS_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, ActionNow] = OrderedDict()
        self._halts: tuple[Halt, ...] = ()

    def take(self, event: Journaled) -> None:
        """Take the next event; those that no human has caused are left out."""
        match event:
            case Steered():
                self._steered(event)
            case SteerDone():
                self._change(event.word_id, event.outcome, event.told)
            case HaltEvent():
                self._halt(event)
            case Approval() if event.answered_utc is not None:
                self._approval(event)
            case RaiseAsked():
                ref = f"raise_ramp@{event.at_utc.isoformat()}"
                self._add(
                    ActionNow(
                        at_utc=event.at_utc, ref=ref, who=event.who, via="terminal", verb="raise_ramp", target="", why=event.why,
                        state="done", result="The ramp of real money was raised.",
                    )
                )  # fmt: skip

    def all(self) -> tuple[ActionNow, ...]:
        """All that are kept, the newest first."""
        return tuple(reversed(self._kept.values()))

    def by_ref(self, ref: str) -> ActionNow | None:
        """The one of this name; None for one that is not in the journal, or no longer kept."""
        return self._kept.get(ref)

    def _steered(self, event: Steered) -> None:
        word, refused = event.word, event.not_obeyed
        self._add(
            ActionNow(
                at_utc=event.at_utc,
                ref=word.word_id,
                who=word.who,
                via=word.via,
                verb=word.verb.value,
                target=word.about,
                why=word.why,
                state="heard" if refused is None else "refused",
                result=refused or "",
            )
        )

    def _halt(self, event: HaltEvent) -> None:
        if event.action == "flat":
            self._change_last(_FLATTEN, "done", "All is sold, by the exchange's word.")
            return
        known = {(halt.scope, halt.given_utc, halt.flatten) for halt in self._halts}
        for lifted in event.lifted:
            if lifted.scope != PAUSED and lifted.who != WHO:
                self._switched(event, lifted, _UNHALT, "The session has read that it is lifted.")
        for halt in event.halts:
            if halt.scope == PAUSED or halt.who == WHO or (halt.scope, halt.given_utc, halt.flatten) in known:
                continue
            if halt.flatten:
                self._switched(
                    event, halt, _FLATTEN, "The session takes no new risk, and sells what it holds.", "heard"
                )
            else:
                self._switched(event, halt, _HALT, "The session takes no new risk. Exits and stops go on.")
        self._halts = event.halts

    def _switched(
        self, event: HaltEvent, by: Halt | Lifted, verb: str, result: str, state: Literal["heard", "done"] = "done"
    ) -> None:
        name, via = by.who, "latch"
        if name.endswith(")") and name.rpartition(" (")[2][:-1] in VIAS:
            name, via = name.rpartition(" (")[0], name.rpartition(" (")[2][:-1]
        given = event.as_of_utc if by.given_utc is None else by.given_utc
        self._add(
            ActionNow(
                at_utc=event.as_of_utc, ref=f"{verb}@{given.isoformat()}", who=name, via=via, verb=verb,
                target="" if by.scope == "all" else by.scope, why=by.why, state=state, result=result,
            )
        )  # fmt: skip

    def _approval(self, event: Approval) -> None:
        via, sign, name = event.who.partition(": ")
        if not sign or via not in VIAS:
            via, name = "terminal", event.who
        verb = "approve" if event.approved else "reject"
        assert event.answered_utc is not None
        self._add(
            ActionNow(
                at_utc=event.answered_utc, ref=f"{verb}@{event.decision_id}", who=name, via=via, verb=verb,
                target=event.decision_id, why=event.why, state="done",
                result=f"{event.symbol} for {event.notional:,.2f} was {'approved' if event.approved else 'refused'}.",
            )
        )  # fmt: skip

    def _add(self, action: ActionNow) -> None:
        self._kept[action.ref] = action
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _change(self, ref: str, state: Literal["done", "refused", "failed"], result: str) -> None:
        if (action := self._kept.get(ref)) is not None:
            self._kept[ref] = action.model_copy(update={"state": state, "result": result})

    def _change_last(self, verb: str, state: Literal["done", "refused", "failed"], result: str) -> None:
        last = next((each for each in reversed(self._kept.values()) if each.verb == verb), None)
        if last is not None:
            self._change(last.ref, state, result)
