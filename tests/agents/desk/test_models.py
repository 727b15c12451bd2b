"""Models in a session: who is refused for want of keys, what roles are told, and that all is closed at the end."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from model_server import KEY

from agents.court.prompts.prompt import form_of, load_prompt
from agents.desk.models import models_of, prompts, refuse_without_keys, sits
from agents.llm.attempt import ROLES
from agents.records.record import Session
from config.errors import UsageFault
from config.reading.load import load_profile
from config.secrets import Secrets, load_secrets, state_dir
from config.settings import Settings

NAMES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """A machine without a key of any model."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return load_secrets()


@pytest.fixture
def keyed(bare: Secrets, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """The same with a key of Anthropic."""
    monkeypatch.setenv(NAMES[0], KEY)
    return load_secrets()


def described(settings: Settings, **changes: Any) -> Session:
    """The beginning of a journal, as far as its prompts are made of it."""
    return Session.model_construct(settings=settings, **{"own_prompts": {}, **changes})


def seated(**changes: Any) -> Settings:
    return load_profile("paper", {"court.mind": "models", "minds.chain": ["anthropic"], **changes})


def test_each_role_is_journaled_with_its_version_and_its_words() -> None:
    for form in ("brief", "whole"):
        settings = seated(**{"minds.case": form})
        told = prompts(described(settings))
        assert tuple(told.roles) == ROLES
        for role, (number, text) in told.roles.items():
            prompt = load_prompt(form_of(role, settings.court), form)
            assert (number, text) == (prompt.version, prompt.text)
            assert len(text) > 100
        answer = load_prompt("rebuttal", form)
        assert told.rebuttal == (answer.version, answer.text)
    assert prompts(described(seated(**{"court.rebuttal": None}))).rebuttal is None


def test_a_prompt_of_the_user_is_journaled_in_the_place_of_ours() -> None:
    own = {"analyst": "Argue in verse.\n"}
    told = prompts(described(seated(), own_prompts=own)).roles
    assert told["analyst"][0].startswith("analyst.own-")
    assert "\nArgue in verse.\n" in told["analyst"][1]
    assert told["supervisor"] == (load_prompt("supervisor").version, load_prompt("supervisor").text)


def test_models_sit_only_where_the_profile_seats_them() -> None:
    assert sits(seated())
    assert not sits(load_profile("paper"))


def test_without_a_key_nothing_is_started_and_the_name_of_the_key_is_told(bare: Secrets) -> None:
    with pytest.raises(UsageFault, match=r"nothing was started\. Set ANTHROPIC_API_KEY .* or use --mind rules"):
        refuse_without_keys(seated(), bare)


@pytest.mark.parametrize("changes", [{"court.mind": "rules"}, {"minds.transcripts": "replay"}])
def test_where_no_model_is_asked_no_key_is_wanted(bare: Secrets, changes: dict[str, Any]) -> None:
    wanting = seated(**{"minds.cassette": "answers.db"} | changes)
    refuse_without_keys(wanting, bare)
    assert sits(wanting) == (wanting.court.mind == "models")


def test_a_role_whose_models_have_no_key_is_named_with_the_way_out(keyed: Secrets) -> None:
    split = seated(**{"minds.roles.supervisor": ["openai"], "minds.outage": "abstain"})
    with pytest.raises(UsageFault) as fault:
        refuse_without_keys(split, keyed)
    assert "No model of the supervisor has a key" in str(fault.value)
    assert "--set minds.roles.supervisor=[rules]" in str(fault.value)
    assert "analyst" not in str(fault.value)
    refuse_without_keys(seated(), keyed)


def test_where_rules_sit_nobody_answers_and_nothing_is_opened(bare: Secrets) -> None:
    async def asked() -> object:
        async with models_of(load_profile("paper"), bare) as asker:
            return asker

    assert asyncio.run(asked()) is None
    assert not state_dir(bare).exists()


def test_where_models_sit_their_budget_lies_in_the_state_folder_and_is_closed_after_a_fault(keyed: Secrets) -> None:
    async def broken() -> None:
        async with models_of(seated(), keyed) as asker:
            assert asker is not None
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(broken())
    names = {path.name for path in state_dir(keyed).iterdir()}
    assert any(name.startswith("spending") for name in names)
    assert not any(name.endswith(("-wal", "-shm")) for name in names)
