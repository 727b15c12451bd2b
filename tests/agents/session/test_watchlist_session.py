"""A session with a watchlist: what was asked ahead is used, paid from its own budget, and replayed, resumed and played alike."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from model_server import ModelServer
from run_support import events, run, said
from session_models import KEYS, attempts, cut, forge, records
from watchlist_support import ahead, lasting, watching

from agents.court.mind import Voice
from agents.llm.attempt import Attempt, AttemptOutcome
from agents.outages.alert import Alert
from agents.records.record import AskedAhead, CycleRecord
from agents.records.registry import Recorded
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.reports import SentOrder, VenueWord
from ops.story.outlooks import OutlookFigures
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.tables.model_tables import asked_ahead

TOLD = (CycleRecord, AskedAhead, SentOrder, VenueWord)
"""Events in which no time and no latency of a model stands."""
CHOSEN = ("market.symbols=[BTC/USDT,ETH/USDT]", "seed=11")


class Watched(NamedTuple):
    """A session in which outlooks were used, with a recording of its answers, its key, and the server that goes on."""

    folder: Path
    server: ModelServer

    def options(self, tape: Path, transcripts: str = "record") -> list[str]:
        return watching(self.server, *CHOSEN, f"minds.transcripts={transcripts}", f"minds.cassette={tape}", days="1")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    for name, value in KEYS.items():
        patch.setenv(name, value)
    with ModelServer(default=lasting) as server:
        made = Watched(folder, server)
        assert run(folder / "run", *made.options(folder / "tape.jsonl")) == 0
        assert 0 < ahead(server) < len(server.log)
        patch.undo()
        yield made


@pytest.fixture
def its_run(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(watched.folder / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    watched.server.log.clear()
    return watched.folder / "run"


def warm_voices(found: list[CycleRecord]) -> list[Voice]:
    return [v for record in found for hearing in record.hearings for v in hearing.voices if v.outlook is not None]


def watches(found: list[Recorded]) -> list[AskedAhead]:
    return said(found, AskedAhead)


def asked_ahead_in(found: list[Recorded]) -> list[Attempt]:
    names = {each.decision_id for watch in watches(found) for each in watch.asked}
    return [made for made in attempts(found) if made.decision_id in names]


@pytest.mark.slow
def test_a_proposal_finds_its_outlook_and_the_voice_says_of_when_and_whose_it_is(its_run: Path) -> None:
    found = events(its_run)
    used = warm_voices(records(found))
    asked = {made.decision_id: made for made in asked_ahead_in(found)}
    assert used
    for voice in used:
        assert (voice.role, voice.speaker) == ("analyst", "anthropic/claude-haiku-5-5")
        assert voice.why.startswith("outlook of ")
        assert voice.outlook is not None
        assert asked[voice.outlook].outcome is AttemptOutcome.OK
        assert asked[voice.outlook].decision_id < voice.decision_id
        assert not [m for m in attempts(found) if (m.decision_id, m.role) == (voice.decision_id, "analyst")]


@pytest.mark.slow
def test_every_outlook_is_watched_before_the_record_of_its_bar_and_answered_at_the_next_close(its_run: Path) -> None:
    found, bar = events(its_run), 0
    asked: dict[str, int] = {}
    for event in found:
        if isinstance(event.event, AskedAhead):
            asked |= {each.decision_id: bar for each in watches([event])[0].asked}
        if isinstance(event.event, Attempt) and attempts([event])[0].decision_id in asked:
            assert bar == asked[attempts([event])[0].decision_id] + 1
        bar += isinstance(event.event, CycleRecord)
    assert set(asked) == {made.decision_id for made in asked_ahead_in(found)}


def test_what_was_warmed_used_and_wasted_is_told_with_its_cost(its_run: Path) -> None:
    found = events(its_run)
    summary = summarise(read_story(its_run, journal_key()))
    assert summary.models is not None
    made, used = asked_ahead_in(found), {voice.outlook for voice in warm_voices(records(found))}
    assert summary.models.outlooks == OutlookFigures(
        asked=len({each.decision_id for each in made}),
        warmed=len(made),
        used=len(used),
        wasted=len(made) - len(used),
        cost_usd=sum(each.cost_usd for each in made),
        wasted_usd=sum(each.cost_usd for each in made if each.decision_id not in used),
    )
    assert summary.models.cost_usd == sum(each.cost_usd for each in attempts(found))
    told = asked_ahead(summary.models)
    assert told is not None
    assert told in (its_run / "report.html").read_text()


def test_it_replays_to_the_byte(its_run: Path) -> None:
    assert replay([str(its_run), "--quiet"]) == 0


def test_a_forged_outlook_leads_to_other_questions_and_is_refused(
    its_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = events(its_run)
    name = warm_voices(records(found))[0].outlook
    for event in found:
        if isinstance(event.event, Attempt) and (made := attempts([event])[0]).decision_id == name:
            assert made.reply is not None
            said = json.loads(made.reply) | {"conviction_pct": 100}
            payload = made.model_copy(update={"reply": json.dumps(said)}).canonical()
            forged = forge(its_run, tmp_path / "forged", event.seq, payload, journal_key())
            assert replay([str(forged), "--quiet"]) == 8
            assert "another question than this versio" in capsys.readouterr().err
            return
    raise AssertionError("no outlook was used")


@pytest.mark.slow
def test_recorded_answers_give_the_same_session_without_a_request(
    its_run: Path, watched: Watched, tmp_path: Path
) -> None:
    assert run(tmp_path / "played", *watched.options(watched.folder / "tape.jsonl", "replay")) == 0
    assert watched.server.log == []
    before, after = events(its_run), events(tmp_path / "played")
    assert [type(each.event) for each in after] == [type(each.event) for each in before]
    assert [each.payload for each in after if isinstance(each.event, TOLD)] == [
        each.payload for each in before if isinstance(each.event, TOLD)
    ]


def landing_of_two(found: list[Recorded]) -> int:
    """Where the first of two answers stands that come at the same close."""
    names = {made.decision_id for made in asked_ahead_in(found)}
    for place, (event, following) in enumerate(pairwise(found)):
        if isinstance(event.event, Attempt) and isinstance(following.event, Attempt):
            ids = {attempts([each])[0].decision_id for each in (event, following)}
            if len(ids & names) == 2:
                return place
    raise AssertionError("no two answers came at once")


@pytest.mark.slow
@pytest.mark.parametrize("kept", [-1, 0, 1, 2, 3])
def test_a_killed_run_comes_to_the_same_journal_and_pays_for_no_journaled_outlook_twice(
    kept: int, its_run: Path, watched: Watched, tmp_path: Path
) -> None:
    found = events(its_run)
    place = landing_of_two(found) + kept
    killed = cut(its_run, tmp_path / "killed", place)
    chosen = watched.options(tmp_path / "tape.jsonl")
    assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
    assert len(watched.server.log) == len(attempts(found)) - len(attempts(found[:place]))
    after = events(killed)
    assert after[:place] == found[:place]
    assert [type(each.event) for each in after] == [type(each.event) for each in found]
    assert [each.payload for each in after if isinstance(each.event, TOLD)] == [
        each.payload for each in found if isinstance(each.event, TOLD)
    ]
    assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("its_run")
def test_where_nobody_waits_an_answer_lands_when_it_has_come_and_replays_so(tmp_path: Path) -> None:
    with ModelServer(default=lasting, delay_s=0.02) as server:
        chosen = watching(server, *CHOSEN, "minds.warm_wait=false", days="4")
        assert run(tmp_path / "run", *chosen) == 0
        found = events(tmp_path / "run")
        assert {each.decision_id for each in asked_ahead_in(found)} == {
            each.decision_id for watch in watches(found) for each in watch.asked
        }
        assert replay([str(tmp_path / "run"), "--quiet"]) == 0
        killed = cut(tmp_path / "run", tmp_path / "killed", len(found) // 2)
        assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
    assert events(killed)[: len(found) // 2] == found[: len(found) // 2]
    assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("its_run")
def test_its_own_budget_ends_the_asking_ahead_and_not_the_court(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    with ModelServer(default=lasting) as server:
        tight = ("minds.warm_budget_usd=0.001", "minds.budget.warn_at=0.1", "minds.budget.decision_usd=1")
        assert run(tmp_path / "run", *watching(server, *CHOSEN, *tight, days="1")) == 0
    found = events(tmp_path / "run")
    made = asked_ahead_in(found)
    refused = [each for each in made if each.outcome is AttemptOutcome.SKIPPED_BUDGET]
    assert 0 < len(refused) < len(made)
    assert all(each.detail.startswith("the watchlist's budget of 0.001 USD") for each in refused)
    assert sum(each.cost_usd for each in made) <= Decimal("0.001")
    assert all(each.outcome is AttemptOutcome.OK for each in attempts(found) if each not in made)
    (alert,) = (event.event for event in found if isinstance(event.event, Alert))
    assert (alert.code, "watchlist's budget" in alert.text) == ("budget_near", True)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.usefixtures("its_run")
@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("minds.watchlist=[DOGE/USDT]", "is not a market of this session"),
        ("court.call=every_bar", "where every bar is tried"),
        ("minds.chain=[rules]", "nobody can be asked ahead"),
        ("world=testnet", "would delay the bars"),
        ("minds.providers.anthropic.concurrency=1", "the one call at a time"),
    ],
)
def test_a_watchlist_that_contradicts_the_profile_is_refused_before_anything_starts(
    setting: str, told: str, watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = "minds.warm_wait=false" if "concurrency" in setting else "minds.warm_wait=true"
    chosen = watching(watched.server, *CHOSEN, wait, setting, days="2")
    assert run(tmp_path / "run", *chosen) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()
