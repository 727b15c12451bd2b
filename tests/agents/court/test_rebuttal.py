"""One attack may be answered: who is asked, when, what it can cost the trade, and that it never helps it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from court_support import SETTINGS, case
from injections import REPLIES, RSI, ScriptedAsker, form_asked, hear

from agents.court.hearing import Hearing
from agents.court.minds.model import ModelMind
from agents.court.minds.rules import RulesMind
from agents.court.minds.seated import Seated
from agents.court.opinion import RebuttalOpinion
from agents.court.prompts.prompt import load_prompt
from agents.llm.attempt import Attempt, Request
from config.silence import Abstained
from risk.verdict import Outcome

COURT = SETTINGS.court.model_copy(update={"composition": "composed", "rebuttal": (0.3, 0.7)})


def asker(strength: int, **changes: Any) -> ScriptedAsker:
    """Models that obey, but for an advocate of this strength; and with other replies by form."""

    def reply(decision_id: str, request: Request) -> str | None:
        form = form_asked(request)
        if form == "devils_advocate":
            return json.dumps(REPLIES[form] | {"strength_pct": strength, "attacks": ["it is late", "it is thin"]})
        said = changes.get(form, {})
        return None if said is None else json.dumps(REPLIES[form] | said)

    return ScriptedAsker(reply)


def heard(
    said: ScriptedAsker, note: Callable[[Attempt], object] | None = None, court: Any = COURT, **minds: Any
) -> Hearing:
    mind = ModelMind(said, RulesMind(court, SETTINGS.limits), SETTINGS.minds.model_copy(update=minds))
    (found,) = hear(mind, settings=court, note=note)
    return found


def asked(said: ScriptedAsker) -> list[str]:
    return [request.question or request.role for request in said.requests]


@pytest.mark.parametrize("strength", [30, 50, 70])
def test_an_attack_in_the_band_is_answered_before_the_supervisor_speaks(strength: int) -> None:
    said = asker(strength)
    hearing = heard(said)
    assert asked(said)[2:] == ["devils_advocate", "rebuttal", "supervisor"]
    assert isinstance(hearing.rebuttal, RebuttalOpinion)
    shown = said.requests[-1].user
    assert "analyst answers: concedes the attack: no, conviction now 100%" in shown
    assert "alignment +1.00" in shown
    assert "leave at most" in shown


@pytest.mark.parametrize("strength", [0, 20, 80, 100])
def test_an_attack_outside_the_band_is_not(strength: int) -> None:
    said = asker(strength)
    assert heard(said).rebuttal is None
    assert len(said.requests) == 4


def test_without_a_band_nobody_is_asked_and_nothing_of_it_is_recorded() -> None:
    said = asker(50)
    hearing = heard(said, court=COURT.model_copy(update={"rebuttal": None}))
    assert len(said.requests) == 4
    assert b"rebuttal" not in hearing.canonical()


def test_an_analyst_who_expects_no_rise_has_nothing_to_defend() -> None:
    flat = {"direction": "none", "horizons": [REPLIES["analyst"]["horizons"][0] | {"direction": "none"}]}
    said = asker(50, typed_analyst=flat)
    assert heard(said).rebuttal is None
    assert len(said.requests) == 4


def test_the_question_shows_the_case_both_sides_and_the_heaviest_attack_and_is_the_analysts_own() -> None:
    said = asker(50)
    heard(said)
    (request,) = [each for each in said.requests if each.question == "rebuttal"]
    prompt = load_prompt("rebuttal")
    assert (request.role, request.system, request.prompt_version) == ("analyst", prompt.text, prompt.version)
    assert request.user.splitlines()[-1] == '<argument by="devils_advocate">it is late</argument>'
    assert "signals.1h.rsi_14=61.25" in request.user
    assert '<argument by="analyst">' in request.user


def test_its_attempts_are_handed_on_before_the_supervisor_is_asked_and_its_voice_is_no_second_analyst() -> None:
    noted: list[Attempt] = []
    hearing = heard(asker(50), note=noted.append)
    assert [attempt.question or attempt.role for attempt in noted[2:]] == ["devils_advocate", "rebuttal", "supervisor"]
    assert [(voice.role, voice.question) for voice in hearing.voices][:2] == [
        ("analyst", None),
        ("analyst", "rebuttal"),
    ]
    assert hearing.speaker("analyst") == "wire/m-1"


@pytest.mark.parametrize("reply", [None, {"evidence": [RSI | {"value": 12}]}, {"concedes": "maybe"}])
def test_an_answer_that_does_not_come_or_is_none_never_helps_and_the_rules_do_not_speak_instead(reply: Any) -> None:
    before = heard(asker(50), court=COURT.model_copy(update={"rebuttal": None}))
    hearing = heard(asker(50, rebuttal=reply), outage="rules")
    assert isinstance(hearing.rebuttal, Abstained)
    assert hearing.ruling.scale == before.ruling.scale
    assert [voice.speaker for voice in hearing.voices if voice.question] == ["nobody"]


@pytest.mark.parametrize(
    ("concedes", "conviction", "scale"), [("no", 100, 0.5), ("yes", 100, 0.25), ("partly", 0, 0.25)]
)
def test_what_the_analyst_concedes_counts(concedes: str, conviction: int, scale: float) -> None:
    hearing = heard(asker(40, rebuttal={"concedes": concedes, "conviction_pct": conviction}))
    assert hearing.ruling.scale == scale
    assert hearing.verdict.outcome is Outcome.SIGNED


def test_evidence_of_an_answer_is_checked_like_any_other() -> None:
    forged = RSI | {"field": "signals.4h.rsi_14", "value": 12}
    hearing = heard(asker(50, rebuttal={"evidence": [RSI, forged]}))
    assert isinstance(hearing.rebuttal, RebuttalOpinion)
    assert [item.field for item in hearing.rebuttal.evidence] == ["signals.1h.rsi_14"]
    assert [(struck.role, struck.evidence[0].value) for struck in hearing.struck] == [("analyst", 12)]


@pytest.mark.parametrize("minds", [{"roles": {"analyst": ("rules",)}}, {"fast_path_conviction": 0.5}])
def test_only_a_model_that_was_the_analyst_is_asked(minds: dict[str, Any]) -> None:
    said = asker(50)
    assert heard(said, **minds).rebuttal is None
    assert "rebuttal" not in asked(said)


def test_the_rules_court_and_empty_seats_are_never_asked() -> None:
    rules = RulesMind(COURT, SETTINGS.limits)
    (alone,) = hear(rules, settings=COURT)
    (older,) = hear(rules)
    assert alone == older, "what the rules rule is composed already"
    said = asker(50)
    court = COURT.model_copy(update={"seats": ("analyst", "risk_agent", "supervisor")})
    seated = Seated(ModelMind(said, RulesMind(court, SETTINGS.limits), SETTINGS.minds), court.seats)
    assert hear(seated, settings=court)[0].rebuttal is None


def test_of_several_cases_only_those_in_the_band_are_answered_each_for_itself() -> None:
    strengths = iter([50, 10, 60])

    def reply(decision_id: str, request: Request) -> str:
        form = form_asked(request)
        changed = {"strength_pct": next(strengths)} if form == "devils_advocate" else {}
        return json.dumps(REPLIES[form] | changed)

    said = ScriptedAsker(reply)
    mind = ModelMind(said, RulesMind(COURT, SETTINGS.limits), SETTINGS.minds)
    hearings = hear(mind, *(case(decision_id=name, symbol=f"{name}/USDT") for name in "ABC"), settings=COURT)
    assert [hearing.rebuttal is not None for hearing in hearings] == [True, False, True]


def test_a_blinded_analyst_answers_blinded_and_is_recorded_with_real_values() -> None:
    close = RSI | {"field": "signals.1h.close", "value": 100}
    turn = {"field": "signals.1h.close", "comparison": "below", "value": 98}
    hearing = heard(asker(50, rebuttal={"evidence": [close]}, typed_analyst={"would_change_my_mind": turn}), blind=True)
    assert isinstance(hearing.rebuttal, RebuttalOpinion)
    assert hearing.rebuttal.evidence[0].value == 50_600.0
    assert hearing.analyst.turning_point == "signals.1h.close below 49588"
