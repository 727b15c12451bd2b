"""The court as a LangGraph state machine, and policy and gate after it.

    cases ─► analyst ────┐
        └──► risk_agent ─┴─► devils_advocate ─► (rebuttal) ─► supervisor ─► argued,     then ─► adjust ─► gate

One invocation hears a docket: all cases of one bar. Within a node the cases are heard concurrently. All nodes are async and
none raises an error: a role that fails has abstained, with a reason. The rebuttal is a wave of its own where models sit and the
profile gives a band for it: the analyst answers an attack whose strength lies within. The attempts of each wave are handed on
before the next wave starts, so that a killed run has them on disk. The supervisor's node composes each ruling from the opinions.

The nodes stand on LangGraph's Pregel itself: each names the channels that it reads and the one that it writes. A `StateGraph`
of the same nodes takes one step more, and channels between all of them: a fifth of the machine's time.

A role can reach the gate only through the ruling. Policy and gate wait for nobody, so they are no waves of the machine: they
are asked on the rulings of a docket at once, or later where a ruling needs time, and never on a review of what is held. The gate
takes the cases one after another, strongest conviction first, because each signed order leaves less room for the next.
"""

import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypedDict

from langchain_core.runnables import Runnable
from langgraph.channels import LastValue
from langgraph.pregel import NodeBuilder, Pregel
from langsmith import tracing_context

from agents.court.bounds import RULES, Force, force_of
from agents.court.case import Case, Motion
from agents.court.grounding import AnyOpinion
from agents.court.hearing import Argued, Hearing
from agents.court.held.ruling import rule_held
from agents.court.listening import Heard, concurrently, listen
from agents.court.mind import Mind, Overheard, Voice, speaker_of
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    RebuttalOpinion,
    RiskOpinion,
    SupervisorOpinion,
)
from agents.court.policy_view import CourtView, court_view
from agents.court.ruling import Ruling, Struck, rule
from agents.court.tracing import switch_off_tracers
from agents.llm.attempt import ROLES, Attempt
from config.sections.court import CourtSettings
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
    role and number. Without `note`, the attempts stay with the mind. `court` says how rulings are composed and when the analyst
    answers an attack; without it supervisor and risk agent alone bound a ruling.
    """

    mind: Mind
    adjuster: Adjuster
    judge: Judge
    role_deadline_s: float
    note: Callable[[Attempt], object] | None = None
    see: See = unseen
    shows_court: bool = False
    overheard: Overheard | None = None
    court: CourtSettings | None = None

    @property
    def rebuttal(self) -> tuple[float, float] | None:
        """The band of strengths at which the analyst is asked to answer; None for never. The rules mind never is: its analyst and
        its advocate have read the same figures, and an answer would hold no other."""
        return None if self.court is None or self.mind.name == RULES else self.court.rebuttal


_STEPS = 25
"""Steps after which LangGraph gives up; the court takes five. A variable of the environment could lower the default."""


class Docket(TypedDict, total=False):
    """The machine's channels: tuples in the order of `cases`. Each node writes its own; the supervisor's is the result."""

    cases: tuple[Case, ...]
    analyst: tuple[Heard[AnalystOpinion], ...]
    risk_agent: tuple[Heard[RiskOpinion], ...]
    advocate: tuple[Heard[AdvocateOpinion], ...]
    rebuttal: tuple[Heard[RebuttalOpinion] | None, ...]
    argued: tuple[Argued, ...]


class Court:
    """The compiled machine of one session, its policy and its gate."""

    def __init__(self, bench: Bench) -> None:
        switch_off_tracers()
        self._bench = bench
        self._machine = _compile(bench)
        self._config = {"recursion_limit": _STEPS}

    async def hear(self, cases: tuple[Case, ...]) -> tuple[Hearing, ...]:
        """Hear all cases of one bar. Returns one hearing for each, in the order of `cases`."""
        return await self.decide(await self.argue(cases))

    async def argue(self, cases: tuple[Case, ...]) -> tuple[Argued, ...]:
        """Hear all these cases up to their rulings, in the order of `cases`. Neither policy nor gate is asked.

        LangGraph sends traces to LangSmith where the environment asks for it. Cases, equity and orders never leave so: the
        tracer is off here, whatever the environment says.
        """
        with tracing_context(enabled=False, parent=False):
            done = await self._machine.ainvoke({"cases": cases}, self._config, version="v2")
        argued: tuple[Argued, ...] = done.value
        return argued

    async def decide(
        self, argued: tuple[Argued, ...], motions: Mapping[str, Motion] = MappingProxyType({})
    ) -> tuple[Hearing, ...]:
        """Ask policy and gate about cases that were argued, on the book as it is now: first the policy about each, then the gate,
        strongest conviction first, then by symbol. `motions`: what the gate reads of them now, by decision; of all others it
        reads what it could have read then.
        """
        moved = [motions.get(each.case.decision_id) or each.case.motion for each in argued]
        adjusted = [_adjusted(self._bench, each, motion) for each, motion in zip(argued, moved, strict=True)]
        together = tuple(
            each.case.symbol
            for each, adjustment in zip(argued, adjusted, strict=True)
            if each.case.proposal.opens and each.ruling.scale * adjustment.scale > 0.0
        )
        verdicts: dict[int, Verdict] = {}
        cases = [each.case for each in argued]
        shorts = tuple(case.symbol for case in cases if case.proposal.direction is Direction.SHORT)
        for index in sorted(range(len(cases)), key=lambda i: (-cases[i].proposal.conviction, cases[i].symbol)):
            heard = argued[index]
            verdicts[index] = self._bench.judge(
                proposal_of(moved[index], heard.ruling, adjusted[index], _argument(heard), together, shorts)
            )
        return tuple(
            Hearing.of_ours(**vars(each), adjustment=adjusted[index], verdict=verdicts[index])
            for index, each in enumerate(argued)
        )


def _compile(bench: Bench) -> Any:
    roles = _Roles(bench)
    waves: list[dict[str, _Role]] = [
        {"analyst": roles.analyst, "risk_agent": roles.risk_agent},
        {"advocate": roles.devils_advocate},
        {} if bench.rebuttal is None else {"rebuttal": roles.rebut},
        {"argued": roles.supervisor},
    ]
    nodes: dict[str, Any] = {}
    known = ["cases"]
    for wave in waves:
        for channel, role in wave.items():
            node = NodeBuilder().subscribe_to(known[-1]).read_from(*known[:-1]).do(_Node(role))
            nodes[role.__name__] = node.write_to(channel)
        known.extend(wave)
    channels: Any = {name: LastValue(tuple, name) for name in known}
    return Pregel(nodes=nodes, channels=channels, input_channels=["cases"], output_channels=known[-1])


_Role = Callable[[Docket], Coroutine[Any, Any, tuple[Any, ...]]]
"""What a node does: it reads the channels that were written in the waves before its own, and returns what it writes."""


class _Node(Runnable[Docket, tuple[Any, ...]]):
    """A role as a node. LangGraph would wrap a plain function in callbacks of tracers, which are off."""

    def __init__(self, role: _Role) -> None:
        self._role = role

    def invoke(self, input: Docket, config: Any = None, **_: Any) -> tuple[Any, ...]:
        raise TypeError("a node of the court is awaited")

    async def ainvoke(self, input: Docket, config: Any = None, **_: Any) -> tuple[Any, ...]:
        return await self._role(input)


class _Roles:
    """The nodes of one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._mind = bench.mind

    async def analyst(self, docket: Docket) -> tuple[Heard[AnalystOpinion], ...]:
        return await concurrently(
            [self._listen(case, AnalystOpinion, self._mind.analyst(case)) for case in docket["cases"]]
        )

    async def risk_agent(self, docket: Docket) -> tuple[Heard[RiskOpinion], ...]:
        return await concurrently(
            [self._listen(case, RiskOpinion, self._mind.risk_agent(case)) for case in docket["cases"]]
        )

    async def devils_advocate(self, docket: Docket) -> tuple[Heard[AdvocateOpinion], ...]:
        self._pass_on()
        calls = zip(docket["cases"], docket["analyst"], docket["risk_agent"], strict=True)
        return await concurrently(
            [
                self._listen(case, AdvocateOpinion, self._mind.devils_advocate(case, a.word, r.word))
                for case, a, r in calls
            ]
        )

    async def rebut(self, docket: Docket) -> tuple[Heard[RebuttalOpinion] | None, ...]:
        """Let the analyst answer the attacks that lie in the band. One that he is not asked about has no answer."""
        self._pass_on()
        calls = [
            (place, case, a.word, d.word)
            for place, (case, a, d) in enumerate(
                zip(docket["cases"], docket["analyst"], docket["advocate"], strict=True)
            )
            if isinstance(a.word, AnalystOpinion)
            and isinstance(d.word, AdvocateOpinion)
            and self._is_answered(case, a.word, d.word)
            and self._mind.answers(case)
        ]
        heard = await concurrently(
            [self._listen(case, RebuttalOpinion, self._mind.rebuttal(case, a, d)) for _, case, a, d in calls]
        )
        answers: list[Heard[RebuttalOpinion] | None] = [None] * len(docket["cases"])
        for (place, *_), said in zip(calls, heard, strict=True):
            answers[place] = said
        return tuple(answers)

    def _is_answered(self, case: Case, analyst: AnalystOpinion, advocate: AdvocateOpinion) -> bool:
        """Whether the decision lies near this attack: an expected move to the entry's side, and a strength within the band."""
        band = self._bench.rebuttal
        return (
            band is not None
            and analyst.direction is (Direction.SHORT if case.proposal.is_short else Direction.LONG)
            and bool(advocate.evidence)
            and band[0] <= advocate.strength_pct / 100 <= band[1]
        )

    async def supervisor(self, docket: Docket) -> tuple[Argued, ...]:
        """Hear the supervisor, and compose each ruling from the opinions."""
        self._pass_on()
        calls = zip(docket["cases"], docket["analyst"], docket["risk_agent"], docket["advocate"], strict=True)
        heard = await concurrently(
            [
                self._listen(
                    case,
                    SupervisorOpinion,
                    self._mind.supervisor(case, a.word, r.word, d.word, _answer(docket, place)),
                )
                for place, (case, a, r, d) in enumerate(calls)
            ]
        )
        self._pass_on()
        spoken = self._mind.voices()
        return tuple(self._argued(docket, place, said, spoken) for place, said in enumerate(heard))

    def _pass_on(self) -> None:
        """Hand on the attempts of the wave that has just ended."""
        if self._bench.note is not None:
            for attempt in self._mind.transcripts():
                self._bench.note(attempt)

    async def _listen(
        self, case: Case, role: type[AnyOpinion], call: Awaitable[AnyOpinion | Abstained]
    ) -> Heard[AnyOpinion]:
        heard = await listen(case, role, call, self._bench.role_deadline_s)
        if self._bench.overheard is not None:
            with suppress(Exception):  # it only looks on
                self._bench.overheard(case, role.model_fields["kind"].default, heard.word, heard.struck)
        return heard

    def _argued(
        self, docket: Docket, place: int, supervisor: Heard[SupervisorOpinion], spoken: tuple[Voice, ...]
    ) -> Argued:
        analyst, risk, advocate = docket["analyst"][place], docket["risk_agent"][place], docket["advocate"][place]
        answer = docket["rebuttal"][place] if "rebuttal" in docket else None
        struck = {
            "analyst": analyst.struck + (() if answer is None else answer.struck),
            "risk_agent": risk.struck,
            "devils_advocate": advocate.struck,
            "supervisor": supervisor.struck,
        }
        case = docket["cases"][place]
        short = case.proposal.is_short
        force, answered = self._force(case, spoken), _answer(docket, place)
        words = analyst.word, risk.word, advocate.word, supervisor.word
        if case.review is None:
            ruling = rule(case.proposal.direction, *words, force, answered, short=short)
        else:
            ruling = rule_held(*words, force, answered, short=short)
        return Argued(
            mind=self._mind.name,
            voices=tuple(voice for voice in spoken if voice.decision_id == case.decision_id),
            case=case,
            analyst=analyst.word,
            risk_agent=risk.word,
            advocate=advocate.word,
            supervisor=supervisor.word,
            struck=tuple(Struck(role=role, evidence=cited) for role, cited in struck.items() if cited),
            ruling=ruling,
            rebuttal=answered,
        )

    def _force(self, case: Case, spoken: tuple[Voice, ...]) -> Force | None:
        """What the arguments of this case weigh by themselves."""
        court = self._bench.court
        if court is None or self._mind.name == RULES:
            return None
        speakers = {role: speaker_of(spoken, case.decision_id, role, self._mind.name) for role in ROLES}
        return force_of(court, case, speakers)


def _argument(heard: Argued) -> Argument | None:
    """Return the speaker, under the name that calibration uses, and its belief; None if the analyst was silent."""
    if isinstance(heard.analyst, Abstained):
        return None
    belief = heard.analyst.belief_in(short=heard.case.proposal.is_short)
    return Argument(speaker=f"{heard.speaker('analyst')}/analyst", belief=belief)


def _answer(docket: Docket, place: int) -> RebuttalOpinion | Abstained | None:
    """What the analyst said to the attack on a case; None if he was not asked."""
    said = docket["rebuttal"][place] if "rebuttal" in docket else None
    return None if said is None else said.word


def _adjusted(bench: Bench, heard: Argued, motion: Motion) -> Adjustment:
    """Return the policy's adjustment, on the book before any case of the bar is judged.

    It never leaves more than the voters proposed. A policy that fails, cannot see, or answers with what is no factor, reduces the
    size to zero.
    """
    adjuster, ruling = bench.adjuster, heard.ruling
    shown = _view(heard) if bench.shows_court else None
    try:
        seen = bench.see(proposal_of(motion, ruling, Adjustment(adjuster=adjuster.name, scale=1.0), None, ()))
        seen = seen if shown is None else seen.model_copy(update=shown._asdict())
        said = Adjustment.model_validate(adjuster.adjust(seen).model_dump())
    except Exception:  # noqa: BLE001  the boundary of a policy: one that breaks leaves no size
        return Adjustment(adjuster=adjuster.name, scale=0.0)
    if said.scale * ruling.scale <= 1.0:
        return said
    whole = 1.0 / ruling.scale
    exact = Decimal(repr(whole)) * Decimal(repr(ruling.scale))
    return said.model_copy(update={"scale": whole if exact >= 1 else math.nextafter(whole, math.inf)})


def _view(heard: Argued) -> CourtView:
    return court_view(heard.case, heard.analyst, heard.risk_agent, heard.advocate, heard.supervisor)


def proposal_of(
    motion: Motion,
    ruling: Ruling,
    adjustment: Adjustment,
    argument: Argument | None,
    together: tuple[str, ...],
    shorts: tuple[str, ...] = (),
) -> Proposal:
    """Return the gate's input for a ruled case. `together`: the symbols that the session would enter at this bar, `shorts`: those
    that its voters want to be out of, or short of."""
    voted = motion.proposal
    return Proposal(
        decision_id=motion.decision_id,
        symbol=motion.symbol,
        as_of_utc=motion.as_of_utc,
        direction=voted.proposed,
        conviction=voted.conviction if voted.proposed is not Direction.NONE else 0.0,
        reference_price=Decimal(repr(motion.close)),
        atr_quote=motion.atr_quote,
        argument=argument,
        docket=together,
        shorts=shorts,
        ruling_scale=ruling.scale,
        adjust_scale=adjustment.scale,
        record=NO_RECORD if motion.record is None else motion.record.voters,
        exposure=voted.exposure,
        exit_price=voted.exit_price,
        held_share=motion.held_share,
        terms=motion.terms,
    )
