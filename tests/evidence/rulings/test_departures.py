"""Where a policy left its base, and what that brought: more of a gain or less of a loss counts for it."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from policy_support import served
from run_support import run

from config.secrets import journal_key
from evidence.rulings.departures import Opinion, opinions, sides
from evidence.rulings.hearings import read_hearings
from rl.observation import Observation
from rl.serving.policy import PpoAdjuster

AT = datetime(2024, 1, 1, tzinfo=UTC)
SEEN = Observation(
    direction=0.1, conviction=0.6, ruling_scale=0.5, size=0.1, held_days=3.0, deployed=0.2, drawdown=0.5, var_headroom=0.4,
    es_headroom=0.3, volatility_ratio=1.1, correlation=0.5, entries=2.0, volatility=0.03, agreement=0.5, sentiment=0.1,
    regime=0.0, leverage=1.0, net=0.1, funding_rate=1e-4, funding_cost=0.05, liquidation=60.0,
)  # fmt: skip


def said(advised: float, base: float, return_bps: float | None) -> Opinion:
    return Opinion(AT, "BTC/USDT", advised, base, 0.02, 0.0, 0.7, return_bps, None)


def test_less_of_a_loss_and_more_of_a_gain_are_above_zero() -> None:
    assert said(0.5, 1.0, -100.0).brought_bps == 50.0
    assert said(1.2, 1.0, 100.0).brought_bps == pytest.approx(20.0)
    assert said(1.2, 1.0, -100.0).brought_bps == pytest.approx(-20.0)
    assert said(1.2, 1.0, None).brought_bps is None


def test_each_case_is_on_one_side_of_the_base_and_an_unknown_outcome_is_not_zero() -> None:
    more, less, same = sides(
        [said(1.2, 1.0, 100.0), said(1.1, 1.0, None), said(0.5, 1.0, -100.0), said(1.005, 1.0, 7.0)]
    )
    assert (more.cases, more.settled, more.return_bps) == (2, 1, 100.0)
    assert more.departure == pytest.approx(0.15)
    assert more.brought_bps == pytest.approx(20.0)
    assert (less.cases, less.brought_bps) == (1, 50.0)
    assert (same.cases, same.settled) == (1, 1)


def test_without_a_case_there_is_no_mean() -> None:
    assert all((side.cases, side.departure, side.brought_bps) == (0, None, None) for side in sides([]))


@pytest.mark.slow
def test_the_opinions_of_a_run_are_those_of_its_journal(tmp_path: Path) -> None:
    served().save(tmp_path / "model")
    policy: Any = ("--set", "rl.mode=advisory", f"rl.model={tmp_path / 'model'}")
    assert run(tmp_path / "asked", "--days", "3", *policy) == 0
    read = read_hearings(tmp_path / "asked", journal_key())
    found = opinions(read)
    assert len(found) == len(read.hearings) > 0
    for one, heard in zip(found, read.hearings, strict=True):
        adjustment = heard.hearing.adjustment
        assert (one.advised, one.base, one.fallback) == (adjustment.advised, adjustment.base, adjustment.fallback)
        assert one.symbol == heard.hearing.case.symbol


def test_on_perpetuals_a_base_above_what_may_be_given_is_no_departure() -> None:
    eager = {"target_daily_volatility": 1.0, "blend": 0.0}
    adjustment = PpoAdjuster(served(base=eager), "advisory").adjust(SEEN)
    assert (adjustment.base, adjustment.advised) == (1.25, 1.0), "a policy of spot: its base stands in"
    told = adjustment.model_copy(update={"observation": SEEN})
    heard = SimpleNamespace(
        hearing=SimpleNamespace(adjustment=told, case=SimpleNamespace(as_of_utc=AT, symbol="BTC/USDT")), outcome=None
    )
    (found,) = opinions(SimpleNamespace(hearings=(heard,)))  # type: ignore[arg-type]
    assert (found.base, found.advised, found.departure) == (1.0, 1.0, 0.0)


@pytest.mark.slow
def test_a_run_without_a_policy_has_none(tmp_path: Path) -> None:
    assert run(tmp_path / "plain", "--days", "2") == 0
    assert opinions(read_hearings(tmp_path / "plain", journal_key())) == ()
