"""What contexts ask beyond the profile holds in the gate, only ever tightens, and the verdict says whose limit it was."""

from datetime import timedelta
from typing import Any

import pytest
from gate_support import AT, LIMITS, SETTINGS, facts, portfolio, proposal

from config.sections.limits import TIGHTENED, RiskLimits, Tighter
from risk.facts import Situation
from risk.limits.catalogue import CATALOGUE
from risk.limits.contexts import effective, rules_of, tightened
from risk.manager import RiskManager
from risk.order import Seal
from risk.proposal import OwnHours, OwnPositions, Proposal, Terms, TightLimit
from risk.verdict import Outcome, Verdict

FULL: RiskLimits = LIMITS.model_copy(
    update={"max_entries_per_day": 5, "max_stressed_loss": 0.2, "volatility_target": 1.0, "unproven_fraction": 0.03}
)
ABOUT_THE_STOP = {"max_stop_fraction", "entry_price_cap_bps"}
"""A nearer stop and a lower price cap lose less a unit, so that the same loss allows more units."""


def own(name: str, value: float, context: str = "donchian_trend") -> Terms:
    return Terms(limits=(TightLimit(name=name, value=value, context=context),))


def judged(asked: Proposal, limits: RiskLimits = FULL, **seen_now: Any) -> Verdict:
    known = facts(proposal=asked, limits=limits)
    fields = {name: getattr(known, name) for name in Situation.__dataclass_fields__}
    gate = RiskManager(limits, SETTINGS.exits, Seal(b"k" * 32), bars_per_day=24.0)
    return gate.judge(Situation(**(fields | seen_now)))


def half(name: str) -> float:
    """A value that is clearly tighter than the limit of `FULL`."""
    ours = getattr(FULL, name)
    if TIGHTENED[name] is Tighter.HIGHER:
        return (ours + 1.0) / 2 if ours < 1.0 else ours * 2
    return float(ours // 2 if isinstance(ours, int) else ours / 2)


@pytest.mark.parametrize("name", TIGHTENED)
def test_every_limit_that_a_context_sets_holds_and_none_is_loosened(name: str) -> None:
    tight = half(name)
    assert getattr(tightened(FULL, own(name, tight)), name) == tight
    hard = FULL.model_copy(update={name: tight})
    assert tightened(hard, own(name, getattr(FULL, name))) == hard
    assert effective(hard, own(name, getattr(FULL, name))) == ()
    assert tightened(FULL, own(name, getattr(FULL, name))) == FULL


@pytest.mark.parametrize("name", [name for name in TIGHTENED if getattr(LIMITS, name) is None])
def test_a_limit_that_the_profile_leaves_open_can_be_closed(name: str) -> None:
    assert getattr(tightened(LIMITS, own(name, 1)), name) == 1


@pytest.mark.parametrize("name", sorted(TIGHTENED.keys() - ABOUT_THE_STOP))
def test_no_size_grows_by_a_limit_of_a_context(name: str) -> None:
    without, under = judged(proposal(conviction=1.0)), judged(proposal(conviction=1.0, terms=own(name, half(name))))
    assert without.outcome is Outcome.SIGNED
    assert under.notional <= without.notional


@pytest.mark.parametrize("name", TIGHTENED)
def test_each_such_limit_belongs_to_a_rule_that_can_name_its_context(name: str) -> None:
    codes, asked = set(rules_of(name)), {report.code for report in judged(proposal(conviction=1.0)).rules}
    assert codes
    under = judged(proposal(conviction=1.0, terms=own(name, half(name))))
    told = {report.code: report.context for report in under.rules if report.context is not None}
    assert set(told.values()) <= {"donchian_trend"}
    assert told.keys() <= codes
    assert told or not codes & asked


def test_each_setting_of_a_limit_says_which_way_it_is_tighter_or_is_the_accounts() -> None:
    account = {"breaker", "equal_risk", "trading_hours", "max_positions", "ramp"}
    open_settings = {name for limit in CATALOGUE if limit.code not in account for name in limit.loosest}
    assert open_settings - TIGHTENED.keys() == {"record_prior", "macro_pause_h"}
    for limit in CATALOGUE:
        for name, value in limit.loosest.items():
            if name in TIGHTENED and value is not None and getattr(FULL, name) != value:
                assert (value > getattr(FULL, name)) == (TIGHTENED[name] is Tighter.LOWER), name


def test_the_verdict_names_the_context_whose_limit_has_bound() -> None:
    verdict = judged(proposal(conviction=1.0, terms=own("max_position_fraction", 0.01)))
    assert (verdict.outcome, verdict.binding_rule, verdict.bound_by) == (Outcome.SIGNED, "position", "donchian_trend")
    assert 95 < verdict.notional < 100
    assert judged(proposal(conviction=1.0)).bound_by is None


def test_a_limit_that_did_not_bind_is_named_beside_its_rule_and_not_as_the_one_that_did() -> None:
    verdict = judged(proposal(conviction=1.0, terms=own("max_deployed_fraction", 0.1)))
    assert verdict.bound_by is None
    assert next(report.context for report in verdict.rules if report.code == "deployed") == "donchian_trend"


def test_a_nearer_stop_is_the_stop_of_the_position() -> None:
    verdict = judged(proposal(conviction=1.0, atr_quote=2000.0, terms=own("max_stop_fraction", 0.02)))
    assert verdict.stop_fraction == 0.02
    assert judged(proposal(conviction=1.0, atr_quote=2000.0)).stop_fraction == FULL.max_stop_fraction


def test_a_purchase_waits_for_the_hours_of_each_context_behind_it() -> None:
    terms = Terms(hours=(OwnHours(context="one", hours=(8, 20)), OwnHours(context="two", hours=(18, 6))))
    found = {
        hour: judged(proposal(as_of_utc=AT + timedelta(hours=hour), terms=terms), now_utc=AT + timedelta(hours=hour))
        for hour in (3, 12, 19)
    }
    assert [verdict.outcome for verdict in found.values()] == [Outcome.REFUSED, Outcome.REFUSED, Outcome.SIGNED]
    assert {verdict.binding_rule for verdict in found.values() if verdict.order is None} == {"trading_hours"}
    assert [verdict.bound_by for verdict in found.values()] == ["one", "two", None]


def test_a_context_has_no_more_positions_than_it_asks_for() -> None:
    terms = Terms(positions=(OwnPositions(context="one", most=2), OwnPositions(context="two", most=1)))
    refused = judged(proposal(terms=terms), own_positions={"one": 1, "two": 1})
    assert (refused.outcome, refused.binding_rule, refused.bound_by) == (Outcome.REFUSED, "max_positions", "two")
    assert judged(proposal(terms=terms), own_positions={"one": 1, "three": 4}).outcome is Outcome.SIGNED


def test_the_profile_counts_every_position_and_entry_under_way() -> None:
    book = portfolio(pending_notional={"ETH/USDT": 100, "SOL/USDT": 100})
    few, more = (FULL.model_copy(update={"max_positions": most}) for most in (2, 3))
    at_once = {"portfolio": book, "symbols": ("BTC/USDT",)}
    assert judged(proposal(), few, **at_once).binding_rule == "max_positions"
    assert judged(proposal(), more, **at_once).binding_rule != "max_positions"
    assert judged(proposal(), few, **at_once).bound_by is None


def test_a_purchase_with_unsound_numbers_is_refused_before_its_terms_are_asked() -> None:
    verdict = judged(proposal(conviction=7.0, terms=Terms(hours=(OwnHours(context="one", hours=(8, 20)),))))
    assert [report.code for report in verdict.rules] == ["well_formed"]


def test_exits_of_a_context_set_the_payoff_that_kelly_counts_with() -> None:
    near = SETTINGS.exits.model_copy(update={"take_profit_fraction": 0.016})
    hard = RiskManager(FULL, near, Seal(b"k" * 32), bars_per_day=24.0)
    known = facts(proposal=proposal(conviction=0.6))
    profile = hard.judge(Situation(**{name: getattr(known, name) for name in Situation.__dataclass_fields__}))
    context, plain = judged(proposal(conviction=0.6, terms=Terms(exits=near))), judged(proposal(conviction=0.6))
    rooms = [next(r.notional_cap for r in each.rules if r.code == "kelly") for each in (context, profile, plain)]
    assert rooms[0] == rooms[1] != rooms[2]
