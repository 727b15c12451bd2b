"""Sessions whose court of models needs time: when a ruling is there, what the gate reads then, and what is dropped."""

from datetime import timedelta
from pathlib import Path

import pytest
from model_server import ModelServer
from run_support import events, run, said
from session_models import KEYS, arguments, attempts, cut, records

from agents.records.record import CycleRecord, RulingArrived, RulingReserved
from agents.replay import main as replay
from agents.run import main
from execution.reports import SentOrder, VenueWord
from risk.order import Purpose

HOUR = timedelta(hours=1)
ENOUGH = "minds.budget.day_usd=50"


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.parametrize(("latency_s", "closes"), [(20, 1), (3600, 1), (3601, 2)])
def test_a_ruling_is_used_at_the_first_close_at_or_after_its_time_and_the_gate_judges_anew(
    latency_s: int, closes: int, tmp_path: Path
) -> None:
    with ModelServer() as server:
        chosen = arguments(server, None, ENOUGH, f"court.latency_s={latency_s}", days="4")
        assert run(tmp_path / "run", *chosen) == 0
    found = events(tmp_path / "run")
    reserved, arrived = said(found, RulingReserved), said(found, RulingArrived)
    assert [each.heard_utc for each in arrived] == [each.as_of_utc for each in reserved][: len(arrived)]
    assert arrived
    assert all(each.at_utc - each.heard_utc == closes * HOUR for each in arrived)
    close = {r.as_of_utc: {symbol: bar.close for symbol, bar in r.tape.bars.items()} for r in records(found)}
    signed = 0
    for record in records(found):
        for heard in record.hearings:
            assert record.as_of_utc - heard.case.as_of_utc == closes * HOUR
            assert heard.verdict.as_of_utc == record.as_of_utc
            signed += heard.verdict.order is not None
    assert signed
    for order in said(found, SentOrder):
        if order.purpose is Purpose.ENTRY:
            heard = next(h for r in records(found) for h in r.hearings if h.case.decision_id == order.decision_id)
            assert order.created_utc == heard.case.as_of_utc + closes * HOUR
            assert heard.verdict.notional <= float(order.quantity) * close[order.created_utc][order.symbol] * 1.0001
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_the_rules_mind_needs_no_time(tmp_path: Path) -> None:
    assert run(tmp_path / "plain", "--days", "4") == 0
    assert run(tmp_path / "late", "--days", "4", "--set", "court.latency_s=600") == 0
    told = [
        [e.payload for e in events(tmp_path / name) if isinstance(e.event, CycleRecord)] for name in ("plain", "late")
    ]
    assert told[0] == told[1]


@pytest.mark.long
def test_a_run_that_is_killed_while_a_ruling_is_reserved_asks_again_or_uses_its_answers(tmp_path: Path) -> None:
    with ModelServer() as server:
        chosen = arguments(server, None, ENOUGH, "court.latency_s=30", days="3")
        assert run(tmp_path / "run", *chosen) == 0
        found = events(tmp_path / "run")
        begun = next(n for n, each in enumerate(found) if isinstance(each.event, RulingReserved))
        there = next(n for n, each in enumerate(found) if isinstance(each.event, RulingArrived))
        for kept in (begun, begun + 1, there, there + 1, there + 2, there + 3, there + 5):
            paid = len(server.log)
            killed = cut(tmp_path / "run", tmp_path / f"killed-{kept}", kept)
            assert main(["--profile", "paper", "--quiet", *chosen, "--resume", str(killed)]) == 0
            assert len(server.log) - paid == len(attempts(found)) - len(attempts(found[:kept]))
            same = (SentOrder, VenueWord, RulingArrived, CycleRecord)
            told = [
                [e.payload for e in events(where) if isinstance(e.event, same)] for where in (tmp_path / "run", killed)
            ]
            assert told[0] == told[1]
            assert replay([str(killed), "--quiet"]) == 0


@pytest.mark.slow
def test_stops_and_other_markets_go_on_while_a_ruling_is_reserved_and_what_is_unwanted_by_then_is_dropped(
    tmp_path: Path,
) -> None:
    with ModelServer() as server:
        chosen = arguments(server, None, ENOUGH, "court.latency_s=36000", "court.review_every=12", days="12")
        assert run(tmp_path / "run", *chosen) == 0
    found = events(tmp_path / "run")
    open_for: dict[str, set[str]] = {}
    exits = 0
    for each in found:
        if isinstance(each.event, RulingReserved):
            open_for[each.event.as_of_utc.isoformat()] = {one.sentiment.symbol for one in each.event.asked}
        elif isinstance(each.event, RulingArrived):
            del open_for[each.event.heard_utc.isoformat()]
        elif isinstance(each.event, SentOrder) and each.event.purpose is not Purpose.ENTRY:
            exits += bool(open_for)
    assert exits
    dropped = [gone for record in records(found) for gone in record.dropped]
    assert dropped
    assert {gone.why for gone in dropped} == {"its voters want out by the close at which the ruling was there"}
    bought = {order.decision_id for order in said(found, SentOrder) if order.purpose is Purpose.ENTRY}
    assert not bought & {gone.decision_id for gone in dropped}
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0
