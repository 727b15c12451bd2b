"""Whole sessions in which the court reviews what is held: what it sells, what is journaled, and replay and resume."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from model_replies import SOUND, Filler, asked, body
from model_server import ModelServer, Raw, Seen
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, cut, records

from agents.court.hearing import Review
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.reports import SentOrder, VenueWord
from ops.story.story import read_story
from ops.story.summary import summarise

HELD = "This is a review of a position that is held"
CHOSEN = ("--days", "30", "--seed", "11", "--set")
EVERY = "court.review_every=24"


def reviews_of(folder: Path) -> list[Review]:
    return [review for record in records(events(folder)) for review in record.reviews]


def own_voters(out: Path, *settings: str) -> int:
    """Run with the default voters, who hold by shares."""
    return main(["--profile", "paper", "--out", str(out), "--quiet", *CHOSEN, *settings])


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviewed")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    assert own_voters(folder / "run", EVERY) == 0
    patch.undo()
    return folder


@pytest.fixture
def its_run(reviewed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(reviewed / "state"))
    return reviewed / "run"


@pytest.mark.slow
def test_what_is_held_is_reviewed_with_the_thesis_in_front_of_it_and_replays(its_run: Path) -> None:
    found = reviews_of(its_run)
    opened = {h.case.decision_id: h for record in records(events(its_run)) for h in record.hearings}
    assert {review.case.review.cause for review in found if review.case.review} == {"schedule", "trimmed"}
    for review in found:
        view = review.case.review
        assert view is not None
        before = opened[view.thesis.decision_id]
        assert view.thesis.why == before.ruling.why
        assert view.thesis.ruled == before.ruling.scale
        assert view.thesis.opened_utc < review.case.as_of_utc
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.slow
def test_a_review_sells_down_to_its_part_of_what_was_bought_and_never_buys(its_run: Path) -> None:
    found = {review.case.decision_id: review for review in reviews_of(its_run)}
    orders = [order for order in said(events(its_run), SentOrder) if order.decision_id in found]
    assert {order.decision_id for order in orders} == {name for name, review in found.items() if review.sold}
    assert orders
    assert all((order.side, order.reduce_only) == ("sell", True) for order in orders)
    held = {r.as_of_utc: {p.symbol: p.quantity for p in r.portfolio.positions} for r in records(events(its_run))}
    for order in orders:
        review = found[order.decision_id]
        view, before = review.case.review, held[review.case.as_of_utc][order.symbol]
        assert view is not None
        part = Decimal(repr(review.ruling.scale)) / Decimal(repr(view.left))
        lots = Decimal(1).scaleb(int(order.quantity.as_tuple().exponent))
        assert before * part - (before - order.quantity) <= lots * 2


@pytest.mark.long
def test_a_resumed_run_reviews_as_it_did(its_run: Path, tmp_path: Path) -> None:
    found = events(its_run)
    place = next(
        n for n, each in enumerate(found) if isinstance(each.event, SentOrder) and "review" in each.event.order_id
    )
    for kept in (place, place + 1, place + 2):
        killed = cut(its_run, tmp_path / f"killed-{kept}", kept)
        assert main(["--profile", "paper", "--quiet", *CHOSEN, EVERY, "--resume", str(killed)]) == 0
        assert [each.payload for each in events(killed)] == [each.payload for each in found]


@pytest.mark.slow
def test_it_is_told_in_the_summary_on_the_terminal_and_in_the_report(its_run: Path) -> None:
    summary = summarise(read_story(its_run, journal_key()))
    assert summary.court_reviews is not None
    assert summary.court_reviews.reviews == len(reviews_of(its_run))
    assert summary.court_reviews.became["shrunk"] == sum(r.ruling.scale > 0 and r.sold for r in reviews_of(its_run))
    assert json.loads((its_run / "summary.json").read_text())["court_reviews"]["causes"]["schedule"] > 0
    assert "Positions that the court reviewed" in (its_run / "report.html").read_text()


def closing(seen: Seen) -> Raw:
    """A court that approves purchases, and closes what is under review."""
    _, schema, prompt = asked(seen.path, seen.request)
    prefer = SOUND | {"scale_pct": 0, "ruling": "reject"} if HELD in prompt else SOUND
    return Raw(
        200, json.dumps(body(seen.path, json.dumps(Filler(schema, prompt, prefer).answer()), "end", 900)).encode()
    )


@pytest.fixture
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.long
@pytest.mark.usefixtures("_keys")
def test_models_read_the_thesis_and_may_close_and_a_killed_review_goes_on(tmp_path: Path) -> None:
    with ModelServer(default=closing) as server:
        chosen = arguments(server, None, "court.review_every=6", "minds.budget.day_usd=50", days="4")
        assert run(tmp_path / "run", *chosen) == 0
        shown = [str(seen.request) for seen in server.log if HELD in str(seen.request)]
        assert shown
        assert all("opening_analyst" in text and "review.profit=" in text for text in shown)
        found = events(tmp_path / "run")
        reviews = reviews_of(tmp_path / "run")
        assert reviews
        assert any(review.sold and review.ruling.scale == 0.0 for review in reviews)
        closed = {gone.decision_id for record in records(found) for gone in record.exits}
        assert {review.case.decision_id for review in reviews if review.sold} <= closed
        assert replay([str(tmp_path / "run"), "--quiet"]) == 0
        asked_at = [n for n, each in enumerate(found) if each in found and _is_of_review(each.event)]
        for kept in (asked_at[0], asked_at[1], asked_at[3] + 1):
            paid = len(server.log)
            killed = cut(tmp_path / "run", tmp_path / f"killed-{kept}", kept)
            assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
            assert len(server.log) - paid == len(attempts(found)) - len(attempts(found[:kept]))
            same = (SentOrder, VenueWord)
            told = [
                [e.payload for e in events(where) if isinstance(e.event, same)] for where in (tmp_path / "run", killed)
            ]
            assert told[0] == told[1]
            assert replay([str(killed), "--quiet"]) == 0


def _is_of_review(event: object) -> bool:
    return str(getattr(event, "decision_id", "")).endswith("-review") and hasattr(event, "reply")


@pytest.mark.slow
@pytest.mark.usefixtures("_keys")
def test_a_quiet_market_costs_nothing_and_the_summary_says_what_a_bar_costs(tmp_path: Path) -> None:
    """No model is called at a bar at which nothing is proposed, reviewed or asked ahead."""
    with ModelServer() as server:
        assert run(tmp_path / "run", *arguments(server, None, "minds.budget.day_usd=50", days="4")) == 0
        found, calls = events(tmp_path / "run"), len(server.log)
        quiet = arguments(server, None, "limits.min_conviction=0", "court.net_threshold=1", days="4")
        assert run(tmp_path / "quiet", *quiet) == 0
        assert len(server.log) == calls
    made, asked_at = set(), set()
    for each in found:
        if hasattr(each.event, "reply"):
            made.add(each.event.decision_id)
    for record in records(found):
        if made & {h.case.decision_id for h in record.hearings}:
            asked_at.add(record.as_of_utc)
    heard = {record.as_of_utc for record in records(found) if record.hearings}
    assert made
    assert asked_at == heard
    assert len(heard) < len(records(found))
    models = summarise(read_story(tmp_path / "run", journal_key())).models
    assert models is not None
    assert models.per_bar is not None
    bars = len(records(found))
    assert (models.per_bar.bars, models.per_bar.quiet_bars) == (bars, bars - len(heard))
    assert models.per_bar.requests == calls / bars
    assert models.per_bar.cost_usd == round(models.cost_usd / bars, 8)
    told = json.loads((tmp_path / "quiet" / "summary.json").read_text())["models"]
    assert told["per_bar"]["quiet_bars"] == told["per_bar"]["bars"] == bars
    assert told["per_bar"]["requests"] == 0
