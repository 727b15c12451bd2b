"""What the rules about releases, clusters, contexts, shares and records report, to the letter and to the last bit.

The companion of `test_reports` and `test_reports_book`, for the rules that came later.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, LIMITS, SETTINGS, facts, held, portfolio, proposal, returns
from report_support import passed, refused, room, unbound

from config.sections.limits import RiskLimits
from risk.breakers import BreakerState, Latch
from risk.calibration import CalibrationMap, SizingMaps
from risk.facts import DocketView, Facts, Rule, Situation
from risk.limits.book import most_positions
from risk.limits.calendar import macro_event
from risk.limits.clusters import cluster, correlation, pearson
from risk.limits.contexts import own_checks
from risk.limits.docket import equal_risk
from risk.limits.share import Room, beside, held_quantity, room_left, share_report, shares_well_formed, worth_with
from risk.limits.trade import breaker_latch, kelly, record
from risk.manager import RiskManager
from risk.measures.horizon import one_day_var
from risk.order import Seal
from risk.proposal import OwnHours, OwnPositions, Terms, TightLimit
from risk.record import VotersRecord
from risk.sizing import Entry, kelly_room
from risk.verdict import Verdict

CPI = datetime(2024, 3, 12, 12, 30, tzinfo=UTC)
OFF = "no limit is set"
BTC, ETH, SOL = "BTC/USDT", "ETH/USDT", "SOL/USDT"


def limited(**changes: Any) -> RiskLimits:
    return RiskLimits.model_validate({**LIMITS.model_dump(), **changes})


def near(moment: datetime, pause_h: float | None) -> Facts:
    return facts(proposal=proposal(as_of_utc=moment), limits=LIMITS.model_copy(update={"macro_pause_h": pause_h}))


OWN = returns()[:, 0]
APART = returns(columns=2)[:, 1]
RELATED = np.where(np.arange(500) % 4 == 0, APART, OWN)
"""Moves with BTC three bars of four."""
LIKENESS = pearson(OWN, RELATED)


def grouped(**changes: Any) -> Facts:
    """BTC is proposed; of ETH, which moves with it, an eighth of equity is held, and nothing of SOL, which is its twin."""
    some = {
        "correlation": "cluster",
        "max_correlation": 0.5,
        "max_twin_correlation": 0.95,
        "max_cluster_fraction": 0.15625,
    }
    return facts(
        portfolio=portfolio(positions=(held(ETH, "1250"),), pending_notional=changes.pop("coming", {})),
        symbols=(SOL, ETH, BTC),
        returns=np.column_stack((OWN, RELATED, OWN)),
        limits=limited(**(some | changes)),
    )


def paused(symbol: str) -> Facts:
    latch = Latch(breaker="turbulence", since_utc=AT, until_utc=AT + timedelta(hours=1), why="it fell", symbol=symbol)
    return facts(breakers=BreakerState.fresh(Decimal(10_000), AT).model_copy(update={"latches": (latch,)}))


FULL_BOOK = portfolio(positions=(held(ETH, "1000"),), pending_notional={SOL: Decimal(9), BTC: Decimal(9)})
WON = VotersRecord(cases=4, wins=3, gain=6.0, loss=1.0, squares=13.0)
PROVEN = VotersRecord(cases=9_999, wins=9_999, gain=19_998.0, loss=0.0, squares=39_996.0)
REPORTS: list[tuple[Rule, Facts, Any]] = [
    (macro_event, near(CPI, None), passed("macro_event", note=OFF)),
    (macro_event, near(CPI - timedelta(hours=7), 6.0), passed("macro_event", None, 6.0, "h", "no release is near")),
    (
        macro_event,
        near(CPI - timedelta(hours=0.5), 6.0),
        refused("macro_event", 0.5, 6.0, "h", "cpi at 2024-03-12 12:30 UTC"),
    ),
    (
        macro_event,
        near(datetime(2018, 6, 1, tzinfo=UTC), 2.0),
        refused("macro_event", None, 2.0, "h", "releases are known from 2019-01-01 to 2027-01-01"),
    ),
    (cluster, grouped(correlation="refuse"), unbound("cluster", note=OFF)),
    (cluster, grouped(max_correlation=0.9), unbound("cluster", None, 0.15625, "nothing held moves with it")),
    (cluster, grouped(), room("cluster", 0.03125, None, 0.15625, "with ETH/USDT")),
    (cluster, grouped(max_cluster_fraction=0.125), room("cluster", 0.0, None, 0.125, "with ETH/USDT")),
    (
        cluster,
        grouped(max_cluster_fraction=0.1875, max_position_fraction=0.0625),
        unbound("cluster", None, 0.1875, "with ETH/USDT"),
    ),
    (
        cluster,
        grouped(coming={ETH: Decimal("156.25"), "XRP/USDT": Decimal(99)}),
        room("cluster", 1 / 64, None, 0.15625, "with ETH/USDT"),
    ),
    (
        cluster,
        grouped(coming={SOL: Decimal(1)}, max_cluster_fraction=1.0),
        unbound("cluster", None, 1.0, "with SOL/USDT, ETH/USDT"),
    ),
    (cluster, grouped(max_correlation=LIKENESS), unbound("cluster", None, 0.15625, "nothing held moves with it")),
    (correlation, grouped(), passed("correlation", LIKENESS, 0.95, note="with ETH/USDT")),
    (correlation, grouped(max_twin_correlation=0.5), refused("correlation", LIKENESS, 0.5, note="with ETH/USDT")),
    (
        correlation,
        grouped(max_correlation=0.9, max_twin_correlation=0.95, correlation="refuse"),
        passed("correlation", LIKENESS, 0.9, note="with ETH/USDT"),
    ),
    (breaker_latch, paused(BTC), refused("breaker", note="turbulence: it fell")),
    (breaker_latch, paused(ETH), passed("breaker")),
    (most_positions, facts(), passed("max_positions", note=OFF)),
    (
        most_positions,
        facts(portfolio=FULL_BOOK, limits=limited(max_positions=3)),
        passed("max_positions", 2.0, 3.0, "positions"),
    ),
    (
        most_positions,
        facts(portfolio=FULL_BOOK, limits=limited(max_positions=2)),
        refused("max_positions", 2.0, 2.0, "positions"),
    ),
    (record, facts(limits=limited(unproven_fraction=None)), unbound("record", note=OFF)),
    (
        record,
        facts(limits=limited(unproven_fraction=0.03125)),
        room("record", 0.03125, note="no case of these voters has closed yet"),
    ),
    (
        record,
        facts(proposal=proposal(record=PROVEN), limits=limited(unproven_fraction=0.03125)),
        unbound("record", 1.0, note="of 9999 closed cases 100% won, +2.00 times the loss at the stop on average"),
    ),
    (
        record,
        facts(limits=limited(unproven_fraction=0.05)),
        unbound("record", 0.0, note="no case of these voters has closed yet"),
    ),
    (
        kelly,
        facts(proposal=proposal(conviction=1.0, record=WON), limits=limited(kelly_stake="risk", kelly_fraction=1.0)),
        unbound("kelly", note="of 4 closed cases 75% won, +1.25 times the loss at the stop on average"),
    ),
]  # fmt: skip


LOST = VotersRecord(cases=4, wins=1, gain=1.0, loss=3.0, squares=4.0)
OF_LOST = "of 4 closed cases 25% won, -0.50 times the loss at the stop on average"
WELL = SizingMaps(voters=CalibrationMap(points=((0.0, 1.0),), n=9, k=50.0))
"""Says of every conviction that it always comes true."""


def staked(**changes: Any) -> Facts:
    """Kelly's stake is the loss at the stop, whole, for voters that are sure."""
    given = proposal(conviction=changes.pop("conviction", 1.0), record=changes.pop("record", WON))
    limits = limited(kelly_stake="risk", kelly_fraction=1.0, **changes.pop("limits", {}))
    return facts(proposal=given, limits=limits, **changes)


def test_kelly_tells_the_record_with_or_without_a_cap_and_what_the_maps_say_first() -> None:
    assert kelly(staked(conviction=0.0, record=LOST)).canonical() == room("kelly", 0.0, note=OF_LOST).canonical()
    mapped = kelly(staked(conviction=0.0, record=LOST, calibration=WELL))
    word = WELL.worth(0.0, None).note
    assert word
    assert mapped.canonical() == room("kelly", 0.0, note=f"{word}; {OF_LOST}").canonical()
    assert kelly(staked(calibration=WELL)).canonical() == unbound("kelly", note=WELL.worth(1.0, None).note).canonical()


def test_kelly_that_leaves_just_a_whole_position_is_no_cap() -> None:
    some = staked(limits={"max_position_fraction": 1.0, "max_deployed_fraction": 1.0}, stop=0.9)
    entry = Entry(1.0, 0.9, 0.0, some.limits, some.exits, record=WON)
    whole = kelly_room(entry)
    assert 0.0 < whole < 1.0
    just = staked(limits={"max_position_fraction": whole, "max_deployed_fraction": 1.0}, stop=0.9)
    assert kelly(just).notional_cap is None
    assert kelly(some).canonical() == room("kelly", whole, note=kelly(some).note).canonical()


@pytest.mark.parametrize(("rule", "given", "report"), REPORTS)
def test_a_report_is_this_to_the_letter(rule: Rule, given: Facts, report: Any) -> None:
    assert rule(given).canonical() == report.canonical()


def test_a_market_that_never_moves_counts_as_the_same_as_any_other() -> None:
    assert pearson(np.zeros(500), OWN) == 1.0
    assert pearson(OWN, OWN) == pytest.approx(1.0, abs=1e-12)
    assert pearson(OWN + 1.0, -2.0 * OWN) == pytest.approx(-1.0, abs=1e-12)


def test_contexts_report_their_own_hours_and_positions_to_the_letter() -> None:
    terms = Terms(
        hours=(OwnHours(context="one", hours=(8, 20)), OwnHours(context="two", hours=(22, 6))),
        positions=(OwnPositions(context="one", most=2), OwnPositions(context="two", most=1)),
    )
    at_8 = proposal(as_of_utc=AT.replace(hour=8), terms=terms)
    found = own_checks(facts(proposal=at_8, own_positions={"one": 2}))
    wanted = [
        ("one", passed("trading_hours", 8.0, None, "h UTC", "open from 8 to 20 h UTC")),
        ("two", refused("trading_hours", 8.0, None, "h UTC", "open from 22 to 6 h UTC")),
        ("one", refused("max_positions", 2.0, 2.0, "positions")),
        ("two", passed("max_positions", 0.0, 1.0, "positions")),
    ]
    assert [each.canonical() for each in found] == [
        report.model_copy(update={"context": context}).canonical() for context, report in wanted
    ]
    assert own_checks(facts()) == ()


def judged(terms: Terms | None) -> Verdict:
    known = facts(proposal=proposal(conviction=1.0, terms=terms))
    gate = RiskManager(LIMITS, SETTINGS.exits, Seal(b"k" * 32), bars_per_day=24.0)
    return gate.judge(Situation(**{name: getattr(known, name) for name in Situation.__dataclass_fields__}))


@pytest.mark.parametrize("first", ["one", "two"])
def test_of_two_contexts_that_tighten_one_rule_the_first_is_named(first: str) -> None:
    both = {
        "one": TightLimit(name="max_stop_fraction", value=0.02, context="one"),
        "two": TightLimit(name="kelly_fraction", value=0.25, context="two"),
    }
    other = "two" if first == "one" else "one"
    told = {report.code: report.context for report in judged(Terms(limits=(both[first], both[other]))).rules}
    assert (told["kelly"], told["risk_per_trade"], told["cash"]) == (first, "one", None)


def test_the_hours_of_a_context_keep_its_name_beside_its_tightened_limits() -> None:
    terms = Terms(
        limits=(TightLimit(name="max_position_fraction", value=0.01, context="two"),),
        hours=(OwnHours(context="one", hours=(0, 24)),),
    )
    told = [(report.code, report.context) for report in judged(terms).rules if report.context]
    assert sorted(told) == [("position", "two"), ("trading_hours", "one")]


def enlarging(exposure: float = 0.5, own: str = "100", **changes: Any) -> Facts:
    """BTC at 50,000 is held for 100, and voters want a share of it; of ETH 1,000 is held."""
    mine = held(BTC, own).model_copy(update={"quantity": Decimal(own) / 50_000})
    given = proposal(exposure=exposure, held_share=0.1, ruling_scale=0.5, **changes)
    return facts(proposal=given, portfolio=portfolio(positions=(held(ETH, "1000"), mine)))


def test_a_share_is_taken_of_caps_on_the_position_and_not_of_those_of_the_order() -> None:
    some = enlarging()
    caps = [room("position", 0.0625), room("liquidity", 0.03125), unbound("cluster")]
    assert room_left(some, caps, frozenset()) == Room(caps[1], Decimal("-21.875"))
    assert room_left(some, caps, frozenset({"liquidity"})) == Room(caps[0], Decimal("56.25"))
    assert held_quantity(some) == Decimal("0.002")
    assert [one.symbol for one in beside(some).portfolio.positions] == [ETH]


@pytest.mark.parametrize(("mark", "worth"), [("51000", "102"), ("50000", "100"), ("49000", "100")])
def test_what_is_held_counts_at_its_mark_where_a_proposal_names_a_cheaper_price(mark: str, worth: str) -> None:
    some = enlarging()
    mine = some.portfolio.positions[1].model_copy(update={"mark_price": Decimal(mark)})
    book = some.portfolio.model_copy(update={"positions": (some.portfolio.positions[0], mine)})
    some = replace(some, portfolio=book)
    assert worth_with(some, Decimal(0)) == Decimal(worth)
    assert worth_with(some, Decimal("0.001")) == Decimal(worth) + 50
    whole = room_left(some, [room("position", 0.0625)], frozenset())
    assert whole.notional == Decimal("156.25") - Decimal(worth)


def test_who_does_not_enlarge_has_nothing_taken_off() -> None:
    anew = enlarging(own="100").proposal.model_copy(update={"held_share": None})
    some = replace(enlarging(), proposal=anew)
    assert held_quantity(some) == 0
    assert beside(some) is some
    assert room_left(some, [room("position", 0.0625)], frozenset()).notional == Decimal("156.25")


@pytest.mark.parametrize("own", ["100", "0.5"])
@pytest.mark.parametrize(("left", "enough"), [("0.01", False), ("0", True), ("-5", True)])
def test_a_share_that_adds_nothing_is_refused_in_words(left: str, enough: bool, own: str) -> None:
    report = share_report(enlarging(own=own), Room(room("var_1d", 0.5), Decimal(left)))
    wanted = "50% of a full position is wanted"
    told = refused if enough else passed
    note = f"{wanted}, and what var_1d leaves of it is held already" if enough else wanted
    assert report.canonical() == told("share", float(own), None, "quote held", note).canonical()


def test_a_second_half_that_adds_nothing_is_refused_by_what_the_court_leaves() -> None:
    given = enlarging().proposal.model_copy(update={"exposure": None})
    report = share_report(replace(enlarging(), proposal=given), Room(room("var_1d", 0.5), Decimal(0)))
    assert report.note.endswith("is wanted, and what the court leaves of var_1d is held already")


def test_equal_parts_of_risk_that_leave_a_whole_position_are_no_cap() -> None:
    docket = DocketView((BTC,), returns())
    some = facts(limits=limited(risk_parity=True, max_position_fraction=0.0625), docket=docket)
    whole = one_day_var(some.horizon.steps(docket.returns)[:, 0], some.limits, some.horizon)
    just = replace(some, limits=limited(risk_parity=True, max_position_fraction=0.0625, max_var_1d=whole / 16))
    assert equal_risk(just).canonical() == unbound("equal_risk", note="one of 1").canonical()
    less = replace(some, limits=limited(risk_parity=True, max_position_fraction=0.0625, max_var_1d=whole / 32))
    assert equal_risk(less).canonical() == room("equal_risk", 0.03125, note="one of 1").canonical()


def test_a_new_share_without_room_is_not_refused_by_this_rule() -> None:
    anew = enlarging().proposal.model_copy(update={"held_share": None})
    report = share_report(replace(enlarging(), proposal=anew), Room(room("var_1d", 0.5), Decimal(0)))
    assert (
        report.canonical() == passed("share", 0.0, None, "quote held", "50% of a full position is wanted").canonical()
    )


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({"exposure": 0.0}, True),
        ({"exposure": 1.0, "held_share": 0.0}, True),
        ({"exposure": 0.5, "held_share": 1.0}, True),
        ({"exposure": 1.0001}, False),
        ({"exposure": -0.0001}, False),
        ({"exposure": 0.5, "held_share": 1.0001}, False),
        ({"exposure": 0.5, "exit_price": 0.5}, True),
        ({"exposure": 0.5, "exit_price": 49_999.0}, True),
        ({"exposure": 0.5, "exit_price": 50_000.0}, False),
        ({"exposure": 0.5, "exit_price": 0.0}, False),
    ],
)
def test_the_ends_of_shares_belong_to_them_and_an_exit_lies_below_the_price(
    changes: dict[str, Any], sound: bool
) -> None:
    assert shares_well_formed(proposal().model_copy(update=changes)) is sound
