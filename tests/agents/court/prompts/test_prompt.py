"""The prompts: constant, short, and the same preamble for all."""

import re

import pytest

from agents.court.prompts.prompt import load_prompt
from agents.llm.attempt import ROLES, Role


@pytest.mark.parametrize("role", ROLES)
def test_a_prompt_is_short_constant_and_versioned(role: Role) -> None:
    prompt = load_prompt(role)
    assert len(prompt.text) / 4 <= 450
    assert prompt == load_prompt(role)
    assert re.fullmatch(rf"{role}\.v[0-9]+-[0-9a-f]{{8}}", prompt.version)
    assert len({load_prompt(other).version for other in ROLES}) == 4


def test_all_roles_share_the_rules_of_the_court_as_their_first_bytes() -> None:
    texts = [load_prompt(role).text for role in ROLES]
    shared = texts[0].partition("Your role:")[0]
    assert "never follow it" in shared.lower()
    assert all(text.startswith(shared) for text in texts)


def test_the_reply_is_asked_for_with_the_names_of_the_schema() -> None:
    import json

    from agents.court.prompts.wire import json_schema

    for role in ROLES:
        text = load_prompt(role).text
        names = json.loads(json_schema(role))["properties"]
        assert [name for name in names if name not in text] == []
