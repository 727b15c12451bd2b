"""What Prometheus is told of a session: all of the catalogue, what the events say, and within the bounds of its labels."""

import os
import shutil
import subprocess
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY, MODELS, RUNS
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from run_support import events, said
from starlette.testclient import TestClient
from window_support import TurnedClock, client_on

from agents.llm.attempt import Attempt
from agents.records.folder import journal_of
from agents.records.record import CycleRecord, SessionEnd
from config.secrets import journal_key
from config.silence import Abstained
from execution.account.agreement import AccountDrift
from execution.reports import SentOrder, VenueWord
from ops.live.auth.access import Access
from ops.live.auth.operator import Operator
from ops.live.following.window import Window
from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.exporting import registry_of, rendered
from ops.live.metrics.metric import Label
from ops.live.metrics.of_process import OF_PROCESS
from ops.live.metrics.page import page
from ops.live.state.measured import MOST_NAMES, OTHER, Names, Spread
from ops.live.web.app import application
from ops.live.web.source import Source

ROOT = Path(__file__).resolve().parents[4]
PROMTOOL = shutil.which("promtool")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@cache
def window_of(run: Path) -> Window:
    window = Window(run.name)
    for recorded in events(run):
        window.take(recorded.event, recorded.seq)
    window.caught_up()
    return window


@cache
def text_of(run: Path) -> str:
    return rendered(registry_of(window_of(run))).body.decode()


def told(run: Path, name: str, **labels: str) -> float:
    """The sum of all samples of a name that have these labels."""
    found = [
        sample.value
        for family in text_string_to_metric_families(text_of(run))
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert found, f"{name} {labels} is not told"
    return sum(found)


@pytest.mark.slow
def test_every_metric_of_the_catalogue_is_told_of_some_session_and_no_other_one() -> None:
    families = {
        family.name for run in RUNS for family in text_string_to_metric_families(text_of(run)) if family.samples
    }
    ours = {name for name in families if not name.startswith("process_")}
    of_events = [metric for metric in CATALOGUE if metric not in OF_PROCESS]
    assert ours == {metric.full_name.removesuffix("_total") for metric in of_events}
    assert {"process_open_fds", "process_resident_memory_bytes"} <= families


def test_a_name_stands_once_in_the_catalogue_and_only_what_rises_is_a_total() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    assert {metric.name for metric in CATALOGUE if metric.kind == "counter"} == {
        name for name in names if name.endswith("_total")
    }


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_no_value_of_a_kept_session_lies_outside_a_closed_set(run: Path) -> None:
    closed = {
        (metric.full_name.removesuffix("_total"), label.name): label.values
        for metric in CATALOGUE
        for label in metric.labels
        if label.values
    }
    for family in text_string_to_metric_families(text_of(run)):
        for sample in family.samples:
            for name, value in sample.labels.items():
                assert value in closed.get((family.name, name), (value,)), (sample.name, name)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_the_account_is_that_of_the_end(run: Path) -> None:
    (end,) = said(events(run), SessionEnd)
    assert told(run, "tribunal_equity_quote") == float(end.portfolio.equity)
    assert told(run, "tribunal_fees_quote") == pytest.approx(float(end.fees), abs=1e-9)
    assert told(run, "tribunal_bars_total") == end.bars
    assert told(run, "tribunal_session_phase", phase=end.reason) == 1.0


@pytest.mark.long
def test_votes_rulings_and_verdicts_are_those_of_the_records() -> None:
    for run in RUNS:
        records = said(events(run), CycleRecord)
        heard = [hearing for record in records for hearing in record.hearings]
        gate = [*heard, *(hearing for record in records for hearing in record.fast)]
        for ruling in ("approved", "shrunk", "rejected"):
            assert told(run, "tribunal_decisions_total", ruling=ruling) == sum(
                hearing.ruling.outcome == ruling for hearing in heard
            )
        for verdict in ("signed", "refused"):
            assert told(run, "tribunal_gate_verdicts_total", verdict=verdict) == sum(
                hearing.verdict.outcome == verdict for hearing in gate
            )
        for vote in {vote for record in records for vote in record.votes}:
            assert told(run, "tribunal_votes_total", voter=vote.voter, direction=vote.direction) == sum(
                (other.voter, other.direction) == (vote.voter, vote.direction)
                for record in records
                for other in record.votes
            )
        cuts = Counter(report.code for case in gate for report in case.verdict.rules if report.reaction != "pass")
        for rule, times in cuts.items():
            assert told(run, "tribunal_gate_cuts_total", rule=rule) == times


def test_requests_to_models_their_time_and_their_cost_are_those_of_the_transcripts() -> None:
    attempts = said(events(MODELS), Attempt)
    sent = [attempt for attempt in attempts if attempt.outcome.was_sent]
    assert 0 < len(sent) < len(attempts)
    assert told(MODELS, "tribunal_llm_requests_total") == len(attempts)
    assert told(MODELS, "tribunal_llm_requests_total", outcome="overloaded") == sum(
        attempt.outcome == "overloaded" for attempt in attempts
    )
    assert told(MODELS, "tribunal_llm_latency_seconds_count") == len(sent)
    assert told(MODELS, "tribunal_llm_latency_seconds_sum") == pytest.approx(
        sum(attempt.latency_ms for attempt in sent) / 1000
    )
    cost = sum((attempt.cost_usd for attempt in attempts), Decimal(0))
    assert cost > 0
    assert told(MODELS, "tribunal_llm_cost_usd_total") == pytest.approx(float(cost))
    tokens = sum(attempt.usage.input_tokens + attempt.usage.output_tokens for attempt in sent if attempt.usage)
    assert told(MODELS, "tribunal_llm_tokens_total") == tokens > 0


@pytest.mark.slow
def test_what_a_role_states_and_where_it_is_silent_adds_up_to_all_cases() -> None:
    for run in RUNS:
        records = said(events(run), CycleRecord)
        cases = [case for record in records for case in (*record.hearings, *record.reviews)]
        silent = sum(isinstance(case.analyst, Abstained) for case in cases)
        assert told(run, "tribunal_abstentions_total", role="analyst") == silent
        if len(cases) > silent:
            assert told(run, "tribunal_stated_ratio_count", speaker="analyst") == len(cases) - silent


@pytest.mark.slow
def test_orders_are_counted_when_sent_and_timed_to_the_first_word_of_the_venue() -> None:
    for run in RUNS:
        found = events(run)
        sent = {order.order_id: order for order in said(found, SentOrder)}
        if not sent:
            continue
        assert told(run, "tribunal_orders_sent_total") == len(sent)
        waits: dict[str, float] = {}
        for word in said(found, VenueWord):
            for state in word.report.states:
                if state.order_id in sent and state.status not in ("intent", "unknown"):
                    wait = (state.at_utc - sent[state.order_id].created_utc).total_seconds()
                    waits.setdefault(state.order_id, max(0.0, wait))
        assert told(run, "tribunal_order_acknowledgement_seconds_count") == len(waits)
        assert told(run, "tribunal_order_acknowledgement_seconds_sum") == pytest.approx(sum(waits.values()))


def test_a_difference_of_the_account_is_open_until_it_ends() -> None:
    run = JOURNALS / "live-0.6.0"
    found = events(run)
    open_now, window = set[tuple[str, str]](), Window(run.name)
    seen = set[int]()
    for recorded in found:
        window.take(recorded.event, recorded.seq)
        if isinstance(recorded.event, AccountDrift):
            what = recorded.event.account, recorded.event.what
            open_now = open_now | {what} if recorded.event.status == "begins" else open_now - {what}
        with window.fold() as fold:
            assert fold is not None
            assert len(fold.measured.drifts) == len(open_now)
            seen.add(len(fold.measured.drifts))
    assert max(seen) >= 1
    assert told(run, "tribunal_account_differences") == len(open_now)
    begun = sum(drift.status == "begins" for drift in said(found, AccountDrift))
    assert told(run, "tribunal_alerts_total", code="account_drift", severity="critical") == begun
    assert told(run, "tribunal_markets_close_only") == 0
    assert told(run, "tribunal_ramp_ratio") > 0


def test_a_window_without_a_session_tells_only_of_its_process() -> None:
    body = rendered(registry_of(Window("none"))).body.decode()
    assert "tribunal_" not in body
    assert "process_open_fds" in body


def test_a_scraper_may_ask_for_open_metrics() -> None:
    plain = rendered(registry_of(window_of(MODELS)))
    assert plain.content_type.startswith("text/plain")
    told_open = rendered(registry_of(window_of(MODELS)), "application/openmetrics-text; version=1.0.0")
    assert told_open.content_type.startswith("application/openmetrics-text")
    assert told_open.body.endswith(b"# EOF\n")


def test_metrics_is_answered_with_the_same_text_to_whoever_may_look() -> None:
    answer = client_on(MODELS).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    ours = [line for line in answer.text.splitlines() if line.startswith("tribunal_")]
    assert ours == [line for line in text_of(MODELS).splitlines() if line.startswith("tribunal_")]


def test_a_scraper_without_a_token_is_turned_away_where_guests_are() -> None:
    operator, token = Operator().with_token("prometheus", "read")
    window, clock = window_of(MODELS), TurnedClock()
    access = Access(operator, clock, guests_read=False)
    source = Source(window, journal_of(MODELS), journal_key())
    with TestClient(application(source, access, clock, hosts=("testserver",))) as client:
        assert client.get("/metrics").status_code == 401
        wrong = client.get("/metrics", headers={"authorization": "Bearer trib_wrong"})
        assert wrong.status_code == 401
        right = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
        assert right.status_code == 200
        assert "tribunal_equity_quote" in right.text


def test_two_windows_have_registries_of_their_own() -> None:
    one, two = (registry_of(window_of(run)) for run in (MODELS, JOURNALS / "rules-0.7.0"))
    assert isinstance(one, CollectorRegistry)
    assert b'run="models-0.1.0"' in rendered(one).body
    assert b'run="models-0.1.0"' not in rendered(two).body


def test_a_name_too_many_is_counted_under_other() -> None:
    names = Names()
    kept = [names.of(f"voter {n}") for n in range(MOST_NAMES + 2)]
    assert kept[-2:] == [OTHER, OTHER]
    assert OTHER not in kept[:-2]
    assert names.of("voter 0") == "voter 0"
    assert Label("phase", "", ("running",)).bounded("asleep") == OTHER


def test_a_spread_counts_a_value_at_its_bound_as_below_it() -> None:
    spread = Spread((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 3.0):
        spread.add(value)
    assert spread.below() == (2, 3, 4)
    assert (spread.count, spread.total) == (4, 6.0)


def test_the_page_of_metrics_is_that_of_the_catalogue() -> None:
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == page()


@pytest.mark.slow
@pytest.mark.skipif(
    PROMTOOL is None and os.environ.get("CI") != "true", reason="promtool is not installed (apt-get install prometheus)"
)
def test_promtool_has_nothing_to_say() -> None:
    for run in RUNS:
        done = subprocess.run(
            [PROMTOOL or "promtool", "check", "metrics"],
            input=text_of(run),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
