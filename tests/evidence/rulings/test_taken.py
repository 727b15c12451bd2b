"""What was taken from a voter: kept against rejected outcomes, and growth without each throttle."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from court_support import advocate, book, case, officer, supervisor
from hearing_support import BTC, barriers, hearing

from config.seeds import generator
from evidence.rulings.taken import ADJUSTER, ADVISED, ALL, Taken, TakenReport, ThrottledCase, taken_from, throttled
from evidence.statistics.differences import mean_difference
from risk.proposal import Direction
from risk.verdict import Outcome, Reaction, RuleReport
from rl.adjustment import Adjustment

BARS = 400


def prices(*moves: float) -> Any:
    """One market whose bar after row n returns `moves[n]` from open to close, and opens where the last one closed."""
    close = 100.0 * np.cumprod(1.0 + np.array(moves))
    opened = np.concatenate(([100.0], close[:-1]))
    return {
        BTC: SimpleNamespace(open=opened, high=np.maximum(opened, close), low=np.minimum(opened, close), close=close)
    }


def one(row: int, voters: tuple[str, ...] = ("a",), **changes: Any) -> ThrottledCase:
    values: dict[str, Any] = {
        "row": row, "symbol": BTC, "voters": voters, "stop": 0.02, "target": 0.02, "fee": 0.0, "bought": 0.05,
        "asked": frozenset({"court", "correlation"}), "rejected": frozenset(), "taken": {},
    }  # fmt: skip
    return ThrottledCase(**(values | changes))


def rejected(row: int, by: str = "court", **changes: Any) -> ThrottledCase:
    return one(row, bought=0.0, rejected=frozenset({by}), taken={by: 0.05}, **changes)


def report(cases: list[ThrottledCase], moves: list[float], horizon: int = 1) -> TakenReport:
    return taken_from(cases, prices(*moves), n_bars=len(moves), horizon_bars=horizon, seed=7)


def row_of(found: TakenReport, by: str, voter: str) -> Taken:
    (row,) = (each for each in found.rows if (each.by, each.voter) == (by, voter))
    return row


def test_kept_and_rejected_cases_are_held_against_each_other() -> None:
    moves = [0.0, *([0.03, -0.03] * 60)]
    kept = [one(row) for row in range(0, 60, 2)]
    out = [rejected(row) for row in range(61, 121, 2)] + [rejected(120)]
    found = row_of(report([*kept, *out], moves), "court", "a")
    assert (found.kept.cases, found.kept.settled, found.rejected.cases, found.rejected.settled) == (30, 30, 31, 30)
    assert found.kept.won is not None
    assert found.rejected.won is not None
    assert (found.kept.won.value, found.rejected.won.value) == (1.0, 0.0)
    assert found.kept.won.low == pytest.approx(0.8865, abs=1e-4)
    assert (found.kept.mean_bps, found.rejected.mean_bps) == (pytest.approx(200.0), pytest.approx(-200.0))
    assert found.difference_bps is not None
    assert found.difference_bps.value == pytest.approx(400.0)
    assert found.growth == pytest.approx(-30 * 0.05 * 0.02), "the court saved what it rejected"


def test_a_throttle_without_skill_has_an_interval_that_contains_zero() -> None:
    chance = generator(3, "moves")
    moves = chance.choice([0.03, -0.03], size=400).tolist()
    cases = [one(row) if chance.random() < 0.5 else rejected(row) for row in range(399)]
    found = row_of(report(cases, moves), "court", "a").difference_bps
    assert found is not None
    assert found.low < 0 < found.high


def test_too_few_cases_have_no_interval() -> None:
    found = report([one(0), rejected(1)], [0.0, 0.03, 0.03])
    assert row_of(found, "court", "a").difference_bps is None


def test_a_market_that_is_held_is_not_bought_again_without_the_throttle() -> None:
    """Three rejected proposals of one rise are one smaller purchase, which stands in the way of the one that was made."""
    out = [rejected(row, target=0.05)._replace(taken={"court": 0.04}) for row in (0, 1, 2)]
    found = row_of(report([*out, one(3, target=0.05)], [0.01] * 12, horizon=9), "court", "a")
    assert (found.kept.settled, found.rejected.settled) == (1, 3)
    assert found.growth == pytest.approx(0.04 * 0.05 - 0.05 * 0.05)


def test_each_voter_has_a_row_and_all_of_them_one_together() -> None:
    cases = [rejected(0, voters=("a",)), rejected(2, voters=("a", "b")), one(4, voters=("b",))]
    found = report(cases, [0.0, 0.03, 0.0, 0.03, 0.0, 0.03])
    assert [(row.by, row.voter) for row in found.rows] == [("court", ALL), ("court", "a"), ("court", "b")]
    assert [row.rejected.cases for row in found.rows] == [2, 2, 1]
    assert [row.kept.cases for row in found.rows] == [1, 0, 1]
    assert [round(row.growth, 9) for row in found.rows] == [0.002, 0.002, 0.001]


def test_breakers_are_told_apart_and_one_did_not_keep_what_another_rejected() -> None:
    asked = frozenset({"court", "breaker"})
    cases = [
        rejected(0, "breaker turbulence", asked=asked),
        rejected(2, "breaker loss_streak", asked=asked),
        one(4, asked=asked),
    ]
    found = report(cases, [0.0] * 6)
    for breaker in ("breaker turbulence", "breaker loss_streak"):
        row = row_of(found, breaker, "a")
        assert (row.kept.cases, row.rejected.cases) == (1, 1)


def test_the_court_stands_first_and_what_took_nothing_is_left_out() -> None:
    cases = [*(rejected(row, "correlation") for row in (0, 1, 2)), rejected(3), one(4)]
    assert [row.by for row in report(cases, [0.01] * 6).rows] == ["court", "correlation"]
    assert report([one(0)], [0.0, 0.0]).rows == ()
    assert report([], [0.0]).rows == ()


def signed(notional: str, *caps: tuple[str, str, Reaction], **words: Any) -> Any:
    found = hearing(**words)
    rules = tuple(
        RuleReport(code=code, number=None, limit=None, unit="", reaction=reaction, notional_cap=Decimal(cap))
        for code, cap, reaction in caps
    )
    binding = next(code for code, _, reaction in caps if reaction is Reaction.CUT)
    verdict = found.verdict.model_copy(
        update={"outcome": Outcome.SIGNED, "rules": rules, "notional": Decimal(notional), "binding_rule": binding}
    )
    return found.model_copy(update={"verdict": verdict})


CAPS = (("position", "500", Reaction.PASS), ("kelly", "200", Reaction.CUT), ("cash", "400", Reaction.PASS))


def test_of_a_signed_purchase_the_court_took_its_scale_and_the_binding_cap_the_way_to_the_next() -> None:
    equity = book().equity
    found = throttled(9, signed("100", *CAPS, supervisor=supervisor(50), risk_agent=officer(50)), barriers())
    assert found is not None
    assert (found.row, found.voters, found.rejected) == (9, ("ema_cross",), frozenset())
    assert found.bought == pytest.approx(100 / equity)
    assert found.taken == {"court": pytest.approx(100 / equity), "kelly": pytest.approx(0.5 * 200 / equity)}
    assert {"court", "adjuster", "kelly"} <= found.asked


def adjusted(found: Any, **said: Any) -> Any:
    return found.model_copy(update={"adjustment": Adjustment(adjuster="drawn", **said)})


def test_what_an_adviser_would_have_taken_or_given_back_is_a_row_of_its_own() -> None:
    equity, half = book().equity, signed("100", *CAPS, supervisor=supervisor(50), risk_agent=officer(50))
    less = throttled(0, adjusted(half, scale=1.0, mode="advisory", advised=0.4), barriers())
    more = throttled(0, adjusted(half, scale=1.0, mode="advisory", advised=1.25), barriers())
    whole = throttled(0, adjusted(signed("200", *CAPS), scale=1.0, mode="advisory", advised=1.25), barriers())
    assert less is not None
    assert more is not None
    assert whole is not None
    assert less.taken[ADVISED] == pytest.approx(0.6 * 100 / equity)
    assert more.taken[ADVISED] == pytest.approx(-0.25 * 100 / equity)
    assert ADVISED not in whole.taken, "the court left all of it, so nothing can be given back"
    assert ADJUSTER not in less.taken | more.taken


def test_the_growth_of_an_advisers_row_is_the_run_less_that_of_one_in_which_it_were_active() -> None:
    asked = frozenset({"court", ADVISED})
    moves = [0.0, 0.02, 0.0, -0.02]
    for taken, growth in (({0: 0.04}, 0.04 * 0.02), ({2: 0.04}, -0.04 * 0.02), ({0: -0.01}, -0.01 * 0.02)):
        cases = [one(row, asked=asked, taken={ADVISED: taken[row]} if row in taken else {}) for row in (0, 2)]
        assert row_of(report(cases, moves), ADVISED, "a").growth == pytest.approx(growth)


def test_what_an_active_policy_gave_back_counts_below_zero() -> None:
    equity = book().equity
    given = adjusted(
        signed("125", *CAPS, supervisor=supervisor(50), risk_agent=officer(50)), scale=1.25, mode="active", advised=1.25
    )
    found = throttled(0, given, barriers())
    assert found is not None
    assert found.taken[ADJUSTER] == pytest.approx(-25 / equity)
    assert found.taken["court"] == pytest.approx(75 / equity)
    assert ADVISED not in found.asked


def test_what_the_court_rejected_is_the_courts_alone_and_what_two_refused_is_nobodys() -> None:
    lost: dict[str, Any] = {"advocate": advocate(100), "supervisor": supervisor(0)}
    alone = throttled(0, hearing(refused_by="ruling", **lost), barriers())
    assert alone is not None
    assert alone.rejected == {"court"}
    assert alone.taken.keys() == {"court"}
    assert alone.taken["court"] > 0
    both = throttled(0, hearing(refused_by="correlation", **lost), barriers())
    assert both is not None
    assert both.rejected == {"court", "correlation"}
    assert both.taken == {}
    gate = throttled(0, hearing(refused_by="correlation"), barriers())
    assert gate is not None
    assert gate.taken.keys() == {"correlation"}


@pytest.mark.parametrize("refused_by", ["share", "one_position"])
def test_what_was_entered_before_a_ruling_was_bought_and_no_rule_took_the_rest_of_it(refused_by: str) -> None:
    left = hearing(caps=("200",), refused_by=refused_by, supervisor=supervisor(25))
    equity = left.case.book.equity
    found = throttled(0, left, barriers(), Decimal(50))
    assert found is not None
    assert (found.bought, found.rejected) == (50 / equity, set())
    assert found.taken == {"court": pytest.approx((200 - 50) / equity)}


def test_a_cap_that_leaves_less_than_the_venue_takes_is_the_one_that_took_it() -> None:
    found = hearing(refused_by="min_notional")
    kelly = RuleReport(
        code="kelly", number=None, limit=None, unit="", reaction=Reaction.CUT, notional_cap=Decimal(3)
    )  # fmt: skip
    small = RuleReport(code="min_notional", number=None, limit=10.0, unit="", reaction=Reaction.REFUSE)
    verdict = found.verdict.model_copy(update={"rules": (kelly, small)})
    cut = throttled(0, found.model_copy(update={"verdict": verdict}), barriers())
    alone = throttled(0, found, barriers())
    assert cut is not None
    assert alone is not None
    assert (cut.rejected, cut.taken.keys()) == ({"kelly"}, {"kelly"})
    assert alone.rejected == {"min_notional"}


def test_a_breaker_is_named_by_the_book() -> None:
    tripped = case(book=book(breaker="turbulence"))
    found = throttled(0, hearing(refused_by="breaker", case=tripped), barriers())
    assert found is not None
    assert found.rejected == {"breaker turbulence"}


def test_only_purchases_are_cases() -> None:
    proposal = case().proposal.model_copy(update={"direction": Direction.SHORT})
    assert throttled(0, hearing(refused_by="ruling", case=case(proposal=proposal)), barriers()) is None


def test_a_difference_of_means_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = 0
    for number in range(200):
        chance = generator(number, "means")
        values, first = chance.normal(0.0, 1.0, 80), chance.random(80) < 0.5
        found = mean_difference(values + 0.5 * first, first, 1, generator(number, "boot"))
        hits += found.low <= 0.5 <= found.high
    assert 180 <= hits <= 198
