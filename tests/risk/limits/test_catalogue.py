"""A limit is declared once: the rows of the catalogue, the rules, the settings and the fast engine know the same limits."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE, LIMITS, facts, held, portfolio
from limit_holder import Catalogue, faults, rule_functions

from risk.limits import loss
from risk.limits.catalogue import CATALOGUE, PARAMETERS, SENTENCES, STEPS, loosest, rules_under, told_once
from risk.limits.row import Kernel, Limit, Part
from risk.sizing import Entry
from risk.verdict import Reaction, RuleReport

ROWS = {limit.code: limit for limit in CATALOGUE}


def changed(code: str, **changes: Any) -> Catalogue:
    return tuple(replace(limit, **changes) if limit.code == code else limit for limit in CATALOGUE)


def without(code: str) -> Catalogue:
    return tuple(limit for limit in CATALOGUE if limit.code != code)


TOY = Limit(
    code="toy", rule=lambda given: loss.volatility(given), part=Part.CAP, unit="of equity", sentence="A toy.",  # type: ignore[arg-type]
    loosest={"max_toy": None}, kernel=Kernel.COUNTED,
)  # fmt: skip


def test_rows_rules_settings_and_fast_engine_hold_together() -> None:
    found = faults(CATALOGUE)
    assert not found, "\n".join(found)
    assert len(rule_functions()) == len(CATALOGUE)


def test_a_verdict_has_the_rules_that_its_limits_ask_for() -> None:
    known = [rule for part in Part for rule in rules_under(LIMITS, part)]
    by_choice = {"record", "cluster", "macro_event", "max_positions", "ramp"}
    of_perpetuals = {"liquidation", "funding", "leverage"}
    assert {limit.code for limit in CATALOGUE if limit.rule not in known} == by_choice | of_perpetuals
    asked = LIMITS.model_copy(
        update={
            "unproven_fraction": 0.01,
            "correlation": "cluster",
            "macro_pause_h": 1.0,
            "max_positions": 9,
            "ramp": True,
        }
    )
    assert len([rule for part in Part for rule in rules_under(asked, part)]) == len(CATALOGUE) - len(of_perpetuals)
    assert [rule for part in Part for rule in rules_under(asked, part, perpetuals=True)] == [
        row.rule for row in CATALOGUE
    ]
    uncounted = asked.model_copy(update={"max_funding_share": None})
    assert len([rule for part in Part for rule in rules_under(uncounted, part, perpetuals=True)]) == len(CATALOGUE) - 1


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        ((*CATALOGUE, TOY), "toy is missing in RuleCode"),
        ((*CATALOGUE, TOY), "max_toy is no setting"),
        ((*CATALOGUE, TOY), "the rule of toy is no function of risk/limits"),
        ((*CATALOGUE, TOY), "toy is counted, and no window shows it: max_toy"),
        (without("sector"), "sector of RuleCode has no row"),
        (without("sector"), "the rule sector has no row"),
        (without("sector"), "max_sector_fraction is in no row and no parameter"),
        ((*CATALOGUE, CATALOGUE[-1]), "equal_risk has 2 rows"),
        ((*CATALOGUE[1:], CATALOGUE[0]), "a cap stands before a check"),
        (changed("cash", sentence=""), "cash has no sentence"),
        (changed("volatility", rule=loss.stressed_loss), "the rule of volatility reports as stressed_loss"),
        (changed("volatility", rule=loss.stressed_loss), "stressed_loss shares its rule"),
        (changed("spread", unit="%"), "spread is in '%', and its rule reports in 'bps'"),
        (changed("cash", part=Part.CHECK), "cash is called a check"),
        (changed("cash", loosest={"stress_bars": 1}), "stress_bars is named twice"),
        (changed("liquidity", loosest={"max_volume_share": 0.9}), "0.9 is not the loosest value of max_volume_share"),
        (changed("liquidity", loosest={"max_volume_share": 2.0}), "the loosest values are no limits"),
        (changed("volatility", kernel=Kernel.COUNTED), "volatility is counted, and no window shows it"),
        (changed("ruling", loosest={"max_ruling": None}), "ruling is counted, and no window shows it: max_ruling"),
        (changed("kelly", kernel=Kernel.REFUSED), "kelly is refused, and has a window"),
        (changed("direction", kernel=Kernel.REFUSED), "direction is refused, and no setting says when"),
        (changed("direction", why=""), "direction: only a limit that cannot bind"),
        (changed("sector", kernel=Kernel.UNREACHABLE, why="so"), "sector: max_sector_fraction has no tight value"),
    ],
)  # fmt: skip
def test_a_limit_that_is_missing_somewhere_is_found(catalogue: Catalogue, words: str) -> None:
    assert [fault for fault in faults(catalogue) if words in fault]


def test_a_row_that_says_nothing_of_the_fast_engine_is_refused_by_it() -> None:
    row = Limit(
        code="cash", rule=loss.volatility, part=Part.CAP, sentence="A toy.", loosest={"max_stressed_loss": None}
    )
    assert row.kernel is Kernel.REFUSED
    assert row.binding_settings(LIMITS) == ()
    assert row.binding_settings(LIMITS.model_copy(update={"max_stressed_loss": 0.1})) == ("max_stressed_loss",)


def test_a_row_keeps_its_settings_whatever_becomes_of_what_it_was_made_of() -> None:
    given: dict[str, Any] = {"max_slippage": 0.5}
    row = replace(ROWS["cash"], loosest=given)
    given.clear()
    assert dict(row.loosest) == {"max_slippage": 0.5}
    with pytest.raises(TypeError):
        row.loosest["max_slippage"] = 0.1  # type: ignore[index]


@pytest.mark.parametrize("code", [code for code, limit in ROWS.items() if limit.loosest and code != "kelly"])
def test_a_limit_at_its_loosest_does_not_bind(code: str) -> None:
    """Kelly's fraction is the exception: no setting lets a conviction bet more than Kelly."""
    opened = loosest(ANY_PRICE)
    report = ROWS[code].rule(facts(limits=opened))
    assert report.reaction is Reaction.PASS
    assert report.notional_cap is None or report.notional_cap >= 10_000


def test_the_loosest_limits_keep_what_they_are_told_to_and_every_parameter() -> None:
    tight = LIMITS.model_copy(update={"max_entries_per_day": 3, "trading_hours_utc": (8, 16), "max_stressed_loss": 0.1})
    opened = loosest(tight, but=("position", "order_rate"))
    assert opened.max_position_fraction == LIMITS.max_position_fraction
    assert opened.max_entries_per_day == 3
    assert (opened.trading_hours_utc, opened.max_stressed_loss, opened.max_var_1d) == (None, None, 1.0)
    assert {name: getattr(opened, name) for name in PARAMETERS} == {name: getattr(tight, name) for name in PARAMETERS}


def test_net_leverage_is_told_only_where_it_leaves_another_amount_than_gross_leverage() -> None:
    gross = RuleReport(
        code="gross_leverage",
        number=0.9,
        limit=None,
        unit="of equity",
        reaction=Reaction.PASS,
        notional_cap=Decimal(9_000),
    )
    net = gross.model_copy(update={"code": "net_leverage"})
    less = net.model_copy(update={"notional_cap": Decimal(8_000)})
    cut = net.model_copy(update={"reaction": Reaction.CUT})
    assert told_once([gross, net]) == (gross,)
    assert told_once([gross, less]) == (gross, less)
    assert told_once([gross, cut]) == (gross, cut)
    assert told_once([net]) == (net,)
    spot = [limit.rule(facts()) for limit in CATALOGUE if limit.code in ("gross_leverage", "net_leverage")]
    assert [report.code for report in told_once(spot)] == ["gross_leverage"]


def test_every_rule_of_a_verdict_has_its_sentence() -> None:
    assert {**STEPS, **{limit.code: limit.sentence for limit in CATALOGUE}} == SENTENCES
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
    assert all(PARAMETERS.values())


@pytest.mark.parametrize("code", ["risk_per_trade", "position", "deployed", "kelly", "record"])
def test_a_room_is_what_the_cap_of_its_row_leaves(code: str) -> None:
    limits = LIMITS.model_copy(update={"unproven_fraction": 0.01, "correlation": "cluster"})
    some = facts(portfolio=portfolio(positions=(held("ETH/USDT", "1500"),)), stop=0.02, limits=limits)
    room = ROWS[code].room
    assert room is not None
    entry = Entry(some.proposal.conviction, some.stop, 0.15, some.limits, some.exits, held=0.15, fee=0.001)
    assert float(ROWS[code].rule(some).notional_cap or 0) == pytest.approx(10_000 * room(entry), rel=1e-12)
