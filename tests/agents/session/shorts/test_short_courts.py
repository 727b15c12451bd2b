"""Sessions of perpetuals before a court of models: short sales entered at once, asked about ahead, reviewed, remembered."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from broken_off import killed
from model_replies import SOUND, Filler, asked, body
from model_server import ModelServer, Raw, Seen
from run_support import events, said
from session_models import KEYS, attempts, records

from agents.court.hearing import Hearing, Review
from agents.records.record import AskedAhead, Session
from agents.replay import main as replay
from agents.run import main
from execution.reports import SentOrder
from risk.order import Purpose, Side

PROFILE = """
extends: backtest
world: simulated
strategies:
  - {strategy: golden_cross, sides: both}
  - {strategy: rsi_bounce, sides: both}
market:
  perpetuals: {leverage: 1, trigger: mark}
  instruments:
"""
CONTRACT = """
    {name}:
      perpetual: {{tiers: [{{up_to: null, max_leverage: 20, maintenance_rate: "0.01"}}]}}
"""
MARKETS = ("default", "BTC/USDT", "ETH/USDT", "SOL/USDT")
SETTINGS = (
    "limits.max_funding_share=null",
    "court.mind=models",
    "minds.chain=[anthropic]",
    "minds.budget.day_usd=500",
    "minds.budget.month_usd=5000",
    "minds.budget.decision_usd=50",
    "court.latency_s=600",
    "court.fast_share=0.25",
    "minds.fast_path_conviction=0.0",
    "court.review_every=12",
    "court.review_watched=true",
    "minds.watchlist=['*']",
    "minds.warm_budget_usd=50",
    "minds.warm_within=0.1",
    "court.net_threshold=0.55",
    "journal.group_commit=1",
)
OF_SHORTS = "This is a review of a short position that is held, sold short earlier"


def answered(seen: Seen) -> Raw:
    """A court that is for each trade, and shrinks what it reviews to one half."""
    _, schema, prompt = asked(seen.path, seen.request)
    values = SOUND | {"direction": "short" if "sell short" in prompt else "long"}
    if "This is a review of a" in prompt:
        values |= {"scale_pct": 50}
    return Raw(
        200,
        json.dumps(
            body(seen.path, json.dumps(Filler(schema, prompt, values).answer()), "end", seen.prompt_bytes)
        ).encode(),
    )


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run; the server of its models lives as long as the module, so that the run can be resumed."""
    folder = tmp_path_factory.mktemp("courts")
    profile = folder / "both.yaml"
    profile.write_text(PROFILE + "".join(CONTRACT.format(name=name) for name in MARKETS))
    with pytest.MonkeyPatch.context() as patch, ModelServer(default=answered) as server:
        patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
        for name, value in KEYS.items():
            patch.setenv(name, value)
        command = [
            "--profile",
            str(profile),
            "--out",
            str(folder / "run"),
            "--quiet",
            "--days",
            "12",
            "--scenario",
            "chop",
        ]
        assert main([*command, "--set", f"minds.providers.anthropic.base_url={server.url}", *SETTINGS]) == 0
        yield folder


@pytest.fixture
def its_run(heard: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(heard / "state"))
    return heard / "run"


def fast_shorts(folder: Path) -> list[Hearing]:
    found = (each for record in records(events(folder)) for each in record.fast)
    return [each for each in found if each.case.proposal.is_short and each.verdict.order is not None]


def short_reviews(folder: Path) -> list[Review]:
    found = (each for record in records(events(folder)) for each in record.reviews)
    return [each for each in found if each.case.review is not None and each.case.review.short]


@pytest.mark.slow
def test_a_share_of_a_short_sale_is_entered_at_once_and_their_ruling_settles_the_rest(its_run: Path) -> None:
    found = events(its_run)
    fast = fast_shorts(its_run)
    assert fast
    orders = {order.order_id: order for order in said(found, SentOrder) if order.purpose is Purpose.ENTRY}
    for hearing in fast:
        (order,) = (each for each in orders.values() if each.decision_id == hearing.case.decision_id)
        assert (order.side, order.created_utc) == (Side.SELL, hearing.case.as_of_utc)
        assert hearing.ruling.scale <= 0.25
    added = {hearing.case.decision_id.removesuffix("-fast") for hearing in fast} & {
        order.decision_id for order in orders.values()
    }
    assert added, "what the models let stand beyond the share was sold too"
    assert all(order.side is Side.SELL for order in orders.values() if order.decision_id in added)


@pytest.mark.slow
def test_a_held_short_is_reviewed_as_a_short_and_bought_back_in_part(its_run: Path) -> None:
    reviews = short_reviews(its_run)
    bought_back = [each for each in reviews if each.sold]
    assert bought_back
    orders = {order.decision_id: order for order in said(events(its_run), SentOrder)}
    for review in bought_back:
        order = orders[review.case.decision_id]
        assert (order.side, order.reduce_only) == (Side.BUY, True)
    for review in reviews:
        view = review.case.review
        assert view is not None
        assert view.to_stop is None or view.to_stop > 0
    questions = [made.user for made in attempts(events(its_run)) if OF_SHORTS in made.user]
    assert questions
    assert not any("bought earlier" in question for question in questions)


def test_a_held_short_is_shown_with_its_own_profit(its_run: Path) -> None:
    found = records(events(its_run))
    at = {record.as_of_utc: record for record in found}
    cases = [heard.case for record in found for heard in (*record.hearings, *record.reviews)]
    shown = [(at[case.as_of_utc], held) for case in cases for held in case.book.positions]
    assert {held.short for _, held in shown} == {True, False}
    for record, held in shown:
        position = record.portfolio.position(held.symbol)
        assert position is not None
        sign = -1 if position.is_short else 1
        assert held.short == position.is_short
        assert held.equity_fraction > 0
        assert held.profit_fraction == pytest.approx(sign * float(position.mark_price / position.entry_price - 1))
        assert held.stop_fraction is None or held.stop_fraction > 0


def test_outlooks_are_asked_of_short_sales_that_may_soon_be_proposed(its_run: Path) -> None:
    found = events(its_run)
    assert any(each.asked for each in said(found, AskedAhead))
    ahead = [made for made in attempts(found) if "No short sale is proposed yet" in made.user]
    assert ahead
    assert all("sell short" in made.user for made in ahead)


def test_near_cases_of_a_short_sale_are_short_sales(its_run: Path) -> None:
    heard = [
        hearing.case for record in records(events(its_run)) for hearing in record.hearings if hearing.case.precedents
    ]
    assert {case.proposal.is_short for case in heard} == {True, False}
    assert all(("short sales" in case.precedents) == case.proposal.is_short for case in heard)


@pytest.mark.slow
def test_it_replays_to_the_byte(its_run: Path) -> None:
    assert replay([str(its_run), "--quiet"]) == 0


@pytest.mark.long
def test_killed_at_a_share_of_a_short_sale_it_goes_on_and_sells_nothing_twice(its_run: Path, tmp_path: Path) -> None:
    found = events(its_run)
    fast = {each.case.decision_id for each in fast_shorts(its_run)}
    sent = next(
        place
        for place, each in enumerate(found)
        if isinstance(each.event, SentOrder) and each.event.decision_id in fast
    )
    broken = killed(its_run, tmp_path / "broken", sent + 1)
    assert main(["--quiet", "--resume", str(broken)]) == 0
    orders = [(order.order_id, order.side, order.quantity) for order in said(events(broken), SentOrder)]
    assert orders == [(order.order_id, order.side, order.quantity) for order in said(found, SentOrder)]
    assert len(set(orders)) == len(orders)
    assert replay([str(broken), "--quiet"]) == 0


@pytest.mark.slow
def test_a_session_that_knows_purchases_alone_enters_and_asks_of_purchases_alone(
    heard: Path, its_run: Path, tmp_path: Path
) -> None:
    (session,) = said(events(its_run), Session)
    assert session.settings.court.sides == "both"
    with ModelServer(default=answered) as server:
        command = ["--profile", str(heard / "both.yaml"), "--out", str(tmp_path / "run"), "--quiet", "--days", "6"]
        own = (f"minds.providers.anthropic.base_url={server.url}", *SETTINGS, "court.sides=long")
        assert main([*command, "--scenario", "chop", "--set", *own]) == 0
    found = events(tmp_path / "run")
    assert fast_shorts(tmp_path / "run") == []
    heard_shorts = [each for record in records(found) for each in record.hearings if each.case.proposal.is_short]
    assert heard_shorts
    assert all("short sales" not in each.case.precedents for each in heard_shorts)
    assert not any("No short sale is proposed yet" in made.user for made in attempts(found))
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
