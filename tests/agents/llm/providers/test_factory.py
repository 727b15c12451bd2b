"""Which providers are built, and what a user without a key is told to set."""

from pathlib import Path

import pytest

from agents.llm.providers.anthropic import AnthropicProvider
from agents.llm.providers.factory import build_providers, missing_keys, names_in_use, unanswerable
from agents.llm.providers.openai import OpenAIProvider
from config.errors import UsageFault
from config.reading.load import load_profile
from config.secrets import load_secrets
from config.sections.minds import MindsSettings


def minds(**changes: object) -> MindsSettings:
    base = load_profile("paper").minds.model_dump()
    return MindsSettings.model_validate(base | changes)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "ROUTER_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_keys_each_variable_is_named_once_with_what_it_is_for() -> None:
    asked = minds(chain=("anthropic", "openai"), roles={"supervisor": ("anthropic-strong", "openai")})
    assert missing_keys(asked, load_secrets(None)) == [
        "ANTHROPIC_API_KEY (for anthropic, model claude-haiku-5-5 and anthropic-strong, model claude-opus-5-5)",
        "OPENAI_API_KEY (for openai, model gpt-6-luna)",
    ]


def test_a_key_that_is_set_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    asked = minds(chain=("anthropic", "openai", "ollama"))
    assert [line.split()[0] for line in missing_keys(asked, load_secrets(None))] == ["OPENAI_API_KEY"]


ROUTER = {"kind": "compatible", "model": "m", "base_url": "http://127.0.0.1:1/v1", "api_key_env": "ROUTER_KEY"}


def test_a_variable_of_ones_own_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = minds(providers={"router": ROUTER}, chain=("router",))
    assert missing_keys(asked, load_secrets(None, asked.key_variables)) == ["ROUTER_KEY (for router, model m)"]
    monkeypatch.setenv("ROUTER_KEY", " ")
    assert missing_keys(asked, load_secrets(None, asked.key_variables)) == ["ROUTER_KEY (for router, model m)"]
    monkeypatch.setenv("ROUTER_KEY", "sk-y")
    assert missing_keys(asked, load_secrets(None, asked.key_variables)) == []


def test_a_variable_of_ones_own_is_found_in_the_env_file(tmp_path: Path) -> None:
    asked = minds(providers={"router": ROUTER}, chain=("router",))
    (tmp_path / "keys").write_text("ROUTER_KEY=sk-y\n")
    assert missing_keys(asked, load_secrets(tmp_path / "keys", asked.key_variables)) == []


@pytest.mark.parametrize(
    "name", ["TRIBUNAL_EXCHANGE_SECRET", "tribunal_journal_key", "sk-ant-0123", "1KEY", "", "gsk é"]
)
def test_what_is_no_variable_of_a_provider_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UsageFault, match="api_key_env") as caught:
        load_profile("paper", {"minds.providers.router": ROUTER | {"api_key_env": name}})
    assert not name or name not in str(caught.value)


def test_a_role_that_no_provider_of_its_chain_can_answer_is_found_and_one_with_the_rules_mind_behind_is_not() -> None:
    keyless: dict[str, object] = {"chain": ("ollama",)}
    for chain, found in (
        (("anthropic", "openai"), True),
        (("anthropic", "ollama"), False),
        (("anthropic", "rules"), False),
        ((), False),
    ):
        asked = minds(**keyless, outage="rules", roles={"supervisor": chain})
        assert unanswerable(asked, load_secrets(None)) == ({"supervisor": chain} if found else {})
    assert unanswerable(minds(**keyless, outage="abstain", roles={"analyst": ()}), load_secrets(None)) == {
        "analyst": ()
    }


def test_only_those_that_a_role_would_ask_are_built() -> None:
    asked = minds(chain=("openai", "rules", "local"), roles={"analyst": ("anthropic",), "risk_agent": ("rules",)})
    assert names_in_use(asked) == ("anthropic", "openai")
    built = build_providers(asked, load_secrets(None))
    assert {name: type(one) for name, one in built.items()} == {
        "anthropic": AnthropicProvider,
        "openai": OpenAIProvider,
    }
    assert [(one.name, one.model) for one in built.values()] == [
        ("anthropic", "claude-haiku-5-5"),
        ("openai", "gpt-6-luna"),
    ]


def test_a_chain_that_every_role_replaces_builds_nothing() -> None:
    rules = dict.fromkeys(("analyst", "risk_agent", "devils_advocate", "supervisor"), ("rules",))
    assert build_providers(minds(chain=("local",), roles=rules), load_secrets(None)) == {}
