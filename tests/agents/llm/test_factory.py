"""Which providers are built, and what a user without a key is told to set."""

import pytest

from agents.llm.anthropic_provider import AnthropicProvider
from agents.llm.factory import build_providers, missing_keys, names_in_use
from agents.llm.openai_provider import OpenAIProvider
from config.load import load_profile
from config.secrets import load_secrets
from config.settings import MindsSettings


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


def test_a_variable_of_ones_own_is_looked_up_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    router = {"kind": "compatible", "model": "m", "base_url": "http://127.0.0.1:1/v1", "api_key_env": "ROUTER_KEY"}
    asked = minds(providers={"router": router}, chain=("router",))
    assert missing_keys(asked, load_secrets(None)) == ["ROUTER_KEY (for router, model m)"]
    monkeypatch.setenv("ROUTER_KEY", "sk-y")
    assert missing_keys(asked, load_secrets(None)) == []


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
