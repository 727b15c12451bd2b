"""Nothing leaves: whatever the environment says to our libraries, a session sends to the hosts of its profile and to no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ambient import trap, variables
from model_server import KEY, ModelServer
from provider_support import outcome_of, with_provider

from agents.court.tracing import switch_off_tracers

ROOT = Path(__file__).resolve().parents[3]
KEPT = {
    "ANTHROPIC_API_KEY": "the key that the profile names",
    "PATH": "finds the interpreter",
    "PYTHONPATH": "finds the packages",
    "LD_LIBRARY_PATH": "finds the interpreter's own libraries",
    "HOME": "without a home no library looks for settings; the test gives an empty one",
    "PANDAS_FUTURE": "pandas refuses to load with a value that it does not know",
    "TZDIR": "finds the time zones of the standard library",
}
"""Variables that a hostile value would keep from starting at all, and why each is none of a library's."""
SWITCHES = ("TRACING", "TELEMETRY", "PROPAGATION")
NUMBERS = ("NUMPY_", "NUMBA_", "SCIPY_", "NPY_", "LLVMLITE_", "WEBSOCKETS_", "OMP_", "OPENBLAS_", "LANGGRAPH_D")
"""Variables of libraries that compute: they must be numbers, and name no host."""
AMOUNTS = ("_LEVEL", "_THREADS", "_MAX", "_SIZE", "_RATE", "_SECONDS", "_TIMEOUT", "_LIMIT", "_NUM_", "_EPOCH")


def hostile(address: str) -> dict[str, str]:
    """A value for every variable that a library reads: switches are on, and all that may name a host names the trap."""
    found = {}
    for name in variables() - KEPT.keys():
        found[name] = f"http://{address}/{name.lower()}"
        if any(switch in name for switch in SWITCHES):
            found[name] = "true"
        elif name.endswith(("CUSTOM_HEADERS", "OTLP_HEADERS")):
            found[name] = f"X-Hostile: {name}"
        elif name.startswith(NUMBERS) or any(part in name for part in AMOUNTS):
            found[name] = "1"
    return found


@pytest.mark.slow
def test_the_sources_name_the_variables_that_are_known_to_send() -> None:
    known = {"LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_ENDPOINT", "OPENAI_ORG_ID"}
    known |= {"OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ALL_PROXY"}
    assert known <= variables()


@pytest.mark.slow
def test_a_session_with_every_variable_hostile_asks_only_its_own_provider(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with trap() as (address, heard), ModelServer() as server:
        command = [
            *(sys.executable, "-m", "agents.run", "--days", "2", "--quiet", "--json", "--out", str(tmp_path / "run")),
            *("--set", "court.mind=models", "minds.chain=[anthropic]"),
            f"minds.providers.anthropic.base_url={server.url}",
        ]
        environment = hostile(address) | {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {"ANTHROPIC_API_KEY": KEY, "HOME": str(tmp_path / "home")}
        environment["TRIBUNAL_STATE_DIR"] = str(tmp_path / "state")
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(server.log) > 0
    assert heard == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["anthropic", "openai", "compatible"])
def test_a_provider_is_sent_the_key_that_the_profile_names_and_nothing_ambient(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = {name: f"hostile-{name}" for name in variables() if name.startswith(("OPENAI_", "ANTHROPIC_"))}
    marked |= {name: f"X-Hostile: hostile-{name}" for name in marked if name.endswith("_HEADERS")}
    for name, value in marked.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPENAI_LOG", "info")
    monkeypatch.setenv("ANTHROPIC_LOG", "info")
    with ModelServer() as server:
        with_provider(kind, server, outcome_of)
        (headers,) = server.headers
    assert "hostile" not in str(headers).lower()
    secret = {"anthropic": ("x-api-key", KEY)}.get(kind, ("authorization", f"Bearer {KEY}"))
    assert headers[secret[0]] == secret[1]
    assert {"authorization", "x-api-key"} & headers.keys() == {secret[0]}


def test_a_server_without_a_key_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer() as server:
        with_provider("compatible", server, outcome_of, key=None, api_key_env=None)
        (headers,) = server.headers
    assert "authorization" not in headers


@pytest.mark.parametrize(
    "name", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "langchain_tracing", "LANGCHAIN_HANDLER"]
)
def test_a_court_takes_the_switches_of_tracers_away(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_PROJECT", "stays")
    assert switch_off_tracers() == (name,)
    assert name not in os.environ
    assert os.environ["LANGSMITH_PROJECT"] == "stays"
