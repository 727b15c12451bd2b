"""The limit of real money in the gate: the ramp's part of each size, and no more in use than it allows."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE, facts, held, portfolio

from risk.facts import Facts
from risk.limits.catalogue import CATALOGUE, rules_under
from risk.limits.ramp import ramp, ramped
from risk.limits.row import Kernel, Part
from risk.ramp import Ramp

REAL = ANY_PRICE.model_copy(update={"ramp": True})


def at_quarter(quarters: int, capital: int = 10_000) -> Ramp:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    return Ramp(capital=Decimal(capital), quarters=quarters, since_utc=since, peak_equity=Decimal(capital))


def real(quarters: int | None, **changes: Any) -> Facts:
    return facts(limits=REAL, ramp=None if quarters is None else at_quarter(quarters), **changes)


def caps_of(given: Facts) -> dict[str, Decimal]:
    reports = ramped(given, [rule(given) for rule in rules_under(given.limits, Part.CAP)])
    return {report.code: report.notional_cap for report in reports if report.notional_cap is not None}


@pytest.mark.parametrize("quarters", [1, 2, 3, 4])
def test_each_size_is_the_ramps_part_of_what_all_others_leave(quarters: int) -> None:
    caps = caps_of(real(quarters))
    least = min(value for code, value in caps.items() if code != "ramp")
    assert caps["ramp"] == least * quarters / 4
    assert min(caps.values()) == caps["ramp"] or quarters == 4


def test_at_nothing_nothing_is_bought_and_without_a_ramp_neither() -> None:
    assert caps_of(real(0))["ramp"] == 0
    assert caps_of(real(None))["ramp"] == 0
    assert "not known" in ramp(real(None)).note


def test_what_is_in_use_counts_against_what_may_be_used() -> None:
    roomy = replace(real(1), limits=REAL.model_copy(update={"max_deployed_fraction": 1.0}))
    whole = caps_of(roomy)["ramp"]
    full = portfolio(positions=(held("ETH/USDT", "2450"),))
    left = ramp(replace(roomy, portfolio=full)).notional_cap
    assert left == pytest.approx(Decimal(50), abs=Decimal("0.01"))
    assert left is not None
    assert left < whole
    assert caps_of(replace(roomy, portfolio=full))["ramp"] == left
    over = portfolio(positions=(held("ETH/USDT", "2600"),))
    assert ramp(replace(roomy, portfolio=over)).notional_cap == 0


def test_the_cap_tells_the_part_of_the_capital_that_may_be_used() -> None:
    report = ramp(real(1))
    assert report.limit == 0.25
    assert report.note == "25% of 10000 may be used, and 25% of each size"
    assert ramp(real(None)).note == "where the ramp stands is not known"
    play = ramp(facts(ramp=at_quarter(1)))
    assert (play.code, play.notional_cap, play.note) == ("ramp", None, "this is no real money")


def test_no_more_than_the_capital_is_used_however_much_the_account_has_won() -> None:
    rich = facts(
        limits=REAL.model_copy(update={"max_position_fraction": 1.0, "max_deployed_fraction": 1.0}),
        ramp=at_quarter(4, 100),
    )
    report = ramp(rich)
    assert report.notional_cap is not None
    assert report.notional_cap <= 100


def test_play_money_has_no_ramp_and_its_verdicts_say_nothing_of_one() -> None:
    assert ramp(facts(ramp=at_quarter(0))).notional_cap is None
    assert ramp not in rules_under(ANY_PRICE, Part.CAP)
    assert ramp in rules_under(REAL, Part.CAP)
    same = [rule(facts()) for rule in rules_under(ANY_PRICE, Part.CAP)]
    assert ramped(facts(), same) == tuple(same)


def test_the_fast_engine_refuses_a_profile_with_a_ramp_because_it_trades_no_real_money() -> None:
    (row,) = (limit for limit in CATALOGUE if limit.code == "ramp")
    assert row.kernel is Kernel.REFUSED
    assert row.binding_settings(REAL) == ("ramp",)
    assert row.binding_settings(ANY_PRICE) == ()
