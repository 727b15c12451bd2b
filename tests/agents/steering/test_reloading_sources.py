"""A word adds, removes and reweighs the sources of a session that runs: from the next bar on, in its replay and after a kill."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from feed_session import BEGINS, SELDOM_S, Life, live
from run_support import said
from session_models import cut
from steered_session import Given, events_of, goes_on, steered, world

from agents.desk.kept import KeptFiles
from agents.desk.steered.news import Newsroom
from agents.desk.steered.profile import Reread
from agents.desk.steered.source import SteerSource
from agents.records.folder import JOURNAL
from agents.records.inputs import Arrived
from agents.records.record import CycleRecord, SessionEnd
from agents.records.registry import Recorded
from agents.records.steered import SteerDone, Steered
from agents.replay import main as replay
from config.clock import SystemClock
from config.errors import DataFault
from config.sections.sentiment import SourceSettings
from config.settings import Settings
from execution.steering.mailbox import Mailbox
from execution.steering.words import SteerVerb, word_of

DAYS = 2
AT = 20
"""The bar after which the word is given."""


def with_sources(settings: Settings, *sources: SourceSettings) -> Settings:
    return settings.model_copy(update={"sentiment": settings.sentiment.model_copy(update={"sources": sources})})


def archive(path: Path, at: datetime) -> SourceSettings:
    """A source of a file with headlines on BTC that were there before the session began."""
    lines = [f"{at:%Y-%m-%dT%H:%M:%SZ},Bitcoin surges {word} as ETF approval nears" for word in ("up", "more", "again")]
    path.write_text("\n".join(["date,title", *lines]) + "\n")
    return SourceSettings(kind="recorded", name="wire", weight=3.0, path=str(path))


def heard(found: list[Recorded]) -> list[set[str]]:
    """The sources that each case was heard with."""
    cases = [heard.case for record in said(found, CycleRecord) for heard in record.hearings]
    return [{sub.source for sub in case.sentiment.sub_scores} for case in cases]


def read_at(found: list[Recorded]) -> tuple[list[set[str]], list[set[str]]]:
    """The same, before the word and after it."""
    at = next(n for n, each in enumerate(found) if isinstance(each.event, Steered))
    return heard(found[:at]), heard(found[at:])


@pytest.mark.slow
def test_sources_are_added_and_reweighed_from_the_next_bar_on_and_after_a_kill_and_replayed(tmp_path: Path) -> None:
    settings, tape = world("paper", DAYS)
    (ours,) = settings.sentiment.sources
    more = archive(tmp_path / "headlines.csv", tape.start_utc)
    rewritten = with_sources(settings, ours.model_copy(update={"weight": 0.5}), more)
    found = steered(tmp_path / "run", [Given(AT, SteerVerb.RELOAD)], days=DAYS, rewritten=rewritten)
    (asked,), (done,) = said(found, Steered), said(found, SteerDone)
    assert asked.profile is not None
    assert asked.profile.sources is not None
    assert [(each.name, each.weight, each.path) for each in asked.profile.sources] == [
        (ours.name, 0.5, None), ("wire", 3.0, "headlines.csv"),
    ]  # fmt: skip
    assert done.outcome == "done"
    assert "wire with a weight of 3" in done.told
    before, after = read_at(found)
    assert before
    assert after
    assert all(each == {ours.name} for each in before)
    assert all(each == {ours.name, "wire"} for each in after)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_session_that_is_killed_after_the_word_reads_what_it_has_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, tape = world("paper", DAYS)
    monkeypatch.chdir(tmp_path)
    rewritten = with_sources(settings, archive(tmp_path / "headlines.csv", tape.start_utc))
    found = steered(tmp_path / "run", [Given(AT, SteerVerb.RELOAD)], days=DAYS, rewritten=rewritten)
    at = next(n for n, each in enumerate(found) if isinstance(each.event, Steered))
    for kept in (at + 1, len(found) - 5):
        killed = cut(tmp_path / "run", tmp_path / f"killed-{kept}", kept)
        again = goes_on(killed, days=DAYS)
        assert [each.payload for each in again] == [each.payload for each in found]


@pytest.mark.slow
def test_without_any_source_nothing_is_known_from_the_next_bar_on(tmp_path: Path) -> None:
    settings, _ = world("paper", DAYS)
    found = steered(tmp_path / "run", [Given(AT, SteerVerb.RELOAD)], days=DAYS, rewritten=with_sources(settings))
    (done,) = said(found, SteerDone)
    assert "the sources are none" in done.told
    before, after = read_at(found)
    assert any(before)
    assert after
    assert not any(after)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_source_that_cannot_be_opened_leaves_the_old_ones_and_loses_no_brake(tmp_path: Path) -> None:
    settings, _ = world("paper", DAYS)
    gone = SourceSettings(kind="recorded", name="wire", weight=1.0, path=str(tmp_path / "nowhere.csv"))
    most = settings.limits.max_position_fraction
    rewritten = with_sources(settings, gone)
    rewritten = rewritten.model_copy(
        update={
            "limits": settings.limits.model_copy(update={"max_position_fraction": most / 4}),
            "sentiment": rewritten.sentiment.model_copy(update={"half_life_h": 99.0}),
        }
    )
    found = steered(tmp_path / "run", [Given(AT, SteerVerb.RELOAD)], days=DAYS, rewritten=rewritten)
    (asked,), (done,) = said(found, Steered), said(found, SteerDone)
    assert asked.profile is not None
    assert asked.profile.sources is None
    assert [each.name for each in asked.profile.limits] == ["max_position_fraction"]
    assert done.outcome == "done"
    assert "nowhere.csv" in done.told
    assert "The sources stay as they are" in done.told
    assert "sentiment.half_life_h (it is read once, at the start)" in done.told
    before, after = read_at(found)
    assert before
    assert all(each == {settings.sentiment.sources[0].name} for each in (*before, *after))
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def test_a_path_that_no_file_can_have_ends_no_session(tmp_path: Path) -> None:
    settings, _ = world("paper", DAYS)
    odd = with_sources(settings, wire("a\0b.csv"))
    found = steered(tmp_path / "run", [Given(AT, SteerVerb.RELOAD)], days=DAYS, rewritten=odd)
    (done,) = said(found, SteerDone)
    assert (done.outcome, "The sources stay as they are" in done.told) == ("refused", True)
    assert isinstance(found[-1].event, SessionEnd)


def test_whatever_breaks_while_a_profile_is_read_again_is_told_and_nothing_is_taken_over(tmp_path: Path) -> None:
    def breaks() -> Settings:
        raise RecursionError("maximum recursion depth exceeded")

    box, settings = Mailbox(tmp_path), world("paper", DAYS)[0]
    (tmp_path / JOURNAL).touch()
    box.put(word_of(SteerVerb.RELOAD, "", "ada", "cli", "to see", SystemClock().now()))
    word = SteerSource(box, SystemClock(), print, Reread(settings, breaks))(SystemClock().now())
    assert word is not None
    assert word.profile is None
    assert "the profile cannot be taken over: it could not be read (RecursionError" in str(word.not_obeyed)


def test_files_of_one_name_in_two_folders_are_told_apart_by_the_word_that_named_them(tmp_path: Path) -> None:
    settings, files = world("paper", DAYS)[0], KeptFiles()
    old, new, bare = (with_sources(settings, wire(path)) for path in ("/old/news.csv", "/new/news.csv", "news.csv"))
    files.keep(old)
    files.keep(new, "a-word")
    assert files.whole(bare) == old
    assert files.whole(bare, "a-word") == new
    assert files.whole(files.whole(bare), "a-word") == old, "what is whole stays"


def wire(path: str) -> SourceSettings:
    return SourceSettings(kind="recorded", name="wire", weight=1.0, path=path)


def test_a_source_that_was_replaced_in_the_past_of_a_run_need_not_be_there_any_more(tmp_path: Path) -> None:
    settings, _ = world("paper", DAYS)
    gone = with_sources(settings, wire(str(tmp_path / "gone.csv"))).sentiment
    with pytest.raises(DataFault, match=r"gone\.csv"):
        Newsroom(gone, (), SystemClock())
    news = Newsroom(gone, (), SystemClock(), has_past=True)
    news.take((archive(tmp_path / "headlines.csv", BEGINS),))
    assert news.read("BTC/USDT", BEGINS + timedelta(hours=1)).sub_scores
    asyncio.run(news.close())


@pytest.mark.slow
def test_on_the_clock_news_of_a_new_source_arrive_with_the_next_bars_and_are_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    run, given = tmp_path / "run", list[str]()
    more = archive(tmp_path / "headlines.csv", BEGINS)

    def happens(now: datetime) -> None:
        if not given and now >= BEGINS + timedelta(hours=2):
            given.append("once")
            Mailbox(run).put(word_of(SteerVerb.RELOAD, "", "ada", "cli", "to see", SystemClock().now()))

    live(run, Life(bars=4, happens=happens, rewritten=lambda settings: with_sources(settings, more), look_s=SELDOM_S))
    found = events_of(run)
    word = said(found, Steered)[0].at_utc
    arrived = [(each.at_utc > word, set(each.sentiment)) for each in said(found, Arrived)]
    assert {told for told, _ in arrived} == {False, True}
    assert all(bool(news) == told for told, news in arrived)
    assert replay([str(run), "--quiet"]) == 0
