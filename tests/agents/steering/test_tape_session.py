"""A session on a tape obeys its operator between two bars, on spot and on perpetuals, and replays the same."""

import re
import shutil
from pathlib import Path

import pytest
from run_support import said
from steered_session import (
    Given,
    entries,
    events_of,
    goes_on,
    held_at,
    place,
    results,
    steered,
    world,
)

from agents.records.folder import CHECKSUM, JOURNAL
from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from agents.records.steered import SteerDone, Steered
from agents.replay import main as replay
from config.secrets import journal_key
from execution.journal.chain import shorten
from execution.kill_switch.halting import PAUSED, HaltEvent
from execution.reports import SentOrder, VenueWord
from execution.steering.mailbox import Mailbox
from execution.steering.words import SteerVerb
from risk.order import Purpose

PROFILES = ("paper", "perp")


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plain(profile: str, tmp_path_factory: pytest.TempPathFactory) -> list[Recorded]:
    """A session to which nobody says anything."""
    return steered(tmp_path_factory.mktemp("plain") / "run", profile=profile, days=DAYS[profile])


_SEAL = re.compile(rb'"seal":"[0-9a-f]*"')
DAYS = {"paper": 6, "perp": 60}


@pytest.mark.slow
def test_a_session_that_nobody_steers_writes_what_it_always_wrote(
    plain: list[Recorded], tmp_path: Path, profile: str
) -> None:
    again = steered(tmp_path / "run", profile=profile, days=DAYS[profile])
    ours, theirs = ([_SEAL.sub(b"", each.row.payload) for each in events[1:]] for events in (again, plain))
    assert ours == theirs
    assert not said(again, Steered)
    assert not (tmp_path / "run" / "steer").exists()


@pytest.mark.slow
def test_a_pause_enters_nothing_and_exits_go_on(plain: list[Recorded], tmp_path: Path, profile: str) -> None:
    bar, _ = held_at(plain)[0]
    given = [Given(bar, SteerVerb.PAUSE)]
    events = steered(tmp_path / "run", given, profile, DAYS[profile])
    assert results(events) == [("pause", "done")]
    after = events[place(events, Steered) :]
    assert not entries(after)
    exits = [order for order in said(after, SentOrder) if order.purpose is not Purpose.ENTRY]
    assert exits, "what is held is still protected and sold"
    refused = [
        report
        for record in said(after, CycleRecord)
        for hearing in record.hearings
        for report in hearing.verdict.rules
        if report.code == "kill_switch" and report.reaction.value == "refuse"
    ]
    assert all("ada paused this session: to see" in report.note for report in refused)
    assert [halt.scope for halt in said(after, HaltEvent)[0].halts] == [PAUSED]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_resume_ends_a_pause_and_entries_are_judged_again(plain: list[Recorded], tmp_path: Path, profile: str) -> None:
    first = next(record.bar for record in said(plain, CycleRecord) if any(h.verdict.order for h in record.hearings))
    given = [Given(0, SteerVerb.PAUSE), Given(first - 1, SteerVerb.RESUME)]
    events = steered(tmp_path / "run", given, profile, DAYS[profile])
    assert results(events) == [("pause", "done"), ("resume", "done")]
    assert [order.order_id for order in entries(events)] == [order.order_id for order in entries(plain)]
    assert [halt.action for halt in said(events, HaltEvent)] == ["halted", "resumed"]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_close_sells_one_position_through_the_exit_path_and_tells_its_fills(
    plain: list[Recorded], tmp_path: Path, profile: str
) -> None:
    bar, symbol = held_at(plain)[0]
    events = steered(tmp_path / "run", [Given(bar, SteerVerb.CLOSE, symbol)], profile, DAYS[profile])
    (done,) = said(events, SteerDone)
    assert (done.outcome, done.verb) == ("done", "close")
    assert done.closed is not None
    assert done.closed > 0
    assert done.price is not None
    asked, told = place(events, Steered), place(events, SteerDone)
    sold = [order for order in said(events[asked:told], SentOrder) if order.purpose is Purpose.STRATEGY_EXIT]
    assert [order.symbol for order in sold] == [symbol]
    fills = [fill for word in said(events[asked:told], VenueWord) for fill in word.report.fills]
    assert done.closed == sum(fill.quantity for fill in fills if fill.order_id == sold[0].order_id)
    record = next(record for record in said(events, CycleRecord) if record.bar == bar + 1)
    assert [gone.why for gone in record.exits if gone.symbol == symbol] == ["ada closed it: to see"]
    assert record.portfolio.position(symbol) is None
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_cancel_withdraws_entries_and_leaves_stops(plain: list[Recorded], tmp_path: Path, profile: str) -> None:
    entry = entries(plain)[0]
    bar = next(
        record.bar
        for record in said(plain, CycleRecord)
        if any(hearing.verdict.order and hearing.case.symbol == entry.symbol for hearing in record.hearings)
    )
    events = steered(tmp_path / "run", [Given(bar, SteerVerb.CANCEL)], profile, DAYS[profile])
    (done,) = said(events, SteerDone)
    assert done.outcome == "done"
    assert entry.symbol in done.withdrawn
    record = next(record for record in said(events, CycleRecord) if record.bar == bar + 1)
    assert record.portfolio.position(entry.symbol) is None, "it was withdrawn before it could be filled"
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_strategy_that_is_off_opens_nothing_and_what_is_held_is_exited_as_before(
    plain: list[Recorded], tmp_path: Path, profile: str
) -> None:
    voters = {vote.voter for record in said(plain, CycleRecord) for vote in record.votes}
    bar, _ = held_at(plain)[0]
    given = [Given(bar, SteerVerb.STRATEGY_OFF, voter) for voter in sorted(voters)]
    events = steered(tmp_path / "run", given, profile, DAYS[profile])
    assert {outcome for _, outcome in results(events)} == {"done"}
    after = events[place(events, Steered) :]
    assert not entries(after)
    assert said(after, SentOrder), "what is held is still sold"
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def test_wrong_targets_and_useless_words_are_refused_with_the_reason(tmp_path: Path) -> None:
    given = [
        Given(1, SteerVerb.CLOSE, "DOGE/USDT"),
        Given(2, SteerVerb.STRATEGY_OFF, "luck"),
        Given(3, SteerVerb.RESUME),
        Given(4, SteerVerb.STRATEGY_ON, "luck"),
        Given(5, SteerVerb.CANCEL, "DOGE/USDT"),
        Given(6, SteerVerb.CLOSE, "BTC/USDT"),
    ]
    events = steered(tmp_path / "run", given, days=1)
    told = said(events, SteerDone)
    assert {done.outcome for done in told} == {"refused"}
    assert [len(done.told) > 20 for done in told] == [True] * 6
    assert "no market of this session" in told[0].told
    assert not said(events, HaltEvent)


def test_an_old_word_is_obeyed_if_it_is_a_brake_and_told_if_it_is_not(tmp_path: Path) -> None:
    given = [Given(1, SteerVerb.PAUSE, age_s=86_400), Given(2, SteerVerb.RESUME, age_s=61)]
    events = steered(tmp_path / "run", given, days=1)
    assert results(events) == [("pause", "done"), ("resume", "refused")]
    assert "older than 60 s" in said(events, SteerDone)[1].told
    assert said(events, HaltEvent)[-1].halts, "the pause holds"


def test_what_became_of_a_word_lies_in_the_mailbox(tmp_path: Path) -> None:
    events = steered(tmp_path / "run", [Given(1, SteerVerb.PAUSE)], days=1)
    (answer,) = Mailbox(tmp_path / "run").answers()
    (done,) = said(events, SteerDone)
    assert (answer.word_id, answer.state, answer.told) == (done.word_id, "done", done.told)


@pytest.mark.long
def test_a_session_that_was_killed_between_a_word_and_its_result_obeys_it_once(tmp_path: Path) -> None:
    plain = steered(tmp_path / "plain")
    bar, symbol = held_at(plain)[0]
    given = [Given(bar, SteerVerb.PAUSE), Given(bar, SteerVerb.CLOSE, symbol)]
    whole = steered(tmp_path / "whole", given)
    first = place(whole, Steered)
    for kept in range(first, first + 9):
        folder = tmp_path / f"killed-{kept}"
        shutil.copytree(tmp_path / "whole", folder)
        (folder / CHECKSUM).unlink()
        shutil.rmtree(folder / "steer")
        shorten(folder / JOURNAL, journal_key(), kept + 1)
        heard = said(events_of(folder), Steered)
        for word in [each.word for each in heard]:  # its file was still there when the session was killed
            Mailbox(folder).put(word)
        goes_on(folder, given[len(heard) :])
        events = events_of(folder)
        assert [each.word.verb for each in said(events, Steered)] == [SteerVerb.PAUSE, SteerVerb.CLOSE]
        assert results(events) == results(whole)
        assert not entries(events[first:]), "the pause outlives the kill"
        assert not list((folder / "steer").glob("*.json"))


@pytest.mark.slow
def test_reload_takes_tighter_limits_over_and_names_what_needs_a_restart(tmp_path: Path) -> None:
    settings, _ = world("paper", 6)
    most = settings.limits.max_position_fraction
    tighter = settings.limits.model_copy(update={"max_position_fraction": most / 4, "max_slippage": 0.5})
    court = settings.court.model_copy(update={"net_threshold": 0.9})
    rewritten = settings.model_copy(update={"limits": tighter, "court": court})
    events = steered(tmp_path / "run", [Given(1, SteerVerb.RELOAD)], rewritten=rewritten)
    (asked,), (done,) = said(events, Steered), said(events, SteerDone)
    assert asked.profile is not None
    assert [(each.name, each.after) for each in asked.profile.limits] == [("max_position_fraction", most / 4)]
    assert done.outcome == "done"
    assert "max_slippage" in done.told
    assert "it would loosen the limit" in done.told
    assert "court.net_threshold" in done.told
    after = [hearing.verdict for record in said(events, CycleRecord)[1:] for hearing in record.hearings]
    limits = {rule.limit for verdict in after for rule in verdict.rules if rule.code == "position"}
    assert limits
    assert all(limit is None or limit <= most / 4 for limit in limits)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_words_opens_what_would_not_have_been_opened_without_them(tmp_path: Path, seed: int) -> None:
    """As long as the account is the same: at the first bar that differs, what is entered is a part of what would have been."""
    plain = steered(tmp_path / "plain")
    voters = sorted({vote.voter for record in said(plain, CycleRecord) for vote in record.votes})
    verbs = [
        SteerVerb.PAUSE,
        SteerVerb.RESUME,
        SteerVerb.STRATEGY_OFF,
        SteerVerb.STRATEGY_ON,
        SteerVerb.CANCEL,
        SteerVerb.RELOAD,
    ]
    given, number = [], seed * 7919 + 1
    for bar in range(1, 130, 9):
        number = (number * 48271) % 2147483647
        verb = verbs[number % len(verbs)]
        named = verb in (SteerVerb.STRATEGY_OFF, SteerVerb.STRATEGY_ON)
        given.append(Given(bar, verb, voters[number % len(voters)] if named else ""))
    events = steered(tmp_path / "run", given)
    for ours, theirs in zip(said(events, CycleRecord), said(plain, CycleRecord), strict=True):
        mine, other = ({h.case.decision_id for h in record.hearings if h.verdict.order} for record in (ours, theirs))
        if ours.portfolio != theirs.portfolio:
            break
        assert mine <= other
    else:
        pytest.fail("no word changed anything, so nothing was tested")
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
