"""Whole sessions on drawn perpetuals whose voters may be short: sold short, stopped, covered, replayed, killed and resumed."""

from decimal import Decimal
from pathlib import Path

import pytest
from broken_off import killed
from run_support import events, said

from agents.records.record import CycleRecord
from agents.replay import main as replay
from agents.run import main
from execution.reports import Fill, SentOrder, VenueWord
from risk.order import OrderKind, Purpose, Side
from risk.proposal import Direction

KEY = "5a" * 32
PROFILE = """
extends: backtest
world: simulated
strategies:
  - {strategy: golden_cross, sides: both}
  - {strategy: rsi_bounce, sides: both}
  - {strategy: ema_cross}
market:
  perpetuals: {leverage: 1, trigger: mark}
  instruments:
"""
CONTRACT = """
    {name}:
      perpetual: {{tiers: [{{up_to: null, max_leverage: 20, maintenance_rate: "0.01"}}]}}
"""
MARKETS = ("default", "BTC/USDT", "ETH/USDT", "SOL/USDT")
FREE = ("--set", "limits.max_funding_share=null")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def played(folder: Path, *more: str) -> Path:
    profile = folder / "both.yaml"
    profile.write_text(PROFILE + "".join(CONTRACT.format(name=name) for name in MARKETS))
    command = ["--profile", str(profile), "--out", str(folder / "run"), "--quiet", "--days", "30", "--scenario", "chop"]
    assert main([*command, *FREE, *more]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        return played(tmp_path_factory.mktemp("shorts"))


def records(folder: Path) -> list[CycleRecord]:
    return said(events(folder), CycleRecord)


def fills(folder: Path) -> list[Fill]:
    return [fill for word in said(events(folder), VenueWord) for fill in word.report.fills]


@pytest.mark.slow
def test_shorts_are_opened_and_bought_back_in_every_way(whole: Path) -> None:
    sold = [fill for fill in fills(whole) if fill.purpose is Purpose.ENTRY and fill.side is Side.SELL]
    back = [fill for fill in fills(whole) if fill.purpose is not Purpose.ENTRY and fill.side is Side.BUY]
    assert len(sold) > 3
    assert {Purpose.STOP_LOSS, Purpose.STRATEGY_EXIT} <= {fill.purpose for fill in back}
    assert any(fill.side is Side.BUY and fill.purpose is Purpose.ENTRY for fill in fills(whole)), (
        "and longs beside them"
    )


@pytest.mark.slow
def test_a_short_is_protected_above_its_price_and_its_target_lies_below(whole: Path) -> None:
    orders = {order.order_id: order for order in said(events(whole), SentOrder)}
    entries = {
        fill.decision_id: fill for fill in fills(whole) if fill.purpose is Purpose.ENTRY and fill.side is Side.SELL
    }
    legs = [each for each in orders.values() if each.decision_id in entries and each.purpose is not Purpose.ENTRY]
    assert legs
    for leg in legs:
        assert leg.side is Side.BUY
        if leg.kind is OrderKind.STOP and leg.purpose is Purpose.STOP_LOSS:
            assert (leg.stop_price or 0) > entries[leg.decision_id].price
        if leg.kind is OrderKind.LIMIT:
            assert (leg.limit_price or 0) < entries[leg.decision_id].price


def test_a_market_is_on_one_side_at_a_time_and_a_reversal_takes_two_closes(whole: Path) -> None:
    before: dict[str, Decimal] = {}
    for record in records(whole):
        now = {held.symbol: held.quantity for held in record.portfolio.positions}
        assert all(before[symbol] * now[symbol] > 0 for symbol in before.keys() & now.keys())
        before = now
        for hearing in record.hearings:
            if hearing.case.proposal.is_short:
                assert hearing.case.symbol not in now


def test_a_vote_of_a_long_only_voter_opens_no_short(whole: Path) -> None:
    heard = [hearing for record in records(whole) for hearing in record.hearings if hearing.case.proposal.is_short]
    assert heard
    for hearing in heard:
        assert any(vote.goes_short and vote.voter != "ema_cross" for vote in hearing.case.proposal.votes)
    votes = [vote for record in records(whole) for vote in record.votes if vote.direction is Direction.SHORT]
    assert {vote.goes_short for vote in votes if vote.voter == "ema_cross"} == {False}


def test_a_short_case_is_argued_as_one(whole: Path) -> None:
    heard = [hearing for record in records(whole) for hearing in record.hearings if hearing.case.proposal.is_short]
    claims = {cited.claim for each in heard if hasattr(each.advocate, "evidence") for cited in each.advocate.evidence}
    assert not claims & {"buying into an overbought market", "price is below its 200-bar mean", "headlines are bad"}
    assert claims & {
        "price is above its 200-bar mean",
        "selling short into an oversold market: it may be squeezed",
    } or any("trend points up" in claim for claim in claims)


@pytest.mark.slow
def test_it_is_replayed_to_the_byte(whole: Path) -> None:
    assert replay([str(whole), "--quiet"]) == 0


@pytest.mark.slow
def test_killed_in_a_short_it_goes_on_to_the_same_end(whole: Path, tmp_path: Path) -> None:
    all_of_it = events(whole)
    shorted = next(
        number for number, each in enumerate(all_of_it) if isinstance(each.event, CycleRecord)
        and any(held.is_short for held in each.event.portfolio.positions)
    )  # fmt: skip
    broken = killed(whole, tmp_path / "broken", shorted + 1)
    assert main(["--quiet", "--resume", str(broken)]) == 0
    assert events(broken)[-1].mac == all_of_it[-1].mac
