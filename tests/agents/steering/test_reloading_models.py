"""A word seats other models in a session that runs: from the next hearing on, in its replay and when it goes on after a kill."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from feed_session import Life, live
from gate_support import FOUR
from model_server import KEY, ModelServer, Seen, Turn
from run_support import events, said
from session_models import attempts, cut, records
from thinking_asker import ThinkingAsker
from told_exchange import START

from agents.desk.request import RunRequest, WorldRequest
from agents.desk.steered import seats
from agents.desk.steered.parts import Parts
from agents.desk.steered.profile import Reread
from agents.desk.steered.seats import SeatedModels
from agents.llm.asking import Accept, RoleAnswer, Word
from agents.llm.attempt import Request
from agents.records.inputs import Ruled
from agents.records.record import CycleRecord, Prompts, RulingReserved
from agents.records.registry import Recorded
from agents.records.steered import Reloaded, SteerDone, Steered
from agents.replay import main as replay
from agents.run import main
from config.clock import SystemClock
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.steering.mailbox import Mailbox
from execution.steering.words import SteerVerb, word_of
from ops.commands.resuming import resumed


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


def profile(path: Path, url: str, **more: object) -> Path:
    """Write a profile whose court is asked at `url`; `more` are settings by dotted path, with `__` for the dots."""
    tree: dict[str, object] = {"extends": "paper", "market": {"session_days": 2}, "court": {"mind": "models"}}
    tree["minds"] = {
        "chain": ["anthropic"],
        "budget": {"day_usd": 50},
        "providers": {"anthropic": {"base_url": url}},
    }
    for name, value in more.items():
        *places, last = name.split("__")
        inner = tree
        for place in places:
            inner = inner.setdefault(place, {})  # type: ignore[assignment]
        inner[last] = value
    path.write_text(yaml.safe_dump(tree))
    return path


class Once:
    """Answers, and does something when it is asked for the n-th time."""

    def __init__(self, n: int, does: Callable[[], object]) -> None:
        self._left, self._does = n, does

    def __call__(self, seen: Seen) -> Turn:
        self._left -= 1
        if self._left == 0:
            self._does()
        return Turn.OK


def reload(folder: Path) -> None:
    Mailbox(folder).put(word_of(SteerVerb.RELOAD, "", "ada", "cli", "another model", SystemClock().now()))


def start(own: Path, folder: Path, *more: str) -> int:
    return main(["--profile", str(own), "--out", str(folder), "--quiet", "--strategy", *FOUR, *more])


def around(found: list[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """The events before the word, and those after it."""
    at = next(n for n, each in enumerate(found) if isinstance(each.event, Steered))
    return found[:at], found[at:]


@pytest.mark.slow
def test_from_the_next_hearing_on_another_model_answers_in_session_replay_and_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, own = tmp_path / "run", tmp_path / "own.yaml"
    with ModelServer() as first, ModelServer() as second:
        for folder, a_day in (("old", 1), ("new", 4)):
            (tmp_path / folder).mkdir()
            lines = [f"2024-01-{1 + n // a_day:02}T0{n % a_day}:00:00Z,Bitcoin surges {n}" for n in range(31 * a_day)]
            (tmp_path / folder / "news.csv").write_text("\n".join(["date,title", *lines]) + "\n")
        sources = [
            [{"kind": "recorded", "name": name, "weight": 1, "path": f"{folder}/news.csv"}]
            for name, folder in (("wire", "old"), ("wire", "new"))
        ]
        profile(own, first.url, sentiment__sources=sources[0])

        def moves() -> None:
            changed = {"minds__providers__anthropic__model": "claude-sonnet-5", "sentiment__sources": sources[1]}
            changed |= {"minds__roles": {"risk_agent": ["rules"]}}
            profile(own, second.url, **changed)
            reload(run)

        first.default = Once(6, moves)
        assert start(own, run) == 0
        found = events(run)
        before, after = around(found)
        asked, done = said(found, Steered)[0], said(found, SteerDone)[0]
        assert asked.profile is not None
        assert asked.profile.seats is not None
        assert asked.profile.seats.providers["anthropic"].base_url == second.url
        assert done.outcome == "done"
        assert "anthropic/claude-sonnet-5" in done.told
        old = attempts(before)[0].model
        assert {each.model for each in attempts(before)} == {old}
        assert {each.model for each in attempts(after)} == {"claude-sonnet-5"}
        assert len(first.log) == len(attempts(before))
        assert len(second.log) == len(attempts(after)) > 0
        assert len(said(found, Prompts)) == 1
        speakers = {voice.speaker for record in records(after) for heard in record.hearings for voice in heard.voices}
        assert f"anthropic/{old}" not in speakers
        given = {
            v.why for record in records(after) for h in record.hearings for v in h.voices if v.role == "risk_agent"
        }
        assert given == {"the profile gives this role to the rules mind"}
        assert replay([str(run), "--quiet"]) == 0

        most = [
            max(s.headlines for record in records(part) for h in record.hearings for s in h.case.sentiment.sub_scores)
            for part in (before, after)
        ]
        assert most[0] <= 3 < most[1], "from the next bar on the other file is read"
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        for kept in (len(before) + 1, len(found) - 40):
            killed = cut(run, tmp_path / f"killed-{kept}", kept)
            (killed / "request.json").write_bytes((run / "request.json").read_bytes())
            paid = len(first.log)
            assert main(["--resume", str(killed), "--quiet"]) == 0
            assert len(first.log) == paid
            told = [[e.payload for e in events(where) if isinstance(e.event, CycleRecord)] for where in (run, killed)]
            assert told[0] == told[1]
            assert replay([str(killed), "--quiet"]) == 0
        without = cut(run, tmp_path / "without", len(found) - 40)
        typed = RunRequest(world=WorldRequest(profile=""), resume=str(without))
        _, world = resumed(typed, None, journal_key())
        assert world.settings.minds.providers["anthropic"].base_url == first.url
        assert world.seats is not None
        assert world.seats.providers["anthropic"].base_url == second.url


def seated(**changes: object) -> Settings:
    return load_profile("paper", {"court.mind": "models", "minds.chain": ["anthropic"], **changes})


def heard(began: Settings, now: Settings) -> tuple[Reloaded, Parts]:
    """What a session in which the models of `began` sit says of a profile."""
    parts = Parts(models=SeatedModels(Nobody(), began))
    return Reread(began, lambda: now, parts)("a-word"), parts


class Nobody:
    """An asker that is never asked."""

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        raise AssertionError

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        raise AssertionError


def test_a_provider_without_a_key_is_refused_in_words_and_a_tighter_limit_is_not_lost_with_it() -> None:
    began = seated()
    tight = began.limits.max_position_fraction / 2
    found, _ = heard(began, seated(**{"minds.chain": ["openai"], "limits.max_position_fraction": tight}))
    assert found.seats is None
    assert [each.name for each in found.limits] == ["max_position_fraction"]
    (why,) = found.refused
    assert why.startswith("minds.chain: openai cannot sit")
    assert "OPENAI_API_KEY" in why
    assert not found.needs_restart


def test_what_breaks_while_models_are_opened_leaves_them_and_a_tighter_limit_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = seated()
    monkeypatch.setattr("agents.desk.steered.seats.open_models", lambda *_: 1 / 0)
    tight = began.limits.max_position_fraction / 2
    found, _ = heard(began, seated(**{"minds.requests_a_provider": 1, "limits.max_position_fraction": tight}))
    assert found.seats is None
    assert len(found.limits) == 1
    assert "ZeroDivisionError" in found.refused[0]


def test_what_would_change_the_prompts_or_the_money_or_outlast_the_court_is_not_taken_over() -> None:
    began = seated()
    more = {"minds.case": "brief", "minds.language": "de", "minds.budget.day_usd": 99, "minds.outage": "abstain"}
    found, _ = heard(began, seated(**more))
    assert found.seats is None
    assert [each.partition(" ")[0] for each in found.needs_restart] == [
        "minds.outage", "minds.case", "minds.budget", "minds.language",
    ]  # fmt: skip
    later = seated(**{"minds.deadlines.role_s": 90, "minds.deadlines.decision_s": 200, "court.role_deadline_s": 300})
    found, _ = heard(began, later)
    assert found.seats is None
    assert "longer than the time of a role's models" in found.refused[0]
    rules, _ = heard(began, seated(**{"court.mind": "rules"}))
    assert rules.needs_restart == ("court.mind (it is read once, at the start)",)
    plain = load_profile("paper", {})
    unseated = Reread(plain, lambda: load_profile("paper", {"minds.chain": ["rules"]}))("a-word")
    assert unseated.needs_restart == ("minds.chain (it is read once, at the start)",)


def test_answers_of_a_cassette_stay_those_of_its_models(tmp_path: Path) -> None:
    kept = {"minds.transcripts": "record", "minds.cassette": str(tmp_path / "answers.jsonl")}
    found, _ = heard(seated(**kept), seated(**kept, **{"minds.requests_a_provider": 1}))
    assert found.seats is None
    assert found.needs_restart == ("minds.requests_a_provider (the answers of its models are kept in a cassette)",)


def test_a_second_word_is_held_against_what_the_first_has_taken_over() -> None:
    began, changed = seated(), by_rules(seated())
    parts = Parts(models=SeatedModels(Nobody(), began))
    reread = Reread(began, lambda: changed, parts)
    first = reread("a-word")
    assert first.seats is not None
    word = word_of(SteerVerb.RELOAD, "", "ada", "cli", "to see", SystemClock().now())
    reread.took(Steered(at_utc=SystemClock().now(), word=word, profile=first))
    assert reread("another-word") == Reloaded()


def test_models_that_were_replaced_are_closed_when_no_decision_can_ask_them_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = load_profile("paper", {"court.mind": "models", "minds.deadlines": {"role_s": 0.05, "decision_s": 0.05}})
    opened, closed = list[str](), list[str]()

    class Model:
        def __init__(self) -> None:
            self.manager, self.name = SimpleNamespace(unseat=lambda why: None), f"model {len(opened) + 1}"
            opened.append(self.name)

        async def close(self) -> None:
            closed.append(self.name)

    monkeypatch.setattr(seats, "_SPARE_S", 0.0)
    monkeypatch.setattr(seats, "open_models", lambda settings, secrets: Model())
    monkeypatch.setattr(seats, "unfit", lambda minds, secrets: {})
    monkeypatch.setattr(seats, "unanswerable", lambda minds, secrets: {})

    async def reloads() -> None:
        seated = SeatedModels(Nobody(), began)
        for _ in range(3):
            seated.prepare(began)
            seated.take()
        assert closed == []
        await asyncio.sleep(0.5)
        assert sorted(closed) == opened[:2], "the last one sits"
        await seated.close()

    asyncio.run(reloads())
    assert sorted(closed) == opened


THINKS_S = 5.0
EARLY = START + timedelta(hours=9, minutes=10)
"""A purchase of BTC is proposed at the next close."""
BESIDE = (("court.mind", "models"), ("court.wait", False), ("minds.chain", ["anthropic"]))


def by_rules(settings: Settings) -> Settings:
    minds = settings.minds.model_copy(update={"chain": ("rules",)})
    return settings.model_copy(update={"minds": minds})


@pytest.mark.slow
def test_a_hearing_that_is_under_way_ends_with_the_models_that_it_began_with(tmp_path: Path) -> None:
    run = tmp_path / "run"
    given: list[str] = []

    def happens(now: datetime) -> None:
        if not given and now >= EARLY + timedelta(minutes=50, seconds=THINKS_S / 2):
            given.append("once")
            reload(run)

    asker = lambda clock: ThinkingAsker(clock, THINKS_S)  # noqa: E731
    live(run, Life(begins=EARLY, bars=4, asker=asker, changes=BESIDE, happens=happens, rewritten=by_rules, look_s=1.0))
    found = events(run)
    word = said(found, Steered)[0]
    reserved = said(found, RulingReserved)
    assert reserved[0].as_of_utc < word.at_utc < said(found, Ruled)[0].at_utc
    speakers = [{voice.speaker for voice in each.voices} for record in records(found) for each in record.hearings]
    assert speakers[0] == {"thinker/slow-1"}
    assert all(each == {"rules"} for each in speakers[1:])
    assert replay([str(run), "--quiet"]) == 0
