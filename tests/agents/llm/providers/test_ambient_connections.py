"""Proxies and certificates of the environment that cannot be used: nothing is sent, and the reason names the variable."""

import asyncio
from pathlib import Path

import pytest
from model_server import KEY, ModelServer
from provider_support import outcome_of, provider, with_provider

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault

REMOTE = "http://models.invalid"
KINDS = ("anthropic", "openai", "compatible")
SETTINGS = [
    ("ALL_PROXY", "socks5://user:secret@127.0.0.1:9"),
    ("http_proxy", "socks4://127.0.0.1:9"),
    ("HTTP_PROXY", "://nonsense"),
    ("http_proxy", "http://127.0.0.1:9"),
    ("http_proxy", "http://127.0.0.1:99999"),
    ("SSL_CERT_FILE", "/nonexistent.pem"),
]


@pytest.fixture(autouse=True)
def _nothing_ambient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_request_that_cannot_leave_is_not_sent_and_says_why(
    kind: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    fault = asyncio.run(outcome_of(provider(kind, REMOTE)))
    assert isinstance(fault, ProviderFault)
    assert (fault.outcome, fault.sent) == (AttemptOutcome.CONNECTION, False)
    assert fault.detail.startswith("not sent: ")
    assert name in fault.detail
    assert "secret" not in fault.detail
    assert KEY not in fault.detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "value"), [one for one in SETTINGS if not one[0].startswith("SSL")])
def test_a_model_on_this_machine_is_asked_without_any_proxy(
    kind: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with ModelServer() as server:
        assert isinstance(with_provider(kind, server, outcome_of), Completion)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_in_no_proxy_stops_nobody(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in ("[::1", "http://[", "*", ",,", "a b"):
        monkeypatch.setenv("NO_PROXY", value)
        fault = asyncio.run(outcome_of(provider(kind, REMOTE)))
        assert isinstance(fault, ProviderFault)
        assert fault.outcome is AttemptOutcome.CONNECTION
