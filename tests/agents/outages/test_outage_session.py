"""A session whose models fall silent and come back: alerts, the written schedule, no burst of trades, the same bytes again."""

import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from gate_support import PLAIN_PAIRS
from model_server import ModelServer, Turn
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, cut, records

from agents.llm.attempt import ROLES, Attempt
from agents.outages.alert import Alert
from agents.records.registry import Recorded
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.reports import SentOrder
from ops.report.page import render_report
from ops.story.story import read_story
from ops.story.summary import summarise
from ops.tables.run import print_tables
from risk.order import Order, Purpose
from risk.verdict import Outcome

SETTINGS = (
    *PLAIN_PAIRS,
    "minds.derisk=[{after_h: 2, keep_fraction: 0.5}, {after_h: 5, keep_fraction: 0}]",
    "minds.breaker_failures=100",
    "minds.requests_a_provider=1",
    "minds.budget.warn_at=0.0005",
    "minds.budget.decision_usd=1",
    "minds.budget.day_usd=1000",
    "minds.budget.month_usd=1000",
)
TURNS = [Turn.OK] * 12 + [Turn.OVERLOADED] * 8
"""Three decisions are answered, two are not, and all after them are."""
TOLD = ["budget_near", "outage_began", "outage_derisked", "outage_derisked", "outage_ended"]


def session(server: ModelServer, *more: str) -> list[str]:
    return arguments(server, None, *SETTINGS, *more, days="3")


class Down(NamedTuple):
    """A folder with the run in it and its key beside it, and the server that it asked."""

    folder: Path
    server: ModelServer


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Down]:
    """A run through an outage and out of it."""
    folder = tmp_path_factory.mktemp("down")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    for name, value in KEYS.items():
        patch.setenv(name, value)
    with ModelServer(TURNS) as server:
        assert run(folder / "run", *session(server)) == 0
        patch.undo()
        yield Down(folder, server)


@pytest.fixture
def its_run(down: Down, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(down.folder / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return down.folder / "run"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def alerts(run_folder: Path) -> list[Alert]:
    return said(events(run_folder), Alert)


def sent(run_folder: Path) -> list[Order]:
    return said(events(run_folder), SentOrder)


def held(run_folder: Path) -> dict[str, dict[str, float]]:
    """Quantities by bar close and symbol."""
    return {
        f"{record.as_of_utc:%dT%H}": {each.symbol: float(each.quantity) for each in record.portfolio.positions}
        for record in records(events(run_folder))
    }


@pytest.mark.slow
def test_the_alerts_tell_the_spell_from_its_beginning_to_its_end(its_run: Path) -> None:
    found = alerts(its_run)
    assert [alert.code for alert in found] == TOLD
    _, began, first, second, ended = found
    assert [(each.at_utc - began.at_utc).total_seconds() / 3600 for each in (first, second)] == [2, 5]
    assert ended.at_utc > second.at_utc
    assert "(anthropic overloaded)" in began.text
    assert "50% after 2 h, 0% after 5 h" in began.text
    assert "above that: ETH/USDT." in first.text


@pytest.mark.slow
def test_the_book_follows_the_schedule_with_signed_exits_and_what_is_left_has_its_stop(its_run: Path) -> None:
    book = held(its_run)
    half, rest = (order for order in sent(its_run) if order.purpose is Purpose.OUTAGE_EXIT)
    assert half.reduce_only
    assert rest.reduce_only
    assert float(half.quantity) == pytest.approx(book["02T13"]["ETH/USDT"] / 2, rel=0.01)
    assert float(rest.quantity) == book["02T16"]["ETH/USDT"]
    assert book["02T17"] == {}
    for record in records(events(its_run)):
        assert all(position.stop_price is not None for position in record.portfolio.positions)


def test_after_recovery_nothing_is_bought_but_what_was_newly_proposed_tried_and_signed(its_run: Path) -> None:
    ended = alerts(its_run)[-1].at_utc
    after = [record for record in records(events(its_run)) if record.as_of_utc >= ended]
    signed = {
        hearing.case.decision_id: hearing
        for record in after
        for hearing in record.hearings
        if hearing.verdict.outcome is Outcome.SIGNED
    }
    bought = [order for order in sent(its_run) if order.purpose is Purpose.ENTRY and order.created_utc >= ended]
    assert sorted(order.decision_id for order in bought) == sorted(signed)
    for order in bought:
        case = signed[order.decision_id].case
        assert (case.as_of_utc, case.symbol) == (order.created_utc, order.symbol)
        assert case.proposal.votes, "somebody proposes it now"
    at_recovery = [order for order in bought if order.created_utc == ended]
    assert len(at_recovery) <= len(after[0].hearings) == 1


@pytest.mark.slow
def test_it_replays_to_the_byte_and_tells_nobody_anew(its_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(its_run), "--quiet"]) == 0
    captured = capsys.readouterr()
    assert "identical" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize(("number", "before"), [(1, 1), pytest.param(2, 0, marks=pytest.mark.slow)])
def test_a_run_that_was_killed_at_an_alert_goes_on_to_the_same_journal_and_tells_only_what_is_new(
    down: Down, its_run: Path, tmp_path: Path, number: int, before: int, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = events(its_run)
    kept = [event for event in whole if isinstance(event.event, Alert)][number].seq - before
    killed = cut(its_run, tmp_path / "killed", kept)
    down.server.turns = deque(TURNS[len(attempts(whole[:kept])) :])
    assert main(["--profile", "paper", "--quiet", *session(down.server), "--resume", str(killed)]) == 0
    assert [_told(event) for event in events(killed)] == [_told(event) for event in whole]
    lines = capsys.readouterr().err.splitlines()
    told = [line for line in lines if line.split(" ")[0] in ("INFO", "WARNING", "CRITICAL")]
    assert len(told) == len(TOLD) - number - 1 + before
    assert replay([str(killed), "--quiet"]) == 0


def test_tables_summary_and_report_tell_the_alerts_and_the_spell_by_role(its_run: Path) -> None:
    story = read_story(its_run, journal_key())
    summary, out = summarise(story), io.StringIO()
    assert summary.alerts == {code: TOLD.count(code) for code in sorted(set(TOLD))}
    assert summary.models is not None
    assert {spell.who for spell in summary.models.unheard} == set(ROLES)
    print_tables(story, summary, out)
    shown = " ".join(out.getvalue().replace("│", " ").split())
    page = render_report(story, summary)
    for text in (shown, page):
        assert "outage began" in text
        assert "no model gave an opinion (outage 8); the rules mind spoke in every role (8 words)" in text
    assert "Alerts: budget near its end 1x, outage began 1x, de-risked 2x and outage ended 1x." in shown
    assert "5 h of outage: the schedule leaves 0% of each position." in page


@pytest.mark.slow
def test_where_nobody_may_stand_in_the_schedule_is_kept_and_nothing_is_bought_until_models_are_back(
    tmp_path: Path, keys: None
) -> None:
    turns = [Turn.OK] * 12 + [Turn.OVERLOADED] * 4
    with ModelServer(turns) as server:
        assert run(tmp_path / "run", *session(server, "minds.outage=abstain")) == 0
    at = {alert.code: alert.at_utc for alert in alerts(tmp_path / "run")}
    began, ended = at["outage_began"], at["outage_ended"]
    in_the_spell = [order for order in sent(tmp_path / "run") if began <= order.created_utc < ended]
    assert {order.purpose for order in in_the_spell} >= {Purpose.OUTAGE_EXIT}
    assert Purpose.ENTRY not in {order.purpose for order in in_the_spell}
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_without_a_schedule_the_book_is_held_through_the_same_outage(tmp_path: Path, keys: None) -> None:
    with ModelServer(TURNS) as server:
        assert run(tmp_path / "run", *session(server, "minds.derisk=[]")) == 0
    assert [alert.code for alert in alerts(tmp_path / "run")] == ["budget_near", "outage_began", "outage_ended"]
    assert held(tmp_path / "run")["02T17"].keys() == {"ETH/USDT"}


def _told(event: Recorded) -> object:
    """An event without what a second asking cannot repeat: how long an answer took, and what was spent before it."""
    if not isinstance(event.event, Attempt):
        return event.event
    (made,) = attempts([event])
    return made.decision_id, made.role, made.number, made.outcome, made.reply
