"""The model mind: it asks a model for each role. When no model gives an opinion, the profile decides who speaks.

It makes at most four calls in three waves, and no call for a case that is already rejected; a fifth between advocate and
supervisor, where the profile lets the analyst answer an attack. Only a model that was the analyst is asked to: the rules mind
does not answer for it, and an answer that does not come leaves the attack as it is. It accepts an answer only
if it is strict JSON, is the requested opinion, and cites at least one piece of evidence that matches the case. It
tells the model once why an answer was not accepted (see `agents.llm.manager`). The rules mind answers in three
situations: for a strong signal (the fast path), for roles that the profile gives to it, and for silent models if
`outage` is `rules`. Whoever has not spoken when the decision's time is over has abstained: nobody speaks instead. In a
blinded court the rules mind also reads the blinded case, because later roles read its opinion.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from agents.court.bounds import NOBODY, RULES, bounds_of, force_of
from agents.court.case import Case
from agents.court.mind import Voice, speaker_of
from agents.court.minds.outlooks import Outlooks
from agents.court.minds.rules import RulesMind
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.court.prompts.acceptance import acceptance
from agents.court.prompts.blind import BlindView, blind
from agents.court.prompts.earlier import NOTHING_YET, Earlier, said
from agents.court.prompts.fence import argument
from agents.court.prompts.prompt import Prompt, form_of, load_prompts
from agents.court.prompts.render import render
from agents.court.prompts.wire import Form, json_schema, schema_name
from agents.llm.asking import Asker, RoleAnswer
from agents.llm.attempt import ABSTAINED, ROLES, Attempt, Request, Role
from config.sections.minds import MindsSettings
from config.silence import Abstained

Word = TypeVar("Word", AnalystOpinion, RiskOpinion, AdvocateOpinion, SupervisorOpinion)
Kept = TypeVar("Kept", Attempt, Voice)
ByRules = Callable[[Case], Awaitable[Word | Abstained]]

_ANSWERED_WORDS = 340
"""Characters of the free text that the analyst reads of the two sides when he answers an attack."""
AHEAD = (
    "No {entry} is proposed yet: judge it as if it were. Your opinion may be read up to {bars} bars of {timeframe} from now. "
    "Evidence whose value has changed by then is struck out, so cite fields of longer timeframes too."
)


@dataclass(slots=True)
class _DecisionState:
    """The state of one decision until the court has collected it. `blind` is None if the case is not blinded."""

    blind: BlindView | None
    fast: str | None
    minds: MindsSettings
    """Who sat when its hearing began."""
    attempts: list[Attempt] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    begun: bool = False
    heard: bool = False
    """All roles have spoken, and the court has collected the voices."""


class ModelMind:
    """Four roles that are spoken by models, with the rules mind as the alternative."""

    name = "models"

    def __init__(
        self,
        asker: Asker,
        rules: RulesMind,
        minds: MindsSettings,
        outlooks: Outlooks | None = None,
        prompts: Mapping[Form, Prompt] | None = None,
    ) -> None:
        """`prompts`: what is told for each form of an answer; None for what the settings say."""
        self._asker = asker
        self._outlooks = outlooks
        self._rules = rules
        self._court = rules.court
        self._minds = minds
        self._prompts = prompts or load_prompts(minds, rules.court)
        self._states: dict[str, _DecisionState] = {}

    def reseat(self, minds: MindsSettings) -> None:
        """From the next decision on, these settings say which models sit. A hearing that has begun ends with those before."""
        self._minds = minds

    async def analyst(self, case: Case) -> AnalystOpinion | Abstained:
        kept = self._said_ahead(case)
        if kept is not None:
            return kept
        return await self._speak(case, "analyst", AnalystOpinion, NOTHING_YET, self._rules.analyst)

    async def outlook(self, case: Case) -> RoleAnswer[AnalystOpinion]:
        """Ask the analyst about a case that is not before the court. The rules mind does not replace a silent model
        here.
        """
        view = blind(case) if self._minds.blind else None
        plain = self._request(form_of("analyst", self._court), render(case, "analyst", NOTHING_YET, view))
        entry = "short sale" if case.proposal.is_short else "purchase"
        told = AHEAD.format(entry=entry, bars=self._minds.outlook_ttl_bars, timeframe=case.base_timeframe)
        request = plain.model_copy(update={"user": f"{plain.user}\n{told}"})
        self._asker.decide(case.decision_id, ahead=True)
        accept = acceptance(case, form_of("analyst", self._court), view, AnalystOpinion)
        return await self._asker.ask(case.decision_id, request, accept)

    async def risk_agent(self, case: Case) -> RiskOpinion | Abstained:
        return await self._speak(case, "risk_agent", RiskOpinion, NOTHING_YET, self._rules.risk_agent)

    async def devils_advocate(
        self, case: Case, analyst: AnalystOpinion | Abstained, risk: RiskOpinion | Abstained
    ) -> AdvocateOpinion | Abstained:
        if isinstance(analyst, Abstained):
            return self._nobody(case, "devils_advocate", "there is no case to attack")
        return await self._speak(
            case,
            "devils_advocate",
            AdvocateOpinion,
            Earlier(analyst, risk),
            lambda shown: self._rules.devils_advocate(shown, analyst, risk),
        )

    def answers(self, case: Case) -> bool:
        speaker = speaker_of(self._state(case).voices, case.decision_id, "analyst", NOBODY)
        return speaker not in (RULES, NOBODY)

    async def rebuttal(
        self, case: Case, analyst: AnalystOpinion, advocate: AdvocateOpinion
    ) -> RebuttalOpinion | Abstained:
        state = self._begun(case)
        view = state.blind
        shown, heaviest = view.case if view else case, (advocate.attacks or (advocate.reasoning,))[0]
        both = Earlier(analyst=analyst, advocate=advocate)
        user = [
            render(case, "analyst", NOTHING_YET, view),
            *said(shown, both, _ANSWERED_WORDS, view),
            "The heaviest attack:",
            argument("devils_advocate", view.mask(heaviest) if view else heaviest, _ANSWERED_WORDS),
        ]
        request = self._request("rebuttal", "\n".join(user)).model_copy(update={"question": "rebuttal"})
        accept = acceptance(case, "rebuttal", view, RebuttalOpinion)
        try:
            heard = await self._asker.ask(case.decision_id, request, accept)
        except asyncio.CancelledError:
            self._unanswered(case, "cut off before it had answered")
            raise
        state.attempts.extend(heard.attempts)
        if heard.word is None:
            return self._unanswered(case, heard.why)
        voice = _voice(case, "analyst", spoken_by(heard.attempts), heard.why)
        state.voices.append(voice.model_copy(update={"question": "rebuttal"}))
        return heard.word

    async def supervisor(
        self,
        case: Case,
        analyst: AnalystOpinion | Abstained,
        risk: RiskOpinion | Abstained,
        advocate: AdvocateOpinion | Abstained,
        answer: RebuttalOpinion | Abstained | None = None,
    ) -> SupervisorOpinion | Abstained:
        if isinstance(analyst, Abstained) or isinstance(risk, Abstained) or isinstance(advocate, Abstained):
            return self._nobody(case, "supervisor", "the court is not complete")
        return await self._speak(
            case,
            "supervisor",
            SupervisorOpinion,
            self._argued(case, analyst, risk, advocate, answer),
            lambda shown: self._rules.supervisor(shown, analyst, risk, advocate),
        )

    def transcripts(self) -> tuple[Attempt, ...]:
        taken = [attempt for state in self._states.values() for attempt in _in_order(state.attempts)]
        for state in self._states.values():
            state.attempts.clear()
        self._forget()
        return tuple(taken)

    def voices(self) -> tuple[Voice, ...]:
        taken = [voice for state in self._states.values() for voice in _in_order(state.voices)]
        for state in self._states.values():
            state.voices.clear()
            state.heard = True
        self._forget()
        return tuple(taken)

    async def _speak(
        self, case: Case, role: Role, kind: type[Word], earlier: Earlier, by_rules: ByRules[Word]
    ) -> Word | Abstained:
        """Return the role's opinion from a model or the rules mind, or an abstention."""
        state = self._state(case)
        why = state.fast or self._given_to_rules(state, role)
        if why is None:
            self._begun(case)
            form = form_of(role, self._court)
            request = self._request(form, render(case, role, earlier, state.blind))
            try:
                heard = await self._asker.ask(case.decision_id, request, acceptance(case, form, state.blind, kind))
            except asyncio.CancelledError:
                self._nobody(case, role, "cut off before it had spoken")
                raise
            state.attempts.extend(heard.attempts)
            if heard.word is not None:
                state.voices.append(_voice(case, role, spoken_by(heard.attempts), heard.why))
                return heard.word
            if heard.attempts and heard.attempts[-1].outcome in ABSTAINED:
                return self._nobody(case, role, heard.why)
            if state.minds.outage == "abstain" and RULES not in self._chain(state, role):
                return self._nobody(case, role, heard.why)
            why = heard.why
        state.voices.append(_voice(case, role, RULES, why))
        if state.blind is None:
            return await by_rules(case)
        word = await by_rules(state.blind.case)
        return word if isinstance(word, Abstained) else state.blind.unblind(word)

    def _said_ahead(self, case: Case) -> AnalystOpinion | None:
        """Return the analyst's opinion from a usable outlook; the court strikes out evidence that no longer matches."""
        state = self._state(case)
        asked = self._outlooks is not None and state.fast is None and case.review is None
        found = self._outlooks.find(case) if self._outlooks and asked else None
        if found is None:
            return None
        why = f"outlook of {found.age_bars} bar{'s' if found.age_bars > 1 else ''} ago"
        voice = _voice(case, "analyst", found.outlook.speaker, why)
        state.voices.append(voice.model_copy(update={"outlook": found.outlook.case.decision_id}))
        return found.outlook.word

    def _state(self, case: Case) -> _DecisionState:
        """Return the state of a decision. The first role that is asked creates it, so states follow the order of the
        docket.
        """
        state = self._states.get(case.decision_id)
        if state is None:
            fast = self._fast(case)
            view = blind(case) if self._minds.blind and fast is None else None
            state = _DecisionState(blind=view, fast=fast, minds=self._minds)
            self._states[case.decision_id] = state
        return state

    def _fast(self, case: Case) -> str | None:
        """Return why the rules mind rules alone, or None: the conviction reaches the fast path threshold, and the profile lets no
        more than a share be entered on it."""
        least, found = self._minds.fast_path_conviction, case.proposal.conviction
        if not self._minds.is_fast(found) or case.review is not None or self._court.fast_share is not None:
            return None
        return f"fast path: a conviction of {found:.2f}, and from {least:.2f} on the rules mind rules alone"

    def _given_to_rules(self, state: _DecisionState, role: Role) -> str | None:
        chain = self._chain(state, role)
        return "the profile gives this role to the rules mind" if chain[:1] == (RULES,) else None

    def _chain(self, state: _DecisionState, role: Role) -> tuple[str, ...]:
        return state.minds.roles.get(role, state.minds.chain)

    def _begun(self, case: Case) -> _DecisionState:
        """Return the state of a decision whose time has begun."""
        state = self._state(case)
        if not state.begun:
            state.begun = True
            self._asker.decide(case.decision_id)
        return state

    def _request(self, form: Form, user: str) -> Request:
        prompt = self._prompts[form]
        return Request(
            role="analyst" if form in ("typed_analyst", "rebuttal") else form,
            prompt_version=prompt.version,
            system=prompt.text,
            user=user,
            schema_name=schema_name(form),
            json_schema=json_schema(form),
            max_tokens=self._minds.max_output_tokens,
        )

    def _argued(
        self,
        case: Case,
        analyst: AnalystOpinion,
        risk: RiskOpinion,
        advocate: AdvocateOpinion,
        answer: RebuttalOpinion | Abstained | None,
    ) -> Earlier:
        """Return what the supervisor reads: the opinions, and, where arguments have force of their own, what they leave."""
        spoken = self._state(case).voices
        speakers = {role: speaker_of(spoken, case.decision_id, role, NOBODY) for role in ROLES}
        force = force_of(self._court, case, speakers)
        if force is None:
            return Earlier(analyst, risk, advocate)
        return Earlier(
            analyst,
            risk,
            advocate,
            answer,
            analyst.alignment(force.horizons),
            bounds_of(force, analyst, advocate, answer),
        )

    def _nobody(self, case: Case, role: Role, why: str) -> Abstained:
        self._state(case).voices.append(_voice(case, role, NOBODY, why))
        return Abstained(why=why)

    def _unanswered(self, case: Case, why: str) -> Abstained:
        voice = _voice(case, "analyst", NOBODY, why)
        self._state(case).voices.append(voice.model_copy(update={"question": "rebuttal"}))
        return Abstained(why=why)

    def _forget(self) -> None:
        """Drop the states from which everything has been collected."""
        self._states = {name: state for name, state in self._states.items() if state.attempts or not state.heard}


def spoken_by(attempts: tuple[Attempt, ...]) -> str:
    """Return the model whose answer was accepted: the model of the last attempt."""
    return f"{attempts[-1].provider}/{attempts[-1].model}"


def _voice(case: Case, role: Role, speaker: str, why: str) -> Voice:
    return Voice(decision_id=case.decision_id, role=role, speaker=speaker, why=why)


def _in_order(items: list[Kept]) -> list[Kept]:
    """Sort by role; within a role keep the order of arrival."""
    return sorted(items, key=lambda item: ROLES.index(item.role))
