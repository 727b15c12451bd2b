"""Sessions in which a share of a purchase is entered at once, while models deliberate: what their ruling makes of it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from model_replies import SOUND
from model_server import ModelServer, Turn
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, cut, records

from agents.court.hearing import Hearing
from agents.held.entering import GONE
from agents.records.record import CycleRecord, RulingArrived, RulingReserved
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.reports import SentOrder, VenueWord
from ops.exports.decisions import as_object, decision_lines
from ops.exports.trades import trade_lines
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.story.trials.finding import trial_in
from ops.story.trips import UNKNOWN
from ops.tables.trial.whole import trial_lines
from risk.order import Purpose
from risk.verdict import Outcome

HOUR = timedelta(hours=1)
SHARE = 0.25
TWO_TIERS = (
    "minds.budget.day_usd=50",
    "court.latency_s=600",
    f"court.fast_share={SHARE}",
    "minds.fast_path_conviction=0.0",
)
REJECTS = SOUND | {"scale_pct": 0, "ruling": "reject"}
LITTLE = SOUND | {"scale_pct": 25}


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def two_tiers(out: Path, server: ModelServer, *settings: str, days: str = "5") -> Path:
    """A session whose models rule an hour later, after a share was entered."""
    assert run(out, *arguments(server, None, *TWO_TIERS, *settings, days=days)) == 0
    return out


def fast_of(folder: Path) -> dict[str, Hearing]:
    """What was entered at once, by the decision of which it is a share."""
    found = (each for record in records(events(folder)) for each in record.fast)
    return {each.case.decision_id.removesuffix("-fast"): each for each in found if each.verdict.order is not None}


def ruled_of(folder: Path) -> dict[str, Hearing]:
    return {each.case.decision_id: each for record in records(events(folder)) for each in record.hearings}


def orders_of(folder: Path) -> dict[str, list[SentOrder]]:
    found: dict[str, list[SentOrder]] = {}
    for order in said(events(folder), SentOrder):
        found.setdefault(order.decision_id, []).append(order)
    return found


@pytest.mark.slow
def test_a_ruling_that_leaves_more_adds_the_rest_of_what_it_leaves_through_the_gate(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server)
    fast, ruled, orders = fast_of(its_run), ruled_of(its_run), orders_of(its_run)
    assert fast
    added = 0
    for name, entered in fast.items():
        first = orders[f"{name}-fast"][0]
        assert (first.purpose, first.created_utc) == (Purpose.ENTRY, entered.case.as_of_utc)
        assert entered.mind == "rules"
        assert entered.ruling.scale <= SHARE
        assert entered.case.proposal == ruled[name].case.proposal if name in ruled else True
        if name in ruled and ruled[name].verdict.order is not None:
            more = next(each for each in orders[name] if each.purpose is Purpose.ENTRY)
            assert more.created_utc == first.created_utc + HOUR
            assert more.quantity > first.quantity  # a quarter at once, and three quarters of it later
            added += 1
    assert added
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
def test_positions_by_shares_are_enlarged_in_the_same_way_and_stand_for_the_share_that_their_voters_want(
    tmp_path: Path,
) -> None:
    with ModelServer() as server:
        chosen = arguments(server, None, *TWO_TIERS, "strategies=[{strategy: trend_ensemble}]", days="12")
        assert run(tmp_path / "run", *chosen) == 0
    fast, ruled = fast_of(tmp_path / "run"), ruled_of(tmp_path / "run")
    assert any(each.case.proposal.exposure for each in fast.values())
    assert any(name in ruled and ruled[name].verdict.order is not None for name in fast)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_ruling_that_rejects_closes_what_was_entered(tmp_path: Path) -> None:
    with ModelServer(prefer=REJECTS) as server:
        its_run = two_tiers(tmp_path / "run", server)
    fast, ruled, orders = fast_of(its_run), ruled_of(its_run), orders_of(its_run)
    exits = {each.decision_id: each for record in records(events(its_run)) for each in record.exits}
    closed = [name for name in fast if name in exits]
    assert closed
    for name in closed:
        assert exits[name].why == f"the court: {ruled[name].ruling.why}"
        assert ruled[name].verdict.outcome is Outcome.REFUSED
        assert [each.purpose for each in orders[name]] == [Purpose.STRATEGY_EXIT]
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("models", ["that leave less", "that are silent"])
def test_models_that_leave_less_or_are_silent_leave_what_was_entered(models: str, tmp_path: Path) -> None:
    silent = models == "that are silent"
    with ModelServer(default=Turn.REFUSAL if silent else Turn.OK, prefer=LITTLE) as server:
        its_run = two_tiers(tmp_path / "run", server, "minds.outage=abstain", "court.fast_share=0.99")
    fast, ruled, orders = fast_of(its_run), ruled_of(its_run), orders_of(its_run)
    both = [name for name in fast if name in ruled and ruled[name].ruling.scale <= fast[name].ruling.scale]
    assert both
    for name in both:
        assert ruled[name].verdict.outcome is Outcome.REFUSED
        assert name not in orders
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.long
def test_what_was_closed_meanwhile_is_not_bought_again(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server, "court.latency_s=86400", days="20")
    fast, orders = fast_of(its_run), orders_of(its_run)
    gone = [each.decision_id for record in records(events(its_run)) for each in record.dropped if each.why == GONE]
    assert gone
    assert set(gone) <= fast.keys()
    assert not any(each.purpose is Purpose.ENTRY for name in gone for each in orders.get(name, ()))
    story = read_story(its_run, journal_key())
    told = {line["decision_id"]: line for line in map(as_object, decision_lines(story))}
    for name in gone:
        trial = trial_in(its_run, journal_key(), story, name)
        assert (trial.unruled, trial.hearing.ruling) == (GONE, fast[name].ruling)
        assert told[name]["at_once"]["order_id"] == f"{name}-fast-e"
        assert told[name]["order"] is None
        lines = " ".join(line.plain.strip() for line in trial_lines(trial, 80))
        assert "Nothing followed from their ruling: what was entered of it at once" in lines
    assert UNKNOWN not in {line.strategy for line in trade_lines(story)}
    assert not any(line.trip.closed_by.endswith("-fast") for line in trade_lines(story))


@pytest.mark.slow
def test_a_share_whose_ruling_had_not_come_when_the_session_ended_is_a_decision_all_the_same(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server, "court.latency_s=86400", days="3")
    open_still = sorted(fast_of(its_run).keys() - ruled_of(its_run).keys())
    story = read_story(its_run, journal_key())
    dropped = {gone.decision_id for record in records(events(its_run)) for gone in record.dropped}
    last = next(name for name in open_still if name not in dropped)
    assert trial_in(its_run, journal_key(), story, last).unruled == "the session ended before they had ruled"


@pytest.mark.slow
def test_a_breaker_that_trips_meanwhile_lets_nothing_be_added_and_leaves_what_was_entered_with_its_stop(
    tmp_path: Path,
) -> None:
    with ModelServer() as server:
        falls = ("court.latency_s=28800", "strategies=[{strategy: trend_ensemble}]")
        its_run = two_tiers(tmp_path / "run", server, *falls, days="3")
    fast, ruled, orders = fast_of(its_run), ruled_of(its_run), orders_of(its_run)
    refused = [name for name in fast if name in ruled and ruled[name].verdict.decided_by == "breaker"]
    assert refused
    for name in refused:
        assert name not in orders
        assert [each.purpose for each in orders[f"{name}-fast"]] == [Purpose.ENTRY, Purpose.STOP_LOSS]
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
def test_a_position_that_models_let_stand_is_reviewed_on_their_thesis(tmp_path: Path) -> None:
    with ModelServer(prefer=LITTLE) as server:
        its_run = two_tiers(tmp_path / "run", server, "court.fast_share=0.99", "court.review_every=12", days="6")
    fast, ruled = fast_of(its_run), ruled_of(its_run)
    theses = [
        review.case.review.thesis
        for record in records(events(its_run))
        for review in record.reviews
        if review.case.review is not None
    ]
    assert theses
    assert {thesis.decision_id for thesis in theses} & fast.keys()
    assert all(thesis.why == ruled[thesis.decision_id].ruling.why for thesis in theses)
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.long
def test_of_what_was_never_bought_the_ruling_is_on_the_whole(tmp_path: Path) -> None:
    """The entry may pay hardly more than the last close, so many of them buy nothing."""
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server, "limits.entry_price_cap_bps=1.5", days="20")
    fast, ruled = fast_of(its_run), ruled_of(its_run)
    bought = {fill.decision_id for word in said(events(its_run), VenueWord) for fill in word.report.fills}
    never = [name for name in fast if f"{name}-fast" not in bought and name in ruled]
    signed = [ruled[name].verdict for name in never if ruled[name].verdict.order is not None]
    assert signed
    assert all(verdict.held == 0.0 for verdict in signed)
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.long
@pytest.mark.parametrize("says", [SOUND, REJECTS], ids=["more", "nothing"])
def test_an_entry_that_is_under_way_when_the_ruling_is_there_is_not_added_to_and_is_withdrawn_if_it_is_rejected(
    says: dict[str, object], tmp_path: Path
) -> None:
    """It is bought in slices, one a bar."""
    slices = ("venue.entry={how: touch, slice_quote: 6, market_after_s: 0}", "limits.unproven_fraction=null")
    with ModelServer(prefer=says) as server:
        its_run = two_tiers(tmp_path / "run", server, *slices, days="12")
    fast, ruled, orders = fast_of(its_run), ruled_of(its_run), orders_of(its_run)
    sent = {
        name: [each.created_utc for each in orders[f"{name}-fast"] if each.purpose is Purpose.ENTRY] for name in fast
    }
    there = {name: ruled[name].verdict.as_of_utc for name in fast if name in ruled}
    begun = [name for name in there if len(sent[name]) > 1 or says is REJECTS]
    assert begun
    for name in begun:
        assert ruled[name].verdict.outcome is Outcome.REFUSED
        assert not any(each.purpose is Purpose.ENTRY for each in orders.get(name, ()))
        if says is REJECTS:
            assert all(at <= there[name] for at in sent[name])
    held = {each.symbol for each in records(events(its_run))[-1].portfolio.positions}
    assert says is SOUND or not held
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
def test_below_its_conviction_and_where_the_rules_mind_rejects_nothing_is_entered_at_once(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server, "minds.fast_path_conviction=0.99")
        assert not fast_of(its_run)
        its_run = two_tiers(tmp_path / "rejects", server, "court.advocate_reject=0.0", "court.without_record=veto")
        assert not fast_of(its_run)


@pytest.mark.long
def test_a_run_that_is_killed_between_entry_and_ruling_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server, days="3")
        chosen = arguments(server, None, *TWO_TIERS, days="3")
        found = events(its_run)
        first = next(n for n, each in enumerate(found) if isinstance(each.event, RulingReserved))
        there = next(n for n, each in enumerate(found) if isinstance(each.event, RulingArrived))
        assert any(isinstance(each.event, SentOrder) for each in found[first:there])
        for kept in (first + 1, first + 2, first + 3, there, there + 1, there + 5):
            paid = len(server.log)
            killed = cut(its_run, tmp_path / f"killed-{kept}", kept)
            assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
            assert len(server.log) - paid == len(attempts(found)) - len(attempts(found[:kept]))
            same = (SentOrder, VenueWord, RulingArrived, CycleRecord)
            told = [[e.payload for e in events(where) if isinstance(e.event, same)] for where in (its_run, killed)]
            assert told[0] == told[1]
            assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
def test_summary_and_trial_tell_of_both_entries_as_one_decision(tmp_path: Path) -> None:
    with ModelServer() as server:
        its_run = two_tiers(tmp_path / "run", server)
    fast, ruled = fast_of(its_run), ruled_of(its_run)
    story = read_story(its_run, journal_key())
    assert summarise(story).entered_at_once == len(fast)
    name = next(name for name in fast if name in ruled and ruled[name].verdict.order is not None)
    trial = trial_in(its_run, journal_key(), story, name)
    assert trial.fast == fast[name]
    entries = [each for each in trial.fills if each.purpose == "entry"]
    assert [each.order_id for each in entries] == [f"{name}-fast-e", f"{name}-e"]
    signed = (fast[name].verdict.order, ruled[name].verdict.order)
    assert sum(each.quantity for each in entries) == sum((one.quantity for one in signed if one), Decimal(0))
    lines = " ".join(line.plain.strip() for line in trial_lines(trial, 80))
    assert f"AT ONCE  the rules mind let {fast[name].ruling.scale:.0%} of the size be entered at" in lines
    assert not any(each.decision_id.endswith("-fast") for each in story.trades)
