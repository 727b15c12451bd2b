"""Reports that are taken again after a hearing: only of the same situation, and never of a rule that reads what was said."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, BTC, LIMITS, SETTINGS, facts, held, portfolio, proposal, returns, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.breakers import BreakerState
from risk.facts import Situation
from risk.limits.catalogue import CATALOGUE, HEARING
from risk.limits.kept import MOST, KeptReports, report_on
from risk.manager import RiskManager
from risk.order import Seal
from risk.proposal import Argument
from risk.verdict import Verdict

FRESH = BreakerState.fresh(Decimal(10_000), AT)
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"ruling_scale": 0.5},
    {"ruling_scale": 0.0},
    {"adjust_scale": 0.25},
    {"argument": Argument(speaker="rules/analyst", belief=0.55)},
    {"docket": ("BTC/USDT", "ETH/USDT")},
)


def gate() -> RiskManager:
    return RiskManager(LIMITS, SETTINGS.exits, Seal(b"k" * 32), bars_per_day=24.0)


def situation(said: dict[str, Any], **changes: Any) -> Situation:
    book = portfolio(positions=(held("ETH/USDT", "700"),))
    values: dict[str, Any] = {
        "proposal": proposal(**said), "portfolio": book, "instrument": BTC, "breakers": FRESH, "frozen": None,
        "symbols": ("BTC/USDT", "ETH/USDT"), "returns": returns(columns=2, sigma=0.02),
    }  # fmt: skip
    return Situation(**(values | seen() | changes))


@pytest.mark.parametrize("limit", CATALOGUE, ids=lambda limit: limit.code)
def test_a_rule_that_does_not_hear_says_the_same_whatever_was_said(limit: Any) -> None:
    reports = [limit.rule(facts(proposal=proposal(**said))) for said in SAID]
    if not limit.hears:
        assert all(report == reports[0] for report in reports)


def test_what_was_said_reaches_the_rules_that_hear() -> None:
    assert {limit.code for limit in CATALOGUE if limit.hears} == {"ruling", "kelly"}
    kept = KeptReports()
    for scale in (1.0, 0.5, 0.0):
        asked = facts(proposal=proposal(ruling_scale=scale))
        reports = {rule: report_on(rule, asked, kept.of(asked)) for rule in HEARING}
        assert scale in [report.number for report in reports.values()]


CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"portfolio": portfolio(positions=(held("ETH/USDT", "1700"),))},
    {"portfolio": portfolio(equity=Decimal("10000.00"), positions=(held("ETH/USDT", "700"),))},
    {"portfolio": portfolio(pending_notional={"ETH/USDT": Decimal(500)})},
    {"breakers": BreakerState.fresh(Decimal(11_500), AT)},
    {"returns": returns(columns=2, sigma=0.04)},
    {"returns": np.asfortranarray(returns(columns=2, sigma=0.02))},
    {"frozen": "its bars are missing"},
    {"halted": "a human has halted trading"},
    {"order_errors": 50},
    {"entries_today": None},
    {"mark": 51_000.0},
    {"book": None},
    {"day_volume_quote": 100.0},
)


def text(verdict: Verdict) -> str:
    return verdict.model_dump_json()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(SAID)), min_size=2, max_size=8))
def test_a_gate_that_was_asked_before_says_what_a_new_one_says(
    asked: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    old = gate()
    for changes, said in asked:
        given_now = situation(said, **changes)
        assert text(old.judge(given_now)) == text(gate().judge(given_now))


def test_money_that_is_written_otherwise_is_another_situation() -> None:
    kept, asked = KeptReports(), facts()
    kept.of(asked)[CATALOGUE[0].rule] = CATALOGUE[0].rule(asked)
    assert kept.of(replace(asked, proposal=proposal(ruling_scale=0.5)))
    assert not kept.of(replace(asked, portfolio=portfolio(cash=Decimal("10000.00"))))


def test_only_the_last_cases_are_kept() -> None:
    kept = KeptReports()
    for number in range(3 * MOST):
        asked = facts(proposal=proposal(decision_id=f"d{number}"))
        kept.of(asked)[CATALOGUE[0].rule] = CATALOGUE[0].rule(asked)
    assert kept.of(facts(proposal=proposal(decision_id=f"d{3 * MOST - 1}")))
    assert not kept.of(facts(proposal=proposal(decision_id="d0")))
