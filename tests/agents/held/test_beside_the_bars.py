"""On a live feed the court sits beside the bars: they do not wait for it, and the gate judges when its ruling is there."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from feed_session import Life, live
from run_support import events, said
from session_models import attempts, records
from thinking_asker import ThinkingAsker
from told_exchange import START
from virtual_clock import VirtualClock

from agents.halt import main as halt
from agents.records.inputs import Arrived, Ruled
from agents.records.record import CycleRecord, RulingReserved, SessionEnd
from agents.replay import main as replay
from config.frozen import Journaled
from execution.reports import SentOrder, VenueWord
from risk.order import Purpose

MODELS = (("court.mind", "models"), ("court.wait", False), ("minds.chain", ["anthropic"]))
TWO_TIERS = (("court.fast_share", 0.25), ("minds.fast_path_conviction", 0.0))
AT_ANY_PRICE = ("limits.entry_price_cap_bps", None)
"""The exchange tells a candle that forms a fifth dearer than it closes."""
THINKS_S = 5.0
SOON = timedelta(seconds=3 * THINKS_S + 2)
"""Three waves, and the time in which the pulse looks."""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))


EARLY = START + timedelta(hours=9, minutes=10)
"""A purchase of BTC is proposed at the next close."""


def life(bars: int = 4, thinks_s: float = THINKS_S, *changes: tuple[str, object], **more: object) -> Life:
    made = Life(
        begins=EARLY, bars=bars, asker=lambda clock: ThinkingAsker(clock, thinks_s), changes=(*MODELS, *changes)
    )
    return made._replace(**more)


def told(folder: Path, *kinds: type[Journaled]) -> list[bytes]:
    return [each.payload for each in events(folder) if isinstance(each.event, kinds)]


@pytest.mark.slow
def test_a_ruling_comes_between_two_bars_and_is_judged_and_filled_at_that_moment(tmp_path: Path) -> None:
    live(tmp_path / "run", life(4, THINKS_S, AT_ANY_PRICE))
    found = events(tmp_path / "run")
    reserved, ruled = said(found, RulingReserved), said(found, Ruled)
    assert [each.heard_utc for each in ruled] == [each.as_of_utc for each in reserved]
    assert ruled
    assert all(timedelta() < each.at_utc - each.heard_utc < SOON for each in ruled)
    moments = {decision: each.at_utc for each in ruled for decision in each.decisions}
    heard = [hearing for record in records(found) for hearing in record.hearings]
    assert {hearing.case.decision_id for hearing in heard} == moments.keys()
    assert all(hearing.verdict.as_of_utc == moments[hearing.case.decision_id] for hearing in heard)
    assert any(hearing.verdict.order is not None for hearing in heard)
    prices = {decision: each.prices for each in ruled for decision in each.decisions}
    entries = [order for order in said(found, SentOrder) if order.purpose is Purpose.ENTRY]
    assert entries
    assert all(order.created_utc == moments[order.decision_id] for order in entries)
    fills = [f for word in said(found, VenueWord) for f in word.report.fills if f.purpose is Purpose.ENTRY]
    for fill in fills:
        assert fill.filled_utc >= moments[fill.decision_id]
        assert abs(float(fill.price) / prices[fill.decision_id][fill.symbol][0] - 1) < 0.003
    assert fills
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_share_is_sent_at_the_close_and_the_rest_when_the_ruling_is_there(tmp_path: Path) -> None:
    live(tmp_path / "run", life(4, THINKS_S, AT_ANY_PRICE, *TWO_TIERS))
    found = events(tmp_path / "run")
    fast = [each for record in records(found) for each in record.fast if each.verdict.order is not None]
    moments = {decision: each.at_utc for each in said(found, Ruled) for decision in each.decisions}
    entries = {each.decision_id: each for each in said(found, SentOrder) if each.purpose is Purpose.ENTRY}
    assert fast
    for each in fast:
        name = each.case.decision_id.removesuffix("-fast")
        assert entries[f"{name}-fast"].created_utc == each.case.as_of_utc
        assert entries[name].created_utc == moments[name] > each.case.as_of_utc
        assert entries[name].quantity > entries[f"{name}-fast"].quantity
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.long
def test_a_market_that_is_proposed_again_before_its_ruling_is_there_replays_with_the_news_of_each_case(
    tmp_path: Path,
) -> None:
    live(tmp_path / "run", life(60, THINKS_S, AT_ANY_PRICE, *TWO_TIERS))
    found = events(tmp_path / "run")
    asked = [each.sentiment for reserved in said(found, RulingReserved) for each in reserved.asked]
    assert len({each.as_of_utc for each in asked}) > 1
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_bars_stops_and_other_markets_go_on_while_the_court_thinks(tmp_path: Path) -> None:
    """It thinks for longer than a bar: each bar is journaled in its time, and a docket without a ruling is given up."""
    live(tmp_path / "run", life(5, 3000.0, ("limits.max_proposal_age_s", 86_400)))
    found = events(tmp_path / "run")
    late = [arrived.at_utc - arrived.tape.close_utc for arrived in said(found, Arrived)]
    assert max(late) < timedelta(seconds=90)
    assert len(said(found, CycleRecord)) == 5
    dropped = [gone for record in records(found) for gone in record.dropped]
    assert {gone.why for gone in dropped} == {"no ruling on it has come in good time"}
    assert not said(found, Ruled)
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_kill_switch_that_falls_while_the_court_thinks_lets_nothing_be_bought(tmp_path: Path) -> None:
    open_docket: list[datetime] = []

    def happens(now: datetime) -> None:
        if not open_docket and now.minute == 0 and now.second >= 2 and now.hour >= 9:
            open_docket.append(now)
            assert halt(["--reason", "a drill"]) == 0

    live(tmp_path / "run", life(4, happens=happens))
    found = events(tmp_path / "run")
    after = [h for r in records(found) for h in r.hearings if h.verdict.as_of_utc > open_docket[0]]
    assert after
    assert {hearing.verdict.decided_by for hearing in after if hearing.ruling.scale > 0} == {"kill_switch"}
    assert all(order.created_utc < open_docket[0] for order in said(found, SentOrder) if order.purpose is Purpose.ENTRY)


@pytest.mark.long
@pytest.mark.parametrize("more", [(), (AT_ANY_PRICE, *TWO_TIERS)], ids=["plain", "in two tiers"])
def test_a_run_that_is_killed_while_the_court_thinks_asks_again_and_one_killed_later_uses_its_answers(
    more: tuple[tuple[str, object], ...], tmp_path: Path
) -> None:
    live(tmp_path / "run", life(4, THINKS_S, *more))
    found = events(tmp_path / "run")
    begun = next(n for n, each in enumerate(found, 1) if isinstance(each.event, RulingReserved))
    there = next(n for n, each in enumerate(found, 1) if isinstance(each.event, Ruled))
    for kept in sorted({begun, begun + 1, there - 1, there, there + 1, there + 3, there + 5}):
        folder = tmp_path / f"killed-{kept}"
        assert live(folder, life(4, THINKS_S, *more, events=kept)) is None
        assert len(events(folder)) == kept
        paid = attempts(events(folder))
        asker: list[ThinkingAsker] = []
        thinks_s = THINKS_S if kept < there else 0.0  # what had been there is asked at once, and the clock stands

        def again(clock: VirtualClock, made: list[ThinkingAsker] = asker, thinks_s: float = thinks_s) -> ThinkingAsker:
            made.append(ThinkingAsker(clock, thinks_s))
            return made[0]

        last = next(e.event.at_utc for e in reversed(events(folder)) if isinstance(e.event, Arrived))
        end = live(folder, life(4, THINKS_S, *more)._replace(asker=again, begins=last + timedelta(seconds=7)))
        assert isinstance(end, SessionEnd)
        after = events(folder)
        assert [each.payload for each in after[:kept]] == [each.payload for each in found[:kept]]
        assert not {(made.decision_id, made.role) for made in paid} & set(asker[0].asked)
        assert told(folder, CycleRecord)[0:1] == told(tmp_path / "run", CycleRecord)[0:1]
        names = [h.case.decision_id for r in records(after) for h in r.hearings]
        assert names == [h.case.decision_id for r in records(found) for h in r.hearings]
        sent = [order.order_id for order in said(after, SentOrder)]
        assert sorted(sent) == sorted(set(sent))
        assert [n for n in sent if n.endswith("-e")] == [
            o.order_id for o in said(found, SentOrder) if o.order_id.endswith("-e")
        ]
        assert replay([str(folder), "--quiet"]) == 0
