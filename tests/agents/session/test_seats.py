"""Servers that differ, in whole sessions: each either sits, or the user reads why in one line at the start."""

from pathlib import Path
from typing import Any

import pytest
from model_habits import refusing, thinker, without_usage
from model_server import KEY, Answering, ModelServer, Turn
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, records

from agents.llm.attempt import ABSTAINED, AttemptOutcome
from agents.outages.alert import Alert
from agents.replay import main as replay


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)


def session(
    capsys: pytest.CaptureFixture[str], habit: Answering, kind: str, *more: str, **server_settings: Any
) -> tuple[ModelServer, str, int]:
    """The server, what stderr says, and the exit code of a session in which this server is asked for every role."""
    with ModelServer(default=habit, check=None, **server_settings) as server:
        where = server.url if kind == "anthropic" else f"{server.url}/v1"
        provider = {
            "anthropic": "{kind: anthropic, model: claude-haiku-5-5, base_url: 'URL'}",
            "openai": "{kind: openai, model: gpt-6-luna, base_url: 'URL'}",
            "ollama": "{kind: ollama, model: qwen, base_url: 'URL'}",
            "unknown": "{kind: compatible, model: big-one, base_url: 'URL'}",
        }[kind].replace("URL", where)
        asked = arguments(server, None, f"minds.providers.mine={provider}", "minds.chain=[mine]", *more, days="3")
        code = run(Path("run"), *asked)
    return server, capsys.readouterr().err, code


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["anthropic", "openai", "ollama"])
@pytest.mark.parametrize("where", ["beside", "text"])
def test_a_model_that_thinks_for_900_tokens_sits_and_its_thought_is_kept(
    kind: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server, told, code = session(capsys, thinker(900, where), kind)
    made = attempts(events(Path("run")))
    assert code == 0
    assert len(made) > 4
    assert {attempt.outcome for attempt in made} == {AttemptOutcome.OK}
    assert {attempt.max_tokens for attempt in made} == {2800}
    assert all("The volume is thin" in (attempt.thinking or "") for attempt in made)
    assert not any("<think>" in (attempt.reply or "") for attempt in made)
    assert not any("shorter" in str(seen.request) for seen in server.log)
    assert "minds.providers.mine.max_output_tokens: 2800" in told
    assert "<h5>Thought</h5><pre>The volume is thin" in Path("run/report.html").read_text()
    assert replay(["run"]) == 0


@pytest.mark.slow
def test_a_model_that_begins_to_think_midway_is_given_room_once_and_the_run_replays() -> None:
    """The question before the session was answered without a thought."""
    with ModelServer(default=thinker(900)) as server:
        assert run(Path("run"), *arguments(server, days="3")) == 0
        assert not any("shorter" in str(seen.request) for seen in server.log)
    made = attempts(events(Path("run")))
    cut_off = [attempt for attempt in made if attempt.outcome is AttemptOutcome.TRUNCATED]
    assert {attempt.detail for attempt in cut_off} == {"the answer was cut off at 700 tokens, which its thinking used"}
    assert 1 <= len(cut_off) <= 2, "the two roles of the first wave"
    assert {attempt.outcome for attempt in made if attempt not in cut_off} == {AttemptOutcome.OK}
    assert replay(["run"]) == 0


@pytest.mark.slow
def test_an_effort_gives_room_from_the_first_request_on(capsys: pytest.CaptureFixture[str]) -> None:
    more = ("minds.providers.mine.effort=low", "minds.providers.mine.role_effort={supervisor: high}")
    server, _, _ = session(capsys, thinker(900), "openai", *more)
    made = attempts(events(Path("run")))
    assert {attempt.outcome for attempt in made} == {AttemptOutcome.OK}
    assert {(attempt.role == "supervisor", attempt.effort, attempt.max_tokens) for attempt in made} == {
        (False, "low", 2_700),
        (True, "high", 8_700),
    }
    assert {seen.request["reasoning_effort"] for seen in server.log} == {"low", "high"}
    assert replay(["run"]) == 0


@pytest.mark.slow
def test_a_server_that_refuses_schemas_is_told_so_once_and_sits(capsys: pytest.CaptureFixture[str]) -> None:
    server, told, _ = session(capsys, refusing("json_schema", "seed"), "ollama")
    made = attempts(events(Path("run")))
    assert {attempt.outcome for attempt in made} == {AttemptOutcome.OK}
    kinds = [seen.request["response_format"]["type"] for seen in server.log]
    assert kinds.count("json_schema") == 1
    assert sum("seed" in seen.request for seen in server.log) == 2
    assert told.count("refuses json_schema") == 1
    capsys.readouterr()
    again, told, _ = session_again(capsys, refusing("json_schema", "seed"), server)
    assert "refuses" not in told
    assert all("seed" not in seen.request for seen in again.log)


def session_again(
    capsys: pytest.CaptureFixture[str], habit: Answering, before: ModelServer
) -> tuple[ModelServer, str, int]:
    """Another session of the same user, with the same server at the same address."""
    Path("run").rename("before")
    return session(capsys, habit, "ollama", port=int(before.url.rpartition(":")[2]))


@pytest.mark.slow
def test_a_server_that_says_no_usage_sits_and_its_worst_case_is_booked(capsys: pytest.CaptureFixture[str]) -> None:
    session(capsys, without_usage, "openai", "minds.budget.decision_usd=1")
    made = attempts(events(Path("run")))
    assert {(attempt.outcome, attempt.usage) for attempt in made} == {(AttemptOutcome.OK, None)}
    assert all(attempt.cost_usd > 0 for attempt in made)


@pytest.mark.slow
def test_a_model_of_unknown_price_is_not_asked_and_no_outage_is_made_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    server, told, code = session(capsys, Turn.OK, "unknown")
    found = events(Path("run"))
    assert code == 0
    assert server.log == []
    (line,) = [line for line in told.splitlines() if line.startswith("mine does not sit")]
    assert 'minds: {providers: {mine: {worst_input_usd: "IN", worst_output_usd: "OUT"}}}' in line
    assert "No model sits: the rules mind speaks in their place." in told
    assert "No model has spoken: the rules mind sat" in told.splitlines()[-1]
    assert {attempt.outcome for attempt in attempts(found)} == {AttemptOutcome.SKIPPED_NO_SEAT}
    assert said(found, Alert) == []
    assert replay(["run"]) == 0


@pytest.mark.slow
def test_with_the_line_in_the_profile_it_sits(capsys: pytest.CaptureFixture[str]) -> None:
    prices = ("minds.providers.mine.worst_input_usd=1", "minds.providers.mine.worst_output_usd=5")
    session(capsys, Turn.OK, "unknown", *prices)
    assert {attempt.outcome for attempt in attempts(events(Path("run")))} == {AttemptOutcome.OK}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_a_wrong_key_is_told_at_the_start_and_asked_once(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    server, told, code = session(capsys, Turn.UNAUTHORIZED, kind)
    assert code == 0
    assert len(server.log) == 1
    assert "mine does not sit: its key is refused (HTTP 401" in told
    assert KEY not in told
    assert said(events(Path("run")), Alert) == []


@pytest.mark.slow
def test_a_model_that_is_required_ends_the_session_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer(check=Turn.UNAUTHORIZED) as server:
        assert run(Path("run"), *arguments(server), "--require-models") == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "No model can sit, and --require-models wants one; nothing was started. anthropic does not sit" in told
    assert not Path("run").exists()
    with ModelServer() as server:
        assert run(Path("run"), *arguments(server, days="1"), "--require-models") == 0
        assert len(server.checked) == 1


@pytest.mark.slow
def test_a_reply_without_an_end_is_told_at_the_start_and_never_read(capsys: pytest.CaptureFixture[str]) -> None:
    _, told, code = session(capsys, Turn.ENDLESS, "openai", "minds.breaker_failures=1")
    assert code == 0
    assert "mine is silent: no answer now: nonsense (the reply is longer than 2,000,000 bytes" in told


@pytest.mark.slow
def test_who_hangs_when_the_decisions_time_is_over_has_abstained_and_nobody_speaks_instead(
    capsys: pytest.CaptureFixture[str],
) -> None:
    limits = "minds.deadlines={call_s: 5, role_s: 5, decision_s: 0.5}"
    with ModelServer(default=Turn.HANG) as server:
        assert run(Path("run"), *arguments(server, None, limits, "minds.breaker_failures=99", days="2")) == 0
    found = events(Path("run"))
    assert {attempt.outcome for attempt in attempts(found)} <= ABSTAINED
    heard = [hearing for record in records(found) for hearing in record.hearings]
    assert len(heard) > 0
    assert {hearing.speaker("analyst") for hearing in heard} == {"nobody"}
    assert {str(hearing.ruling.outcome) for hearing in heard} == {"rejected"}
    assert "No model has spoken: nobody spoke, because" in capsys.readouterr().err
    assert replay(["run"]) == 0
