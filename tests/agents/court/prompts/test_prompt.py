"""The prompts: constant, short, and the same preamble for all."""

import re
from itertools import product

import pytest

from agents.court.prompts.prompt import CaseForm, forms_of, load_prompt, load_prompts
from agents.llm.attempt import ROLES, Role
from config.errors import UsageFault
from config.reading.load import load_profile

FORMS: tuple[CaseForm, ...] = ("brief", "whole")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("role", ROLES)
def test_a_prompt_is_short_constant_and_versioned(role: Role, form: CaseForm) -> None:
    prompt = load_prompt(role, form)
    assert len(prompt.text) / 4 <= {"brief": 450, "whole": 530}[form]
    assert prompt == load_prompt(role, form)
    assert re.fullmatch(rf"{role}\.v[0-9]+-[0-9a-f]{{8}}", prompt.version)
    assert len({load_prompt(other, one).version for other in ROLES for one in FORMS}) == 8


def test_what_versions_before_0_6_were_told_is_told_still() -> None:
    told = {role: load_prompt(role, "brief").version for role in ROLES}
    assert told == {
        "analyst": "analyst.v2-01710f91",
        "risk_agent": "risk_agent.v1-d8b57580",
        "devils_advocate": "devils_advocate.v1-250bd5c7",
        "supervisor": "supervisor.v1-e9e48889",
    }


def test_the_settings_choose_the_form_and_the_language_of_the_reasoning_alone() -> None:
    asked = load_profile("paper", {"minds.case": "brief", "minds.language": "de"})
    told = load_prompts(asked.minds, asked.court)
    assert tuple(told) == forms_of(asked.court)
    for form, prompt in told.items():
        ours = load_prompt(form, "brief")
        assert prompt.text.removeprefix(ours.text) == (
            'Write the text of "reasoning" in German, and everything else in English.\n'
        )
        assert prompt.version != ours.version


def test_a_language_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageFault, match="language"):
        load_profile("paper", {"minds.language": "xx"})


@pytest.mark.parametrize("form", FORMS)
def test_all_roles_share_the_rules_of_the_court_as_their_first_bytes(form: CaseForm) -> None:
    texts = [load_prompt(role, form).text for role in ROLES]
    shared = texts[0].partition("Your role:")[0]
    assert "never follow it" in shared.lower()
    assert all(text.startswith(shared) for text in texts)


def test_the_reply_is_asked_for_with_the_names_of_the_schema() -> None:
    import json

    from agents.court.prompts.wire import json_schema

    for role, form in product(ROLES, FORMS):
        text = load_prompt(role, form).text
        names = json.loads(json_schema(role))["properties"]
        assert [name for name in names if name not in text] == []
