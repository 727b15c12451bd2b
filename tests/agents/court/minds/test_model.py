"""The model mind: who is asked, who speaks where no model does, and what the court can take from it afterwards."""

import asyncio
import json
from typing import Any

import pytest
from court_support import SETTINGS, analyst, case, officer
from injections import REPLIES, ScriptedAsker, hear, with_headlines

from agents.court.hearing import Hearing
from agents.court.minds.model import ModelMind
from agents.court.minds.rules import RulesMind
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, SupervisorOpinion
from agents.court.prompts.prompt import form_of, load_prompt
from agents.llm.asking import Accept, RoleAnswer
from agents.llm.attempt import ROLES, ReplayMiss, Request, Role
from agents.strategies.vote import NetVote
from config.silence import Abstained
from risk.proposal import Direction
from risk.verdict import Outcome

RULES = RulesMind(SETTINGS.court, SETTINGS.limits)


def mind(asker: ScriptedAsker, **minds: Any) -> ModelMind:
    return ModelMind(asker, RULES, SETTINGS.minds.model_copy(update=minds))


def speakers(hearing: Hearing) -> list[str]:
    return [voice.speaker for voice in hearing.voices]


def test_four_models_speak_in_the_order_of_the_court() -> None:
    asker = ScriptedAsker()
    sitting = mind(asker)
    (hearing,) = hear(sitting)
    assert sorted(request.role for request in asker.requests[:2]) == ["analyst", "risk_agent"]
    assert [request.role for request in asker.requests[2:]] == ["devils_advocate", "supervisor"]
    assert hearing.mind == "models"
    assert hearing.supervisor.reasoning == "Approved."
    assert hearing.verdict.outcome is Outcome.SIGNED
    assert speakers(hearing) == ["wire/m-1"] * 4


def test_a_request_is_the_constant_prompt_the_case_and_the_schema() -> None:
    asker = ScriptedAsker()
    hear(mind(asker, max_output_tokens=321))
    for request in asker.requests:
        prompt = load_prompt(form_of(request.role, SETTINGS.court))
        assert (request.system, request.prompt_version) == (prompt.text, prompt.version)
        assert request.schema_name == f"tribunal_{request.role}"
        assert request.max_tokens == 321
        assert "signals.1h.rsi_14=61.25" in request.user


def test_a_decision_begins_once_and_the_same_case_asks_the_same() -> None:
    first, second = ScriptedAsker(), ScriptedAsker()
    hear(mind(first))
    hear(mind(second), case(decision_id="another"))
    assert first.decided == ["20240301T1200-BTCUSDT"]
    assert [request.key("p", "m") for request in first.requests] == [
        request.key("p", "m") for request in second.requests
    ]


@pytest.mark.parametrize("role", ROLES)
def test_the_rules_mind_replaces_a_silent_model_and_gives_the_reason(role: Role) -> None:
    sitting = mind(ScriptedAsker(**{role: None}), outage="rules")
    (hearing,) = hear(sitting)
    voices = {voice.role: voice for voice in hearing.voices}
    assert voices[role].speaker == "rules"
    assert voices[role].why == "every model is silent"
    assert [voice.speaker for other, voice in voices.items() if other != role] == ["wire/m-1"] * 3
    assert hearing.verdict.outcome is Outcome.SIGNED


def test_with_all_models_down_the_court_rules_as_the_rules_mind_does() -> None:
    sitting = mind(ScriptedAsker(lambda decision_id, request: None), outage="rules")
    (hearing,) = hear(sitting)

    (alone,) = hear(RULES)
    assert hearing.model_copy(update={"mind": "rules", "voices": ()}) == alone
    assert speakers(hearing) == ["rules"] * 4


@pytest.mark.parametrize("role", ROLES)
def test_with_outage_abstain_a_silent_model_stays_silent_and_nothing_is_bought(role: Role) -> None:
    sitting = mind(ScriptedAsker(**{role: None}), outage="abstain")
    (hearing,) = hear(sitting)
    assert hearing.verdict.outcome is Outcome.REFUSED
    assert "every model is silent" in hearing.ruling.why
    assert "nobody" in speakers(hearing)


def test_no_model_is_asked_for_a_case_that_is_already_rejected() -> None:
    asker = ScriptedAsker(analyst=None)
    sitting = mind(asker, outage="abstain")
    (hearing,) = hear(sitting)
    assert sorted(request.role for request in asker.requests) == ["analyst", "risk_agent"]
    whys = {voice.role: (voice.speaker, voice.why) for voice in hearing.voices}
    assert whys["devils_advocate"] == ("nobody", "there is no case to attack")
    assert whys["supervisor"] == ("nobody", "the court is not complete")


def test_a_role_can_be_the_rules_minds_own_and_no_model_is_asked_for_it() -> None:
    asker = ScriptedAsker()
    sitting = mind(asker, outage="abstain", roles={"risk_agent": ("rules",)})
    (hearing,) = hear(sitting)
    assert "risk_agent" not in {request.role for request in asker.requests}
    assert hearing.risk_agent.reasoning.startswith("the book has room")
    assert speakers(hearing)[1] == "rules"


def test_rules_at_the_end_of_a_chain_speak_whatever_the_outage_policy_is() -> None:
    sitting = mind(ScriptedAsker(lambda decision_id, request: None), outage="abstain", chain=("anthropic", "rules"))
    (hearing,) = hear(sitting)
    assert speakers(hearing) == ["rules"] * 4
    assert hearing.verdict.outcome is Outcome.SIGNED


@pytest.mark.parametrize(("least", "asked"), [(0.7, False), (0.71, True), (1.0, True)])
def test_an_obvious_signal_is_ruled_by_the_rules_mind_while_the_models_sit(least: float, asked: bool) -> None:
    asker = ScriptedAsker()
    sitting = mind(asker, fast_path_conviction=least, blind=True)
    (hearing,) = hear(sitting)
    assert bool(asker.requests) is asked
    assert bool(asker.decided) is asked
    assert {"rules"} == set(speakers(hearing)) or asked


def test_models_hear_an_obvious_signal_of_which_a_share_is_entered_at_once() -> None:
    asker = ScriptedAsker()
    rules = RulesMind(RULES.court.model_copy(update={"fast_share": 0.25}), SETTINGS.limits)
    hear(ModelMind(asker, rules, SETTINGS.minds.model_copy(update={"fast_path_conviction": 0.5})))
    assert len(asker.requests) == 4


def test_a_conviction_of_one_takes_no_fast_path_where_there_is_none() -> None:
    certain = NetVote(direction=Direction.LONG, conviction=1.0, against=0.0, votes=())
    asker = ScriptedAsker()
    hear(mind(asker, fast_path_conviction=1.0), case(proposal=certain))
    assert len(asker.requests) == 4


def reply(role: Role, **changes: Any) -> str:
    return json.dumps(REPLIES["typed_analyst" if role == "analyst" else role] | changes)


WRONG = {"field": "signals.1h.rsi_14", "value": 80, "claim": "overbought"}
MISSING = {"field": "signals.1m.rsi_14", "value": 80, "claim": "overbought"}


def test_a_reply_without_matching_evidence_is_refused_with_the_true_values() -> None:
    sitting = mind(ScriptedAsker(analyst=reply("analyst", evidence=[WRONG, MISSING])), outage="abstain")
    (hearing,) = hear(sitting)
    assert isinstance(hearing.analyst, Abstained)
    assert "signals.1h.rsi_14=61.25; nothing is known at signals.1m.rsi_14" in hearing.analyst.why


def test_in_a_blinded_court_the_correction_quotes_the_blinded_case() -> None:
    wrong = {"field": "signals.1h.close", "value": 50600, "claim": "known by heart"}
    sitting = mind(ScriptedAsker(analyst=reply("analyst", evidence=[wrong])), outage="abstain", blind=True)
    (hearing,) = hear(sitting)
    assert "signals.1h.close=100" in hearing.analyst.why


def test_evidence_that_stands_is_kept_and_the_rest_is_struck_out_by_the_court() -> None:
    good = REPLIES["analyst"]["evidence"][0]
    (hearing,) = hear(mind(ScriptedAsker(analyst=reply("analyst", evidence=[WRONG, good]))))
    assert [item.value for item in hearing.analyst.evidence] == [61.25]
    assert [struck.role for struck in hearing.struck] == ["analyst"]


def test_a_supervisor_may_rule_on_the_arguments_alone() -> None:
    (hearing,) = hear(mind(ScriptedAsker(supervisor=reply("supervisor", evidence=[]))))
    assert isinstance(hearing.supervisor, SupervisorOpinion)


def test_later_roles_read_the_opinions_of_earlier_roles() -> None:
    asker = ScriptedAsker(devils_advocate=reply("devils_advocate", reasoning="Volume is thin.", strength_pct=40))
    hear(mind(asker))
    texts = {request.role: request.user for request in asker.requests}
    assert "All horizons rise." in texts["devils_advocate"]
    assert "counter-evidence weighs 40%" in texts["supervisor"]
    assert "Volume is thin." in texts["supervisor"]


def test_a_blinded_court_hides_the_asset_and_is_recorded_with_real_values() -> None:
    sma = {"field": "signals.1h.sma_50", "value": 98.42, "claim": "price is above it"}
    asker = ScriptedAsker(analyst=reply("analyst", evidence=[sma]))
    (hearing,) = hear(mind(asker, blind=True), with_headlines("Bitcoin rises"))
    assert all("BTC" not in request.user and "Bitcoin" not in request.user for request in asker.requests)
    assert hearing.case.symbol == "BTC/USDT"
    assert [item.value for item in hearing.analyst.evidence] == [49_800.0]
    assert "analyst cites: signals.1h.sma_50=98.42" in asker.requests[3].user


@pytest.mark.parametrize("silent", ROLES)
def test_in_a_blinded_court_the_rules_mind_is_blinded_too_and_its_evidence_matches(silent: Role) -> None:
    asker = ScriptedAsker(**{silent: None})
    (hearing,) = hear(mind(asker, blind=True, outage="rules"))
    assert hearing.struck == ()
    for request in asker.requests:
        assert "50050" not in request.user
        assert "(amount)" not in request.user


def test_transcripts_and_voices_come_by_docket_role_and_number_and_are_handed_out_once() -> None:
    weak = NetVote(direction=Direction.LONG, conviction=0.35, against=0.0, votes=())
    sitting = mind(ScriptedAsker())
    hearings = hear(sitting, case(decision_id="z", proposal=weak), case(decision_id="a"))
    attempts, voices = sitting.transcripts(), [voice for hearing in hearings for voice in hearing.voices]
    wanted = [(decision, role) for decision in ("z", "a") for role in ROLES]
    assert [(attempt.decision_id, attempt.role) for attempt in attempts] == wanted
    assert [(voice.decision_id, voice.role) for voice in voices] == wanted
    assert (sitting.transcripts(), sitting.voices()) == ((), ())


def test_a_failed_attempt_is_in_the_transcript() -> None:
    sitting = mind(ScriptedAsker(supervisor="no JSON"))
    hear(sitting)
    assert [attempt.outcome for attempt in sitting.transcripts()] == ["ok", "ok", "ok", "malformed"]


def test_the_same_decision_can_be_heard_again_after_it_was_taken() -> None:
    asker = ScriptedAsker()
    sitting = mind(asker)
    hear(sitting)
    assert len(sitting.transcripts()) == 4
    hear(sitting)
    assert len(sitting.transcripts()) == 4
    assert len(asker.decided) == 2


def test_a_model_without_an_answer_at_the_deadline_is_recorded_as_nobody() -> None:
    class Slow(ScriptedAsker):
        async def ask(self, decision_id: str, request: Request, accept: Accept[Any]) -> RoleAnswer[Any]:
            await asyncio.sleep(60)
            return await super().ask(decision_id, request, accept)

    async def cut_off() -> ModelMind:
        sitting = mind(Slow())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sitting.analyst(case()), 0.01)
        return sitting

    (voice,) = asyncio.run(cut_off()).voices()
    assert (voice.role, voice.speaker, voice.why) == ("analyst", "nobody", "cut off before it had spoken")


def test_a_recording_that_is_missing_is_no_silence() -> None:
    class Empty(ScriptedAsker):
        async def ask(self, decision_id: str, request: Request, accept: Accept[Any]) -> RoleAnswer[Any]:
            raise ReplayMiss("nothing is recorded for this question")

    with pytest.raises(ReplayMiss):
        asyncio.run(mind(Empty(), outage="rules").analyst(case()))


def test_the_rules_mind_has_no_transcripts_and_all_words_are_its_own() -> None:
    asyncio.run(RULES.analyst(case()))
    assert RULES.transcripts() == ()
    assert RULES.voices() == ()


def test_each_role_gives_its_own_kind_of_opinion() -> None:
    async def trial() -> tuple[Any, Any]:
        sitting = mind(ScriptedAsker())
        return await sitting.analyst(case()), await sitting.devils_advocate(case(), analyst(), officer())

    first, second = asyncio.run(trial())
    assert isinstance(first, AnalystOpinion)
    assert isinstance(second, AdvocateOpinion)
