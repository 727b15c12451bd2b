"""What a user whose keys are missing is told, for each kind of provider, before anything is spent; and where keys are found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from model_server import KEY, ModelServer
from run_support import events, run, voters
from session_models import attempts

from agents.llm.attempt import AttemptOutcome

GROQ = (
    "{kind: compatible, model: llama, base_url: 'http://127.0.0.1:1/v1', api_key_env: GROQ_API_KEY, "
    "worst_input_usd: 0, worst_output_usd: 0}"
)
IN_BOTH = " in the environment or in .env"
WITH_GROQ = ["--set", f"minds.providers.groq={GROQ}"]


@pytest.fixture(autouse=True)
def _no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the developer's, in the environment or in a `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (["--mind", "anthropic"], "Set ANTHROPIC_API_KEY (for anthropic, model claude-haiku-5-5)" + IN_BOTH),
        (["--mind", "openai", "--model", "gpt-x"], "Set OPENAI_API_KEY (for openai, model gpt-x)" + IN_BOTH),
        (["--mind", "groq", *WITH_GROQ], "Set GROQ_API_KEY (for groq, model llama)" + IN_BOTH),
        (["--mind", "local"], "Add --model PATH.gguf"),
    ],
)
def test_each_kind_of_provider_says_exactly_what_to_set_and_leaves_nothing_behind(
    chosen: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(Path("run"), "--days", "1", *chosen) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""
    assert not Path("run").exists()


@pytest.mark.parametrize("outage", ["rules", "abstain"])
def test_a_role_without_any_key_is_refused_before_the_other_roles_are_paid(
    outage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer() as server:
        places = [f"minds.providers.openai.base_url={server.url}/v1", f"minds.outage={outage}"]
        chosen = ["--days", "2", "--mind", "openai", "--set", *places, "minds.roles.supervisor=[anthropic-strong]"]
        assert run(Path("run"), *chosen) == 2
        told = capsys.readouterr().err
        assert "No model of the supervisor has a key" in told
        assert "Set ANTHROPIC_API_KEY (for anthropic-strong, model claude-opus-5-5)" + IN_BOTH in told
        assert "minds.roles.supervisor=[rules]" in told
        assert "OPENAI_API_KEY" not in told
        assert server.log == []


@pytest.mark.slow
def test_a_key_of_any_name_in_the_env_file_is_used_and_never_shown(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text(f"GROQ_API_KEY={KEY}\n")
    with ModelServer() as server:
        here = f"minds.providers.groq.base_url={server.url}/v1"
        assert run(Path("run"), "--days", "2", "--mind", "groq", *WITH_GROQ, here) == 0
        assert len(server.log) > 0
        assert all(seen.authorized for seen in server.log)
    made = attempts(events(Path("run")))
    assert {attempt.outcome for attempt in made} == {AttemptOutcome.OK}
    shown = "".join(capfd.readouterr())
    kept = b"".join(path.read_bytes() for path in Path("run").iterdir())
    assert KEY not in shown
    assert KEY.encode() not in kept


@pytest.mark.slow
def test_what_the_doors_to_models_log_is_on_stderr_and_holds_no_key() -> None:
    """In a process of its own: how a process logs is set once for all of it."""
    own = {"TRIBUNAL_LOG_LEVEL": "DEBUG", "OPENAI_API_KEY": KEY}
    with ModelServer() as server:
        here = f"minds.providers.openai.base_url={server.url}/v1"
        asked = ["--profile", "paper", *voters(), "--days", "1", "--out", "run", "--mind", "openai", "--set", here]
        done = subprocess.run(
            [sys.executable, "-m", "agents.run", *asked],
            capture_output=True, text=True, timeout=300, check=True, env=os.environ | own,
        )  # fmt: skip
        assert len(server.log) > 0
    assert "level='debug'" in done.stderr
    assert "logger='openai" in done.stderr
    assert "level='debug'" not in done.stdout
    assert KEY not in done.stdout + done.stderr
