"""A session with models from its beginning to its replay: providers fail, the money ends, a reply is forged, a run is killed."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from model_server import ModelServer, Seen, Turn
from run_support import change_after, events, run, write_bars
from session_models import KEYS, arguments, attempts, cut, forge, records, troubled_run

from agents.llm.attempt import Attempt, AttemptOutcome
from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from ops.story.story import read_story
from ops.story.summary import summarise

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run in which everything fails one after another, with its key kept beside it."""
    folder = tmp_path_factory.mktemp("troubled")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    for name, value in KEYS.items():
        patch.setenv(name, value)
    assert troubled_run(folder / "run") == 0
    patch.undo()
    return folder


@pytest.fixture
def its_run(troubled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run, opened with the key that it was written with, and no key of any provider."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(troubled / "state"))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return troubled / "run"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
def test_every_hearing_has_a_verdict_and_four_speakers_whatever_fails(its_run: Path) -> None:
    hearings = [hearing for record in records(events(its_run)) for hearing in record.hearings]
    assert len(hearings) > 10
    for hearing in hearings:
        assert hearing.verdict.decision_id == hearing.case.decision_id
        assert [voice.role for voice in hearing.voices] == ["analyst", "risk_agent", "devils_advocate", "supervisor"]
    spoke = [voice.speaker for hearing in hearings for voice in hearing.voices]
    assert spoke[0].startswith("anthropic/")
    assert any(speaker.startswith("openai/") for speaker in spoke)
    assert set(spoke[-20:]) == {"rules"}


@pytest.mark.slow
def test_each_failure_stands_in_the_journal_under_its_name_and_before_the_record_of_its_bar(its_run: Path) -> None:
    found = events(its_run)
    outcomes = {(made.provider, made.outcome) for made in attempts(found)}
    assert {
        ("anthropic", each) for each in (AttemptOutcome.OK, AttemptOutcome.OVERLOADED, AttemptOutcome.SKIPPED_BREAKER)
    } <= outcomes
    unusable = (
        AttemptOutcome.MALFORMED,
        AttemptOutcome.INVALID,
        AttemptOutcome.REFUSED,
        AttemptOutcome.TRUNCATED,
        AttemptOutcome.SKIPPED_BUDGET,
    )
    assert {("openai", each) for each in unusable} <= outcomes
    heard: set[str] = set()
    for event in found:
        if isinstance(event.event, Attempt):
            assert attempts([event])[0].decision_id not in heard
        if isinstance(event.event, CycleRecord):
            heard |= {hearing.case.decision_id for hearing in records([event])[0].hearings}


def test_the_budget_is_never_exceeded_and_the_summary_adds_up_to_the_last_digit(its_run: Path) -> None:
    summary = summarise(read_story(its_run, journal_key()))
    assert summary.models is not None
    assert summary.models.cost_usd == sum(made.cost_usd for made in attempts(events(its_run)))
    assert 0 < summary.models.cost_usd <= summary.models.day_budget_usd
    assert sum(summary.models.words.values()) == 4 * summary.hearings
    assert summary.minds == summary.models.words
    assert {"budget", "no opinion"} <= summary.models.instead["rules"].keys()


def test_the_report_tells_the_story(its_run: Path) -> None:
    page = (its_run / "report.html").read_text()
    for told in (
        "on anthropic/claude-haiku-5-5 gave no usable answer (skipped breaker",
        "on openai/gpt-6-luna gave no usable answer",
        "on the day budget of 0.0075 USD was used up; the rules mind spoke",
        "Transcript: 3 attempts",
        "Do not buy; sell all.",
    ):
        assert told in page


@pytest.mark.slow
def test_it_replays_to_the_byte_without_a_key_or_a_server(its_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(its_run), "--quiet"]) == 0
    assert "identical" in capsys.readouterr().out


def _forgery(run_folder: Path) -> tuple[int, str, bytes]:
    """A supervisor's accepted reply, made stricter by a hand that knows the format: its event, decision and new payload."""
    for event in events(run_folder):
        if not isinstance(event.event, Attempt):
            continue
        made = attempts([event])[0]
        if made.role == "supervisor" and made.outcome is AttemptOutcome.OK and made.reply is not None:
            said = json.loads(made.reply) | {"scale_pct": 50, "ruling": "shrink"}
            forged = made.model_copy(update={"reply": json.dumps(said)})
            return event.seq, made.decision_id, forged.canonical()
    raise AssertionError("no supervisor was heard")


def test_a_forged_reply_is_refused_and_its_event_named(
    its_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seq, _, payload = _forgery(its_run)
    assert replay([str(forge(its_run, tmp_path / "forged", seq, payload)), "--quiet"]) == 4
    captured = capsys.readouterr()
    assert f"Event {seq} ({Attempt.written_kind()})" in captured.err
    assert captured.out == ""


def test_a_reply_forged_by_somebody_with_the_key_does_not_lead_to_what_was_done(
    its_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seq, decision, payload = _forgery(its_run)
    assert replay([str(forge(its_run, tmp_path / "forged", seq, payload, journal_key())), "--quiet"]) == 1
    assert decision in "".join(capsys.readouterr())


def test_without_any_key_nothing_starts_and_the_message_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path / "run", "--days", "2", "--mind", "anthropic") == 2
    assert "Set ANTHROPIC_API_KEY" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("name", "hint"), [("antropic", "did you mean anthropic?"), ("xyz", "and rules")])
def test_a_mind_that_is_not_there_gets_a_hint(
    tmp_path: Path, name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", "--days", "2", "--mind", name) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_changing_data_after_a_moment_leaves_every_request_up_to_it_byte_identical(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    paths = write_bars(tmp_path / "data", ("BTC/USDT", "ETH/USDT"))
    turn, asked = datetime(2024, 1, 6, tzinfo=UTC), {}
    for name in ("before", "after"):
        with ModelServer() as server:
            chosen = ["--data", *map(str, paths), "--start", "2024-01-02", "--end", "2024-01-10"]
            assert run(tmp_path / name, *chosen, *arguments(server)[2:]) == 0
        asked[name] = [
            (made.decision_id, made.role, made.user, made.request_key) for made in attempts(events(tmp_path / name))
        ]
        for path in paths:
            change_after(path, "2024-01-06")
    last = f"{turn:%Y%m%dT%H%M}~"
    early, same = ([each for each in asked[name] if each[0] <= last] for name in ("before", "after"))
    assert len(early) >= 16
    assert early == same
    assert asked["before"] != asked["after"]


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("kept_of_the_third_decision", [0, 1, 3])
def test_a_killed_run_goes_on_without_asking_again_for_what_it_has_heard(
    tmp_path: Path, kept_of_the_third_decision: int
) -> None:
    with ModelServer() as server:
        chosen = arguments(server, days="3")
        assert run(tmp_path / "whole", *chosen) == 0
        found = events(tmp_path / "whole")
        transcripts = [event for event in found if isinstance(event.event, Attempt)]
        kept = transcripts[8].seq - 1 + kept_of_the_third_decision
        killed = cut(tmp_path / "whole", tmp_path / "killed", kept)
        server.log.clear()
        assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
        assert len(server.log) == len(transcripts) - 8 - kept_of_the_third_decision
    after = events(killed)
    assert after[:kept] == found[:kept]
    assert [record.hearings for record in records(after)] == [record.hearings for record in records(found)]
    assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_bar_with_two_cases_is_journaled_wave_by_wave_and_resumes_in_its_middle(tmp_path: Path) -> None:
    with ModelServer() as server:
        chosen = ["--symbols", "BTC/USDT", "ETH/USDT", *arguments(server, None, "court.call=every_bar", days="1")]
        assert run(tmp_path / "whole", *chosen) == 0
        found = events(tmp_path / "whole")
        bar = [event for event in found if isinstance(event.event, Attempt)][16:24]
        assert [(made.decision_id[-7:-4], made.role) for made in attempts(bar)] == [
            (base, role)
            for wave in (("analyst", "risk_agent"), ("devils_advocate",), ("supervisor",))
            for base in ("BTC", "ETH")
            for role in wave
        ]
        killed = cut(tmp_path / "whole", tmp_path / "killed", bar[4].seq)
        server.log.clear()
        assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
        assert len(server.log) == len(attempts(found)) - 21
    assert [record.hearings for record in records(events(killed))] == [record.hearings for record in records(found)]
    assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_each_wave_is_on_disk_before_the_next_one_is_asked(tmp_path: Path) -> None:
    kept: list[tuple[str, list[str]]] = []

    def noting(seen: Seen) -> Turn:
        if len(kept) < 8:
            kept.append((seen.role, [attempt.role for attempt in attempts(events(tmp_path / "run"))]))
        return Turn.OK

    with ModelServer(default=noting) as server:
        assert run(tmp_path / "run", *arguments(server, None, "market.symbols=[BTC/USDT]", days="9")) == 0
    whole = ["analyst", "risk_agent", "devils_advocate", "supervisor"]
    for earlier in ([], whole):
        first, last, advocate, supervisor = kept[: len(whole)]
        assert {first[0], last[0]} == {"analyst", "risk_agent"}
        assert (first[1], last[1]) == (earlier, earlier)
        assert advocate == ("devils_advocate", earlier + whole[:2])
        assert supervisor == ("supervisor", earlier + whole[:3])
        kept = kept[len(whole) :]


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_resumed_decision_has_only_the_rest_of_its_budget(tmp_path: Path) -> None:
    poor = (
        "minds.case=brief",
        "minds.budget.decision_usd=0.00056",
        "minds.max_output_tokens=64",
        "minds.roles.risk_agent=[rules]",
    )
    with ModelServer() as server:
        chosen = arguments(server, None, *poor, days="3")
        assert run(tmp_path / "whole", *chosen) == 0
        found = events(tmp_path / "whole")
        said = [event for event in found if isinstance(event.event, Attempt)]
        short = [made.outcome for made in attempts(said)].index(AttemptOutcome.SKIPPED_BUDGET)
        assert [(made.role, made.outcome) for made in attempts(said[short - 2 : short + 1])] == [
            ("analyst", AttemptOutcome.OK),
            ("devils_advocate", AttemptOutcome.OK),
            ("supervisor", AttemptOutcome.SKIPPED_BUDGET),
        ]
        killed = cut(tmp_path / "whole", tmp_path / "killed", said[short - 1].seq)
        assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
    made, before = attempts(events(killed)), attempts(found)
    assert [(a.role, a.outcome, a.detail) for a in made] == [(a.role, a.outcome, a.detail) for a in before]
    assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.long
@pytest.mark.usefixtures("keys")
def test_a_run_that_is_really_killed_goes_on_to_its_end(tmp_path: Path) -> None:
    out = tmp_path / "killed"
    with ModelServer(delay_s=0.05) as server:
        chosen = ["--profile", "paper", "--quiet", *arguments(server)]
        command = [sys.executable, "-m", "agents.run", *chosen, "--out", str(out)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=dict(os.environ))
        until = time.monotonic() + 60
        while len(server.log) < 30 and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
        process.wait(timeout=300)
        got = events(out)
        assert not isinstance(got[-1].event, SessionEnd)
        assert replay([str(out), "--quiet"]) == 9
        server.log.clear()
        assert main([*chosen, "--resume", str(out)]) == 0
        after = events(out)
        assert after[: len(got)] == got
        assert len(server.log) == len(attempts(after)) - len(attempts(got))
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_run_with_models_that_is_stopped_goes_on_and_pays_for_nothing_before_its_ending_twice(tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    with ModelServer(delay_s=0.05) as server:
        command = [sys.executable, "-m", "agents.run", "--quiet", *arguments(server), "--out", str(out)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=dict(os.environ))
        until = time.monotonic() + 60
        while len(server.log) < 30 and time.monotonic() < until:
            time.sleep(0.02)
        process.terminate()
        assert process.wait(timeout=300) == 130
        got = events(out)
        assert got[-1].event.model_dump()["reason"] == "interrupted"
        kept = max(found.seq for found in got if isinstance(found.event, CycleRecord))
        server.log.clear()
        assert main(["--quiet", "--resume", str(out)]) == 0
        after = events(out)
        assert after[:kept] == got[:kept]
        assert len(server.log) == len(attempts(after)) - len(attempts(got[:kept]))
    assert isinstance(after[-1].event, SessionEnd)
    assert replay([str(out), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_where_nobody_may_stand_in_an_outage_is_silence_and_no_trade(tmp_path: Path) -> None:
    with ModelServer(default=Turn.OVERLOADED) as server:
        assert run(tmp_path / "run", *arguments(server, None, "minds.outage=abstain", days="3")) == 0
    summary = summarise(read_story(tmp_path / "run", journal_key()))
    assert summary.models is not None
    assert summary.models.words == {"nobody": 4 * summary.hearings}
    assert summary.signed == 0
    assert summary.models.cost_usd == 0
    assert summary.models.unheard[0].until_utc is None
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_corrected_key_is_asked_at_once_and_a_run_without_a_word_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "wrong")
    with ModelServer(default=Turn.UNAUTHORIZED) as server:
        assert run(tmp_path / "wrong", *arguments(server)) == 0
        assert "No model has spoken: the rules mind sat (" in capsys.readouterr().err
        asked = len(server.log)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "right")
    with ModelServer() as server:
        assert run(tmp_path / "right", *arguments(server)) == 0
        assert len(server.log) > asked
    assert all(attempt.outcome is AttemptOutcome.OK for attempt in attempts(events(tmp_path / "right")))


@pytest.mark.slow
def test_what_a_broken_off_run_paid_for_is_kept_and_one_that_asked_nobody_is_taken_away(
    tmp_path: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with ModelServer() as server:
        missing = ["minds.transcripts=replay", f"minds.cassette={tmp_path / 'none.jsonl'}"]
        assert run(tmp_path / "none", *arguments(server, None, *missing)) != 0
        assert not (tmp_path / "none").exists()
        tape = tmp_path / "tape.jsonl"
        recorded = [f"minds.cassette={tape}", "minds.transcripts=record"]
        assert run(tmp_path / "recorded", *arguments(server, None, *recorded)) == 0
        lines = tape.read_text().splitlines()
        tape.write_text("\n".join(lines[: len(lines) // 2]) + "\n")
        capsys.readouterr()
        played = [f"minds.cassette={tape}", "minds.transcripts=replay"]
        assert run(tmp_path / "played", *arguments(server, None, *played)) == 8
    assert "--resume" in capsys.readouterr().err
    assert (tmp_path / "played" / "journal.db").exists()


@pytest.mark.slow
def test_what_was_set_wins_over_what_mind_would_set(tmp_path: Path, keys: None) -> None:
    with ModelServer(default=Turn.OVERLOADED) as first, ModelServer() as second:
        chained = arguments(first, second)
        chained.remove("court.mind=models")
        assert run(tmp_path / "run", *chained, "--mind", "anthropic") == 0
        assert len(second.log) > 0


@pytest.mark.parametrize(
    "address", ["http://user:secret@127.0.0.1:1/v1", "http://127.0.0.1:1/v1?key=secret", "ftp://x"]
)
def test_an_address_with_a_password_in_it_is_refused(
    address: str, tmp_path: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--mind", "ollama", "--set", f"minds.providers.ollama.base_url={address}"]
    assert run(tmp_path / "run", "--days", "2", *chosen) == 2
    assert "api_key_env" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_it_is_its_own_backtest_with_the_recorded_answers_and_no_model_is_asked(
    its_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay([str(its_run), "--as-backtest", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["difference"] for each in found["figures"]} == {0.0}
    assert found["equity"][0] == found["equity"][1]
