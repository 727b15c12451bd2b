"""A shadow court hears the same cases aside: journaled, recomputed, compared, and never traded."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from broken_off import killed
from feed_session import SELDOM_S, Life, live
from model_server import ModelServer, Turn
from run_support import events, run, said
from session_models import KEYS, forge, records
from thinking_asker import ThinkingAsker
from told_exchange import START

from agents.llm.attempt import ROLES, Attempt, AttemptOutcome
from agents.records.inputs import Beat
from agents.records.record import CycleRecord, Session
from agents.replay import main as replay
from agents.run import main
from agents.shadow.heard import ShadowHeard
from config.frozen import Journaled
from config.secrets import journal_key
from execution.reports import SentOrder, VenueWord

DAYS = ("--days", "6")
STRICT = "extends: backtest\ncourt:\n  without_record: veto\n  advocate_reject: 0.3\n"
TRADED: tuple[type[Journaled], ...] = (SentOrder, VenueWord, CycleRecord)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def strict(tmp_path: Path) -> str:
    file = tmp_path / "strict.yaml"
    file.write_text(STRICT)
    return f"court.shadow={file}"


def of_models(tmp_path: Path, server: ModelServer, form: str = "brief") -> str:
    file = tmp_path / "models.yaml"
    file.write_text(
        f"extends: backtest\ncourt: {{mind: models}}\nminds:\n  case: {form}\n  chain: [anthropic]\n"
        f"  providers: {{anthropic: {{base_url: {server.url}}}}}\n  budget: {{day_usd: 50}}\n"
    )
    return f"court.shadow={file}"


def traded(folder: Path) -> list[bytes]:
    return [each.payload for each in events(folder) if isinstance(each.event, TRADED)]


def heard(folder: Path) -> list[ShadowHeard]:
    return said(events(folder), ShadowHeard)


@pytest.mark.slow
def test_nothing_follows_from_what_a_shadow_of_rules_says_and_a_replay_recomputes_it(
    tmp_path: Path, strict: str
) -> None:
    assert run(tmp_path / "alone", *DAYS) == 0
    assert run(tmp_path / "run", *DAYS, "--set", strict) == 0
    assert traded(tmp_path / "run") == traded(tmp_path / "alone")
    words = {word.decision_id: word for event in heard(tmp_path / "run") for word in event.words}
    ruled = {each.case.decision_id: each for record in records(events(tmp_path / "run")) for each in record.hearings}
    assert words.keys() == ruled.keys()
    assert any(words[name].ruling.scale < ruled[name].ruling.scale for name in words)
    assert all(words[name].symbol == ruled[name].case.symbol for name in words)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_shadow_that_is_the_court_itself_rules_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "run", *DAYS, "--set", "court.shadow=paper") == 0
    words = {word.decision_id: word.ruling for event in heard(tmp_path / "run") for word in event.words}
    ruled = {each.case.decision_id: each.ruling for r in records(events(tmp_path / "run")) for each in r.hearings}
    assert words == ruled
    assert words


@pytest.mark.slow
def test_the_journal_keeps_who_sat_there_and_no_path(tmp_path: Path, strict: str) -> None:
    assert run(tmp_path / "run", *DAYS, "--set", strict) == 0
    (session,) = said(events(tmp_path / "run"), Session)
    assert session.shadow is not None
    assert (session.shadow.name, session.shadow.court.advocate_reject) == ("strict", 0.3)
    assert session.settings.court.shadow == "strict.yaml"
    assert str(tmp_path).encode() not in events(tmp_path / "run")[0].payload


@pytest.mark.slow
@pytest.mark.parametrize("form", ["brief", "whole"])
def test_models_of_a_shadow_are_asked_and_their_answers_stand_in_its_event_alone(tmp_path: Path, form: str) -> None:
    assert run(tmp_path / "alone", *DAYS) == 0
    with ModelServer() as server:
        assert run(tmp_path / "run", *DAYS, "--set", of_models(tmp_path, server, form)) == 0
        asked = len(server.log)
    told = heard(tmp_path / "run")
    attempts = [each for event in told for each in event.attempts]
    assert asked >= len(attempts) > 0
    assert said(events(tmp_path / "run"), Attempt) == []
    assert {each.role for each in attempts} == set(ROLES)
    words = [word for event in told for word in event.words]
    assert all(word.speaker(role).startswith("anthropic/") for word in words for role in ROLES)
    kept = (SentOrder, VenueWord)
    sent = [
        [e.payload for e in events(tmp_path / name) if isinstance(e.event, kept)] for name in ("run", "alone")
    ]  # fmt: skip
    assert sent[0] == sent[1]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_forged_word_of_a_shadow_is_found_by_a_replay(tmp_path: Path) -> None:
    with ModelServer() as server:
        assert run(tmp_path / "run", *DAYS, "--set", of_models(tmp_path, server)) == 0
    found = events(tmp_path / "run")
    place = next(each for each in found if isinstance(each.event, ShadowHeard))
    changed = json.loads(place.payload)
    changed["words"][0]["ruling"]["scale"] = 0.123
    payload = json.dumps(changed, separators=(",", ":")).encode()
    forged = forge(tmp_path / "run", tmp_path / "forged", place.seq, payload, journal_key())
    assert replay([str(forged), "--quiet"]) == 1


@pytest.mark.long
def test_a_killed_run_asks_its_shadow_again_only_what_was_not_journaled(tmp_path: Path) -> None:
    with ModelServer() as server:
        chosen = (*DAYS, "--set", of_models(tmp_path, server), "journal.group_commit=1")
        assert run(tmp_path / "run", *chosen) == 0
        found = events(tmp_path / "run")
        places = [n for n, each in enumerate(found) if isinstance(each.event, ShadowHeard)]
        for kept in (places[0], places[0] + 1, places[-1], places[-1] + 1):
            before = len(server.log)
            broken = killed(tmp_path / "run", tmp_path / f"killed-{kept}", kept)
            assert main(["--quiet", "--resume", str(broken)]) == 0
            later = [each.event for each in found[kept:] if isinstance(each.event, ShadowHeard)]
            assert len(server.log) - before <= 4 + sum(len(event.attempts) for event in later)
            assert [each.words for each in heard(broken)] == [each.words for each in heard(tmp_path / "run")]
            assert traded(broken) == traded(tmp_path / "run")


@pytest.mark.slow
def test_a_shadow_whose_models_fail_abstains_and_ends_no_session(tmp_path: Path) -> None:
    with ModelServer(default=Turn.UNAUTHORIZED) as server:
        assert run(tmp_path / "run", *DAYS, "--set", of_models(tmp_path, server)) == 0
    told = heard(tmp_path / "run")
    assert {each.outcome for event in told for each in event.attempts} - {AttemptOutcome.OK}
    assert [word for event in told for word in event.words]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_who_sits_in_the_shadow_is_told_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer() as server:
        chosen = (
            "--profile",
            "paper",
            "--out",
            str(tmp_path / "run"),
            "--days",
            "1",
            "--set",
            of_models(tmp_path, server),
        )
        assert main([*chosen]) == 0
    assert "The shadow court models, of which nothing follows:" in capsys.readouterr().err


@pytest.mark.slow
def test_beside_a_live_feed_no_bar_waits_for_the_shadow(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text("extends: backtest\ncourt: {mind: models}\nminds: {case: brief, chain: [anthropic]}\n")
    late = timedelta(minutes=90)
    life = Life(
        begins=START + timedelta(hours=9, minutes=10),
        bars=8,
        shadow=lambda clock: ThinkingAsker(clock, late.total_seconds() / 3, awaited=False),
        changes=(("court.shadow", str(file)),),
        look_s=SELDOM_S,
    )
    live(tmp_path / "run", life)
    found = events(tmp_path / "run")
    closes = [record.as_of_utc for record in said(found, CycleRecord)]
    assert len(closes) == 8
    told = said(found, ShadowHeard)
    assert told
    place = {id(each.event): n for n, each in enumerate(found)}
    for event in told:
        following = next(r for r in said(found, CycleRecord) if place[id(r)] > place[id(event)])
        assert following.as_of_utc > event.as_of_utc  # it came at a later close than the one it is about
    assert not said(found, Beat)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends: backtest\ncourt: {shadow: paper}\n", "names one itself"),
        ("court: {mind: nobody}\n", "nothing was started"),
        (":", "nothing was started"),
    ],
)
def test_a_file_that_is_no_shadow_is_refused_before_a_session(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    assert run(tmp_path / "run", *DAYS, "--set", f"court.shadow={file}") == 2
    assert words in capsys.readouterr().err.replace("Nothing was started", "nothing was started")
    assert not (tmp_path / "run").exists()


def test_two_courts_of_models_are_shown_cases_of_one_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer() as server:
        shadow = of_models(tmp_path, server)
        own = ("court.mind=models", "minds.case=whole", "minds.chain=[anthropic]")
        assert run(tmp_path / "run", *DAYS, "--set", shadow, *own) == 2
    assert "Set minds.case there to whole" in capsys.readouterr().err


def test_a_shadow_of_models_without_a_key_is_named_before_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in KEYS:
        monkeypatch.delenv(name)
    with ModelServer() as server:
        assert run(tmp_path / "run", *DAYS, "--set", of_models(tmp_path, server)) == 2
    told = capsys.readouterr().err
    assert "No model of the shadow court models can answer" in told
    assert "Set ANTHROPIC_API_KEY (for anthropic" in told
    assert not (tmp_path / "run").exists()
