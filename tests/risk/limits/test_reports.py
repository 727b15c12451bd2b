"""What each rule reports, to the letter and to the last bit: code, number, limit, unit, reaction, cap and note.

Expected numbers are worked out by hand here. Journals are replayed byte by byte, so a report that reads differently is another
report; and a border that lies one step off is another limit.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from gate_support import ANY_PRICE, AT, LIMITS, held, portfolio, proposal, returns, seen
from gate_support import facts as situation
from report_support import passed, refused, room

from risk.breakers import BreakerState, Latch
from risk.facts import Facts, Rule, as_recorded
from risk.limits import clusters
from risk.limits import trade as rules
from risk.proposal import Argument, Direction
from risk.verdict import Reaction, RuleReport

DAY = 1 / 64
UP_AND_DOWN = np.resize([DAY / 2, -DAY / 2], 400)
"""Its historical VaR and ES over a day of four bars are exactly 1/64: all numbers are powers of two."""
WIDE = LIMITS.model_copy(update={"max_position_fraction": 1.0, "var_method": "historical"})
HALT = {"reaction": Reaction.HALT}


def facts(**changes: Any) -> Facts:
    """A sound situation of which nothing more is known than a rule here asks for."""
    return situation(**(dict.fromkeys(seen()) | {"order_errors": None} | changes))


def latched(breaker: Any) -> BreakerState:
    latch = Latch(breaker=breaker, since_utc=AT, until_utc=AT + timedelta(hours=1), why="it fell")
    return BreakerState.fresh(Decimal(10_000), AT).model_copy(update={"latches": (latch,)})


def price(value: str) -> Facts:
    return facts(proposal=proposal(reference_price=Decimal(value)))


def never_validated(**numbers: Any) -> Facts:
    return facts(proposal=proposal().model_copy(update=numbers))


MALFORMED = "a number is missing, not finite or out of range"
REPORTS: list[tuple[Rule, Facts, RuleReport]] = [
    (rules.kill_switch, facts(), passed("kill_switch")),
    (rules.kill_switch, facts(halted="fire"), passed("kill_switch", note="fire").model_copy(update=HALT)),
    (rules.data_quality, facts(), passed("data_quality")),
    (rules.data_quality, facts(frozen="no bar"), refused("data_quality", note="no bar")),
    (rules.breaker_latch, facts(), passed("breaker")),
    (rules.breaker_latch, facts(breakers=latched("loss_streak")), refused("breaker", note="loss_streak: it fell")),
    (rules.well_formed, facts(), passed("well_formed")),
    (rules.well_formed, never_validated(conviction=nan), refused("well_formed", note=MALFORMED)),
    (rules.direction, facts(), passed("direction")),
    (
        rules.direction,
        facts(proposal=proposal(direction=Direction.SHORT)),
        refused("direction", note="short on spot"),
    ),
    (rules.one_position, facts(), passed("one_position")),
    (
        rules.one_position,
        facts(portfolio=portfolio(pending_notional={"BTC/USDT": Decimal("0.5")})),
        refused("one_position", note="already held or under way"),
    ),
    (rules.one_position, facts(portfolio=portfolio(pending_notional={"BTC/USDT": Decimal(0)})), passed("one_position")),
    (
        rules.one_position,
        facts(portfolio=portfolio(positions=(held("BTC/USDT", "100"),))),
        refused("one_position", note="already held or under way"),
    ),
    (rules.conviction, facts(proposal=proposal(conviction=0.3)), passed("min_conviction", 0.3, 0.3, "0..1")),
    (rules.conviction, facts(proposal=proposal(conviction=0.29)), refused("min_conviction", 0.29, 0.3, "0..1")),
    (rules.ruling, facts(proposal=proposal(ruling_scale=0.5, adjust_scale=0.5)), passed("ruling", 0.25, 0.0, "scale")),
    (rules.ruling, facts(proposal=proposal(ruling_scale=0.0)), refused("ruling", 0.0, 0.0, "scale")),
    (rules.tick_size, price("10"), passed("tick_size", 10.0, 10.0, "bps of the price")),
    (rules.tick_size, price("5"), refused("tick_size", 20.0, 10.0, "bps of the price")),
    (rules.risk_history, facts(returns=returns(rows=198)), passed("risk_history", 198.0, 198.0, "bars")),
    (rules.risk_history, facts(returns=returns(rows=197)), refused("risk_history", 197.0, 198.0, "bars")),
    (clusters.correlation, facts(), passed("correlation", 0.0, 0.7, note="nothing held")),
    (rules.risk_per_trade, facts(stop=0.08), room("risk_per_trade", 0.25)),
    (rules.position_size, facts(limits=ANY_PRICE), room("position", 0.05)),
    (rules.kelly, facts(proposal=proposal(conviction=0.0)), room("kelly", 0.0)),
    (
        rules.deployed,
        facts(
            portfolio=portfolio(positions=(held("ETH/USDT", "500"),), pending_notional={"SOL/USDT": Decimal(250)}),
            limits=ANY_PRICE,
        ),
        room("deployed", 0.2 - 0.075),
    ),
    (
        rules.cash,
        facts(
            portfolio=portfolio(cash=Decimal("2002"), pending_notional={"SOL/USDT": Decimal(1001)}), limits=ANY_PRICE
        ),
        room("cash", 0.099),
    ),
]


@pytest.mark.parametrize(("rule", "given", "report"), REPORTS)
def test_a_report_is_this_to_the_letter(rule: Rule, given: Facts, report: RuleReport) -> None:
    assert rule(given).canonical() == report.canonical()


@pytest.mark.parametrize(
    ("breaker", "reaction"), [("drawdown", "halt"), ("daily_loss", "close_only"), ("turbulence", "refuse")]
)
def test_the_gravest_breakers_halt_and_the_others_refuse(breaker: Any, reaction: str) -> None:
    expected = passed("breaker", note=f"{breaker}: it fell").model_copy(update={"reaction": Reaction(reaction)})
    assert rules.breaker_latch(facts(breakers=latched(breaker))) == expected


@pytest.mark.parametrize(("name", "most"), [("conviction", 1.0), ("ruling_scale", 1.0), ("adjust_scale", 1.25)])
@pytest.mark.parametrize("value", [nan, inf, -inf, -1e-9, "above", 1e308, 2.0])
def test_one_number_out_of_range_is_enough(name: str, most: float, value: Any) -> None:
    wrong = most * (1.0 + 1e-9) if value == "above" else value
    assert rules.well_formed(never_validated(**{name: wrong})).reaction is Reaction.REFUSE
    assert rules.well_formed(never_validated(**{name: most})).reaction is Reaction.PASS


@pytest.mark.parametrize(
    ("ruled", "adjusted", "left"), [(0.5, 1.25, "0.625"), (0.8, 1.25, "1"), (1.0, 1.25, "1"), (0.9, 1.2, "1")]
)
def test_a_policy_gives_back_what_the_court_took_and_never_more(ruled: float, adjusted: float, left: str) -> None:
    assert proposal(ruling_scale=ruled, adjust_scale=adjusted).scale == Decimal(left)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-5"])
def test_a_price_that_is_none_is_refused(value: str) -> None:
    wrong = proposal().model_copy(update={"reference_price": Decimal(value)})
    assert rules.well_formed(facts(proposal=wrong)).reaction is Reaction.REFUSE


@pytest.mark.parametrize("equity", ["0", "-50"])
def test_nothing_is_measured_against_an_equity_that_is_none(equity: str) -> None:
    assert rules.well_formed(facts(portfolio=portfolio(equity=Decimal(equity)))).reaction is Reaction.REFUSE


@pytest.mark.parametrize("stop", [0.0, -0.1, 1.0, 1.5, inf, nan])
def test_a_stop_that_is_none_is_refused(stop: float) -> None:
    assert rules.well_formed(facts(stop=stop)).reaction is Reaction.REFUSE


@pytest.mark.parametrize(
    "sound",
    [
        facts(proposal=proposal(conviction=0.0, ruling_scale=0.0, adjust_scale=0.0)),
        facts(proposal=proposal(argument=Argument(speaker="a/m/analyst", belief=0.0))),
        facts(proposal=proposal(argument=Argument(speaker="a/m/analyst", belief=1.0))),
        price("0.5"),
        facts(portfolio=portfolio(equity=Decimal("0.5"))),
        facts(stop=0.999),
    ],
)
def test_the_ends_of_the_ranges_belong_to_them(sound: Facts) -> None:
    assert rules.well_formed(sound).reaction is Reaction.PASS


def test_history_may_be_as_short_as_a_short_window_and_must_be_finite() -> None:
    short = LIMITS.model_copy(update={"risk_window_bars": 40, "risk_window_h": 0})
    assert rules.risk_history(facts(limits=short, returns=returns(rows=40))) == passed(
        "risk_history", 40.0, 40.0, "bars"
    )
    one_nan = returns(rows=200)
    one_nan[7] = nan
    assert rules.risk_history(facts(returns=one_nan)) == refused("risk_history", 200.0, 198.0, "bars")


def beside(*others: np.ndarray, limit: float = 0.7, pending: bool = False) -> RuleReport:
    """What correlation says of a purchase beside holdings that moved so."""
    names = tuple(f"O{i}/USDT" for i in range(len(others)))
    book = (
        portfolio(pending_notional=dict.fromkeys(names, Decimal(100)))
        if pending
        else portfolio(positions=tuple(held(name, "100") for name in names))
    )
    matrix = np.column_stack([DAY + UP_AND_DOWN, *others])
    limits = LIMITS.model_copy(update={"max_correlation": limit})
    return clusters.correlation(facts(portfolio=book, symbols=("BTC/USDT", *names), returns=matrix, limits=limits))


def test_correlation_names_the_closest_holding_and_takes_the_first_of_equals() -> None:
    half = np.resize([1.0, -1.0, 1.0, 1.0], 400)
    twin = 5.0 + np.resize([1.0, -1.0], 400)
    named = beside(half, twin, twin)
    assert (named.reaction, named.note, named.limit) == (Reaction.REFUSE, "with O1/USDT", 0.7)
    assert named.number == pytest.approx(1.0)
    assert beside(half).number == pytest.approx(1 / np.sqrt(3))
    assert beside(half).note == "with O0/USDT"


def test_what_is_on_its_way_counts_for_correlation_as_what_is_held() -> None:
    twin = np.resize([1.0, -1.0], 400)
    assert beside(twin, pending=True).reaction is beside(twin).reaction is Reaction.REFUSE


def test_a_holding_that_is_no_closer_than_the_limit_stands_in_nobodys_way() -> None:
    flat = np.zeros(400)
    assert beside(flat, limit=1.0) == passed("correlation", 1.0, 1.0, note="with O0/USDT")
    assert beside(-np.resize([1.0, -1.0], 400)).reaction is Reaction.PASS


def test_correlation_is_that_of_the_moves_and_not_of_their_levels() -> None:
    quarter = 5.0 + np.resize([1.0, 1.0, -1.0, -1.0], 400)
    assert beside(quarter).number == pytest.approx(0.0, abs=1e-12)
    assert beside(quarter, np.resize([0.03, 0.01], 400)).number == pytest.approx(1.0)


def test_weights_are_what_is_held_and_on_its_way_and_wanted_over_equity() -> None:
    book = portfolio(
        positions=(held("ETH/USDT", "1000"), held("BTC/USDT", "200")),
        pending_notional={"ETH/USDT": Decimal(500), "SOL/USDT": Decimal(300)},
    )
    some = facts(portfolio=book, symbols=("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"))
    assert rules.weights(some).tolist() == [0.02, 0.15, 0.03, 0.0]
    assert rules.weights(some, 0.25).tolist() == [0.27, 0.15, 0.03, 0.0]


def tails(var: float = 1.0, es: float = 1.0) -> Facts:
    """A purchase whose whole equity would have a one-day VaR and ES of `DAY`, under limits of so many `DAY`."""
    bounds = {"max_var_1d": var * DAY, "max_es_1d": es * DAY, "var_confidence": 0.75, "es_confidence": 0.75}
    return facts(returns=UP_AND_DOWN[:, None], bars_per_day=4.0, limits=WIDE.model_copy(update=bounds))


@pytest.mark.parametrize(
    ("limit", "fraction"), [(4.0, 1.0), (1.0, 1.0), (0.5, 0.5), (0.25, 0.25), (0.6, int(0.6 * 2**24) / 2**24)]
)
def test_the_tail_caps_leave_what_was_measured_within_the_limit(limit: float, fraction: float) -> None:
    var, es = tails(var=limit), tails(es=limit)
    for given, found in ((var, rules.value_at_risk(var)), (es, rules.expected_shortfall(es))):
        assert as_recorded(given, found) == room(found.code, fraction, DAY, limit * DAY)
        assert (found.notional_cap is None) == (limit >= 1.0)


def test_the_tail_caps_look_no_further_than_the_position_limit() -> None:
    given = tails(var=0.125)
    small = replace(given, limits=given.limits.model_copy(update={"max_position_fraction": 0.5}))
    assert rules.value_at_risk(small) == room("var_1d", 0.125, DAY / 2, DAY / 8)


@pytest.mark.parametrize(
    ("var", "es", "fraction", "number"),
    [(0.5, 0.5, 0.5, 1.0), (0.5, 0.5, 0.25, 0.5), (0.5, 0.5, 0.75, 1.5), (1.0, 0.5, 0.75, 1.5), (0.5, 1.0, 0.75, 1.5)],
)
def test_the_last_check_measures_the_worse_of_both_tails(var: float, es: float, fraction: float, number: float) -> None:
    sound = passed if number <= 1.0 else refused
    assert rules.tails_hold(tails(var, es), fraction) == sound("tail_check", number, 1.0, "of the VaR or ES limit")


def test_var_and_es_are_each_measured_at_their_own_confidence() -> None:
    drawn = returns(sigma=0.01)
    one = facts(returns=drawn, limits=WIDE, bars_per_day=1.0)
    ordered = np.sort(-drawn[:, 0])[::-1]
    at_top = {report.code: report.number for report in (rules.value_at_risk(one), rules.expected_shortfall(one))}
    assert ordered[5] <= at_top["var_1d"] <= ordered[4]
    assert at_top["es_1d"] == pytest.approx(ordered[:13].mean(), rel=0.02)


@pytest.mark.parametrize("fraction", [nan, inf, -inf, -0.1, 0.0, -0.0])
def test_a_cap_that_is_no_number_leaves_nothing(fraction: float) -> None:
    limits = LIMITS.model_copy(update={"max_position_fraction": fraction})
    assert rules.position_size(facts(limits=limits)).canonical() == room("position", 0.0).canonical()
