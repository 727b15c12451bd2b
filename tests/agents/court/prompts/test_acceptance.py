"""A reply is accepted when it is strict JSON, the opinion asked for, and cites something that stands; or it is told why not."""

import json
from typing import Any

import pytest
from court_support import case

from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.court.prompts.acceptance import acceptance
from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome, Role

STANDS = {"field": "signals.1h.rsi_14", "value": 61.25, "claim": "buyers are in control"}
FALLS = {"field": "signals.1h.rsi_14", "value": 12.0, "claim": "it is oversold"}
NOWHERE = {"field": "book.mood", "value": 1.0, "claim": "everybody is glad"}


def reply(role: Role, evidence: list[dict[str, Any]]) -> dict[str, Any]:
    shared = {"reasoning": "so it is", "evidence": evidence}
    own: dict[Role, dict[str, Any]] = {
        "analyst": {
            "horizons": [{"horizon": "1h", "direction": "long", "expected_move_bps": 50, "conviction_pct": 50}],
            "direction": "long",
            "conviction_pct": 50,
            "risks": [],
            "would_change_my_mind": "a fall",
        },
        "risk_agent": {"concerns": [], "scale_pct": 50},
        "devils_advocate": {"attacks": ["late"], "strength_pct": 30},
        "supervisor": {"ruling": "shrink", "scale_pct": 50},
    }
    return shared | own[role]


KINDS: dict[Role, Any] = {
    "analyst": AnalystOpinion,
    "risk_agent": RiskOpinion,
    "devils_advocate": AdvocateOpinion,
    "supervisor": SupervisorOpinion,
}
each_role = pytest.mark.parametrize("role", KINDS)
MUST_CITE = [role for role in KINDS if role != "supervisor"]


def accepted(role: Role, evidence: list[dict[str, Any]]) -> Any:
    return acceptance(case(), role, None, KINDS[role])(json.dumps(reply(role, evidence)))


@each_role
def test_a_sound_reply_becomes_the_opinion_of_its_role(role: Role) -> None:
    word = accepted(role, [STANDS])
    assert type(word) is KINDS[role]
    assert word.evidence[0].value == 61.25


@each_role
def test_one_citation_that_stands_is_enough_and_the_others_are_left_for_the_court_to_strike(role: Role) -> None:
    assert len(accepted(role, [FALLS, STANDS, NOWHERE]).evidence) == 3


@pytest.mark.parametrize("role", MUST_CITE)
def test_where_nothing_stands_the_reply_is_told_what_the_case_really_says(role: Role) -> None:
    with pytest.raises(Unacceptable) as fault:
        accepted(role, [FALLS, NOWHERE])
    assert fault.value.outcome is AttemptOutcome.INVALID
    assert "no evidence stands" in fault.value.why
    assert "61.25" in fault.value.why
    assert "nothing is known at book.mood" in fault.value.why
    assert "oversold" not in fault.value.why, "the case is quoted, and not the reply"


def test_a_supervisor_need_not_cite() -> None:
    assert accepted("supervisor", []).evidence == ()
    assert len(accepted("supervisor", [FALLS]).evidence) == 1


@each_role
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", AttemptOutcome.MALFORMED),
        ("I refuse", AttemptOutcome.MALFORMED),
        ("[1]", AttemptOutcome.MALFORMED),
        ("{}", AttemptOutcome.INVALID),
    ],
)
def test_what_is_no_opinion_says_whether_it_is_no_json_or_the_wrong_one(
    role: Role, text: str, outcome: AttemptOutcome
) -> None:
    with pytest.raises(Unacceptable) as fault:
        acceptance(case(), role, None, KINDS[role])(text)
    assert fault.value.outcome is outcome
    assert fault.value.why


@each_role
def test_the_opinion_of_another_role_is_not_accepted(role: Role) -> None:
    other = next(one for one in KINDS if one != role)
    with pytest.raises(Unacceptable) as fault:
        acceptance(case(), role, None, KINDS[role])(json.dumps(reply(other, [STANDS])))
    assert fault.value.outcome is AttemptOutcome.INVALID
