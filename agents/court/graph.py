"""The court as a LangGraph state machine.

    START ─► analyst ────┐
        └──► risk_agent ─┴─► devils_advocate ─► supervisor ─► adjust ─► gate ─► END

One invocation hears a docket: all cases of one bar. Within a node the cases are heard concurrently. The gate takes
them one after another, strongest conviction first, because each signed order leaves less room for the next. All nodes
are async and none raises an error: a role that fails has abstained, with a reason. A role can reach the gate only
through the ruling. The attempts of each wave are handed on before the next wave starts, so that a killed run has them
on disk.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypedDict

from langgraph.graph import END, START, StateGraph
from langsmith import tracing_context

from agents.court.case import Case, Motion
from agents.court.grounding import AnyOpinion, ground
from agents.court.hearing import Hearing
from agents.court.mind import Mind, Overheard, Voice, speaker_of
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, Evidence, RiskOpinion, SupervisorOpinion
from agents.court.policy_view import CourtView, court_view
from agents.court.ruling import Ruling, Struck, rule
from agents.court.tracing import switch_off_tracers
from agents.llm.attempt import Attempt
from config.errors import TribunalError
from config.silence import Abstained
from risk.proposal import Argument, Direction, Proposal
from risk.record import NO_RECORD
from risk.verdict import Verdict
from rl.adjuster import Adjuster
from rl.adjustment import Adjustment
from rl.observation import Observation, unseen

Judge = Callable[[Proposal], Verdict]
See = Callable[[Proposal], Observation]


@dataclass(frozen=True, slots=True)
class Bench:
    """The members of the court: the mind behind the four roles, the adjuster and the gate; and the deadline of a role
    [seconds].

    `see` gives what the adjuster is shown of a proposal. By default it is what the proposal says of itself: `Off` reads nothing.
    `overheard` is told each opinion as it is said. It decides nothing, and nothing waits for it; if it fails, nobody cares.
    `shows_court`: whether the adjuster is also shown the court's own figures (`agents.court.policy_view`).
    `note` receives each attempt to get an answer from a model, wave by wave; within a wave in the order of docket,
    role and number. Without `note`, the attempts stay with the mind.
    """

    mind: Mind
    adjuster: Adjuster
    judge: Judge
    role_deadline_s: float
    note: Callable[[Attempt], object] | None = None
    see: See = unseen
    shows_court: bool = False
    overheard: Overheard | None = None


class Heard(NamedTuple, Generic[AnyOpinion]):
    """The opinion of a role without its invalid evidence, and the evidence that was struck out."""

    word: AnyOpinion | Abstained
    struck: tuple[Evidence, ...]


_STEPS = 25
"""Steps after which LangGraph gives up; the court takes five. A variable of the environment could lower the default."""


class Docket(TypedDict, total=False):
    """The machine's state: tuples in the order of `cases`. Each node writes its own key; the key of the gate is the
    result.
    """

    cases: tuple[Case, ...]
    analyst: tuple[Heard[AnalystOpinion], ...]
    risk_agent: tuple[Heard[RiskOpinion], ...]
    advocate: tuple[Heard[AdvocateOpinion], ...]
    supervisor: tuple[Heard[SupervisorOpinion], ...]
    ruled: tuple[tuple[Ruling, Adjustment], ...]
    hearings: tuple[Hearing, ...]


class Court:
    """The compiled machine of one session."""

    def __init__(self, bench: Bench) -> None:
        switch_off_tracers()
        self._bench = bench
        self._machine = _compile(bench)
        self._config = {"recursion_limit": _STEPS}

    async def hear(self, cases: tuple[Case, ...]) -> tuple[Hearing, ...]:
        """Hear all cases of one bar. Returns one hearing for each, in the order of `cases`.

        LangGraph sends traces to LangSmith where the environment asks for it. Cases, equity and orders never leave so: the
        tracer is off here, whatever the environment says.
        """
        with tracing_context(enabled=False):
            done = await self._machine.ainvoke({"cases": cases}, self._config, version="v2", output_keys="hearings")
        hearings: tuple[Hearing, ...] = done.value
        return hearings


def _compile(bench: Bench) -> Any:
    roles = _Roles(bench)
    graph: Any = StateGraph(Docket)
    for name, node in (
        ("analyst", roles.analyst),
        ("risk_agent", roles.risk_agent),
        ("devils_advocate", roles.devils_advocate),
        ("supervisor", roles.supervisor),
        ("adjust", roles.adjust),
        ("gate", roles.gate),
    ):
        graph.add_node(name, node)
    graph.add_edge(START, "analyst")
    graph.add_edge(START, "risk_agent")
    graph.add_edge(["analyst", "risk_agent"], "devils_advocate")
    graph.add_edge("devils_advocate", "supervisor")
    graph.add_edge("supervisor", "adjust")
    graph.add_edge("adjust", "gate")
    graph.add_edge("gate", END)
    return graph.compile()


class _Roles:
    """The six nodes of one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._mind = bench.mind

    async def analyst(self, docket: Docket) -> Docket:
        heard = await _together(
            [self._listen(case, AnalystOpinion, self._mind.analyst(case)) for case in docket["cases"]]
        )
        return {"analyst": heard}

    async def risk_agent(self, docket: Docket) -> Docket:
        heard = await _together(
            [self._listen(case, RiskOpinion, self._mind.risk_agent(case)) for case in docket["cases"]]
        )
        return {"risk_agent": heard}

    async def devils_advocate(self, docket: Docket) -> Docket:
        self._pass_on()
        calls = zip(docket["cases"], docket["analyst"], docket["risk_agent"], strict=True)
        heard = await _together(
            [
                self._listen(case, AdvocateOpinion, self._mind.devils_advocate(case, a.word, r.word))
                for case, a, r in calls
            ]
        )
        return {"advocate": heard}

    async def supervisor(self, docket: Docket) -> Docket:
        self._pass_on()
        calls = zip(docket["cases"], docket["analyst"], docket["risk_agent"], docket["advocate"], strict=True)
        heard = await _together(
            [
                self._listen(case, SupervisorOpinion, self._mind.supervisor(case, a.word, r.word, d.word))
                for case, a, r, d in calls
            ]
        )
        return {"supervisor": heard}

    def _pass_on(self) -> None:
        """Hand on the attempts of the wave that has just ended."""
        if self._bench.note is not None:
            for attempt in self._mind.transcripts():
                self._bench.note(attempt)

    async def _listen(
        self, case: Case, role: type[AnyOpinion], call: Awaitable[AnyOpinion | Abstained]
    ) -> Heard[AnyOpinion]:
        heard = await _listen(case, role, call, self._bench.role_deadline_s)
        if self._bench.overheard is not None:
            with suppress(Exception):  # it only looks on
                self._bench.overheard(case, role.model_fields["kind"].default, heard.word, heard.struck)
        return heard

    async def adjust(self, docket: Docket) -> Docket:
        """Compose each ruling, and ask the policy for its factor."""
        self._pass_on()
        ruled = []
        for index, case in enumerate(docket["cases"]):
            analyst, risk = docket["analyst"][index].word, docket["risk_agent"][index].word
            advocate, supervisor = docket["advocate"][index].word, docket["supervisor"][index].word
            ruling = rule(case.proposal.direction, analyst, risk, advocate, supervisor)
            shown = court_view(case, analyst, risk, advocate, supervisor) if self._bench.shows_court else None
            ruled.append((ruling, _adjusted(self._bench, case, ruling, shown)))
        return {"ruled": tuple(ruled)}

    async def gate(self, docket: Docket) -> Docket:
        """Ask the gate about each case: strongest conviction first, then by symbol."""
        cases, spoken = docket["cases"], self._mind.voices()
        together = tuple(
            case.symbol
            for case, (ruling, adjustment) in zip(cases, docket["ruled"], strict=True)
            if case.proposal.direction is Direction.LONG and ruling.scale * adjustment.scale > 0.0
        )
        verdicts: dict[int, Verdict] = {}
        for index in sorted(range(len(cases)), key=lambda i: (-cases[i].proposal.conviction, cases[i].symbol)):
            ruling, adjustment = docket["ruled"][index]
            argument = self._argument(cases[index], docket["analyst"][index].word, spoken)
            verdicts[index] = self._bench.judge(
                proposal_of(cases[index].motion, ruling, adjustment, argument, together)
            )
        return {
            "hearings": tuple(
                _hearing(self._mind.name, spoken, docket, verdicts[index], index) for index in range(len(cases))
            )
        }

    def _argument(self, case: Case, analyst: AnalystOpinion | Abstained, spoken: tuple[Voice, ...]) -> Argument | None:
        """Return the speaker, under the name that calibration uses, and its belief; None if the analyst was silent."""
        if isinstance(analyst, Abstained):
            return None
        speaker = speaker_of(spoken, case.decision_id, "analyst", self._mind.name)
        return Argument(speaker=f"{speaker}/analyst", belief=analyst.belief)


async def _together(calls: Sequence[Coroutine[Any, Any, Heard[AnyOpinion]]]) -> tuple[Heard[AnyOpinion], ...]:
    """Return all opinions of a wave, in the order of the docket. A single call runs without a task, because a task
    costs more.
    """
    return (await calls[0],) if len(calls) == 1 else tuple(await asyncio.gather(*calls))


async def _listen(
    case: Case, role: type[AnyOpinion], call: Awaitable[AnyOpinion | Abstained], deadline_s: float
) -> Heard[AnyOpinion]:
    """Wait for one opinion, validate it again and check its evidence. A role that fails or exceeds its deadline has
    abstained.
    """
    try:
        async with asyncio.timeout(deadline_s):
            word = await call
        if isinstance(word, Abstained):
            return Heard(word, ())
        if not isinstance(word, role):
            return Heard(Abstained(why=f"gave no opinion that is one, but {type(word).__name__}"), ())
        grounded, struck = ground(case, role.model_validate(word.model_dump()))
    except TribunalError:
        raise  # a missing recording or a broken account identity is an error, not an abstention
    except TimeoutError:
        return Heard(Abstained(why=f"said nothing within {deadline_s:g} s"), ())
    except Exception as fault:  # noqa: BLE001  the boundary of a mind: whatever breaks in it is silence, not a trade
        return Heard(Abstained(why=f"failed with {type(fault).__name__}"), ())
    return Heard(grounded, struck)


def _adjusted(bench: Bench, case: Case, ruling: Ruling, shown: CourtView | None) -> Adjustment:
    """Return the policy's adjustment, on the book before any case of the bar is judged.

    It never leaves more than the voters proposed. A policy that fails, cannot see, or answers with what is no factor, reduces the
    size to zero.
    """
    adjuster = bench.adjuster
    try:
        seen = bench.see(proposal_of(case.motion, ruling, Adjustment(adjuster=adjuster.name, scale=1.0), None, ()))
        seen = seen if shown is None else seen.model_copy(update=shown._asdict())
        said = Adjustment.model_validate(adjuster.adjust(seen).model_dump())
    except Exception:  # noqa: BLE001  the boundary of a policy: one that breaks leaves no size
        return Adjustment(adjuster=adjuster.name, scale=0.0)
    if said.scale * ruling.scale <= 1.0:
        return said
    whole = 1.0 / ruling.scale
    exact = Decimal(repr(whole)) * Decimal(repr(ruling.scale))
    return said.model_copy(update={"scale": whole if exact >= 1 else math.nextafter(whole, math.inf)})


def proposal_of(
    motion: Motion, ruling: Ruling, adjustment: Adjustment, argument: Argument | None, together: tuple[str, ...]
) -> Proposal:
    """Return the gate's input for a ruled case. `together`: the symbols that the session would buy at this bar."""
    voted = motion.proposal
    return Proposal(
        decision_id=motion.decision_id,
        symbol=motion.symbol,
        as_of_utc=motion.as_of_utc,
        direction=voted.direction,
        conviction=voted.conviction if voted.direction is not Direction.NONE else 0.0,
        reference_price=Decimal(repr(motion.close)),
        atr_quote=motion.atr_quote,
        argument=argument,
        docket=together,
        ruling_scale=ruling.scale,
        adjust_scale=adjustment.scale,
        record=NO_RECORD if motion.record is None else motion.record.voters,
        exposure=voted.exposure,
        exit_price=voted.exit_price,
        held_share=motion.held_share,
        terms=motion.terms,
    )


def _hearing(mind: str, spoken: tuple[Voice, ...], done: Docket, verdict: Verdict, index: int) -> Hearing:
    heard: dict[str, Heard[Any]] = {
        "analyst": done["analyst"][index],
        "risk_agent": done["risk_agent"][index],
        "devils_advocate": done["advocate"][index],
        "supervisor": done["supervisor"][index],
    }
    ruling, adjustment = done["ruled"][index]
    case = done["cases"][index]
    return Hearing(
        mind=mind,
        voices=tuple(voice for voice in spoken if voice.decision_id == case.decision_id),
        case=case,
        analyst=done["analyst"][index].word,
        risk_agent=done["risk_agent"][index].word,
        advocate=done["advocate"][index].word,
        supervisor=done["supervisor"][index].word,
        struck=tuple(Struck(role=role, evidence=said.struck) for role, said in heard.items() if said.struck),
        ruling=ruling,
        adjustment=adjustment,
        verdict=verdict,
    )
