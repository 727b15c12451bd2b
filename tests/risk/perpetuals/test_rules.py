"""Rules with a short, by known answers: the sign of each figure, and what is told of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import ANY_PRICE, LIMITS, cap, facts, portfolio, proposal
from perpetual_support import ANY_STRESSED, PERP, STRESSED, long_facts, perpetual, short_facts, sold, wallet

from market.book import Book, Level
from risk.calibration import CalibrationMap, ShortMaps, SizingMaps
from risk.facts import Facts, gross, weights
from risk.limits import book, clusters, loss, market, trade
from risk.limits.share import held_quantity, shares_well_formed, stop_at_venue
from risk.order import Side
from risk.proposal import Direction
from risk.sizing import Entry, dearest_price, deployed_room, own_stop
from risk.verdict import Reaction

TWO = ("BTC/USDT", "ETH/USDT")
BOTH = (short_facts, long_facts)
CLUSTERED = STRESSED.model_copy(update={"correlation": "cluster", "max_cluster_fraction": 0.06})


def moving(correlated: float) -> np.ndarray:
    """Return returns of two markets, whose correlation has this sign."""
    chance = np.random.default_rng(7)
    one = chance.normal(0.0, 0.004, size=500)
    return np.column_stack([one, correlated * one + chance.normal(0.0, 0.002, size=500)])


def beside_eth(make: Any, notional: str, correlated: float = 1.0, **changes: Any) -> Facts:
    """Return facts with a position in ETH/USDT that moves with, or against, the proposed market."""
    changes.setdefault(
        "portfolio", wallet(positions=(perpetual("ETH/USDT", notional),), reserved=abs(Decimal(notional)))
    )
    return make(symbols=TWO, returns=moving(correlated), **changes)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("asked", "instrument", "note"),
    [
        (Direction.SHORT, PERP, None),
        (Direction.LONG, PERP, None),
        (Direction.NONE, PERP, "none on perpetual"),
        (Direction.SHORT, facts().instrument, "short on spot"),
        (Direction.LONG, facts().instrument, None),
        (Direction.NONE, facts().instrument, "none on spot"),
    ],
)
def test_a_short_opens_on_perpetuals_alone(asked: Direction, instrument: Any, note: str | None) -> None:
    report = trade.direction(short_facts(proposal=proposal(direction=asked), instrument=instrument))
    assert (report.reaction is Reaction.PASS, report.note) == (note is None, note or "")


def test_the_sign_is_minus_one_for_a_short_where_there_are_shorts() -> None:
    assert (short_facts().sign, long_facts().sign) == (-1, 1)
    assert facts(proposal=sold()).sign == 1
    assert short_facts(proposal=proposal(direction=Direction.NONE)).sign == 1


def test_an_addition_has_the_sign_of_the_proposal() -> None:
    held = beside_eth(short_facts, "-400")
    assert weights(held, 0.05).tolist() == [-0.05, -0.04]
    assert weights(beside_eth(long_facts, "-400"), 0.05).tolist() == [0.05, -0.04]


def test_what_is_held_and_coming_is_added_up_long_and_short() -> None:
    coming = {"SOL/USDT": Decimal(-300), "BTC/USDT": Decimal(100)}
    some = short_facts(
        portfolio=wallet(
            positions=(perpetual("ETH/USDT", "-400"), perpetual("XRP/USDT", "250")), pending_notional=coming
        )
    )
    assert gross(some, {"ETH/USDT", "SOL/USDT"}) == 0.07
    assert gross(some, {"XRP/USDT", "BTC/USDT"}) == 0.035
    assert gross(some, ()) == 0.0


@pytest.mark.parametrize(
    ("position", "make", "enlarges", "passes"),
    [
        (None, short_facts, False, True),
        ("-100", short_facts, False, False),
        ("100", short_facts, False, False),
        ("-100", short_facts, True, True),
        ("100", short_facts, True, False),
        ("-100", long_facts, True, False),
        ("100", long_facts, True, True),
        ("-100", long_facts, False, False),
    ],
)
def test_a_position_is_enlarged_on_its_own_side_and_never_turned_round(
    position: str | None, make: Any, enlarges: bool, passes: bool
) -> None:
    positions = () if position is None else (perpetual("BTC/USDT", position),)
    asked = make().proposal.model_copy(update={"exposure": 1.0, "held_share": 0.5} if enlarges else {})
    report = trade.one_position(make(proposal=asked, portfolio=wallet(positions=positions)))
    assert (report.reaction is Reaction.PASS) == passes
    other_way = position is not None and enlarges and not passes
    assert report.note == ("" if passes else "held the other way" if other_way else "already held or under way")


@pytest.mark.parametrize("coming", [Decimal(-5), Decimal(5)])
def test_an_entry_under_way_on_either_side_is_not_added_to(coming: Decimal) -> None:
    some = short_facts(portfolio=wallet(pending_notional={"BTC/USDT": coming}))
    assert trade.one_position(some).note == "already held or under way"
    assert trade.one_position(short_facts(portfolio=wallet(pending_notional={"BTC/USDT": Decimal(0)}))).note == ""


def test_a_short_is_taken_off_a_book_that_is_net_long_and_added_to_one_that_is_net_short() -> None:
    limits = ANY_STRESSED.model_copy(update={"max_net_leverage": 0.2, "max_gross_leverage": 0.5})
    for make, notional, net in ((short_facts, "-400", 0.16), (short_facts, "400", 0.24), (long_facts, "-400", 0.24)):
        some = beside_eth(make, notional, limits=limits)
        assert cap(book.net_leverage(some)) == pytest.approx(net * 10_000)
        assert cap(book.gross_leverage(some)) == pytest.approx(4_600)


def test_a_sector_is_not_netted() -> None:
    limits = LIMITS.model_copy(update={"sectors": dict.fromkeys(TWO, "coins"), "max_sector_fraction": 0.1})
    for notional in ("400", "-400"):
        assert cap(book.sector(beside_eth(short_facts, notional, limits=limits))) == pytest.approx(600)


@pytest.mark.parametrize(
    ("make", "held", "correlated", "worst"),
    [
        (short_facts, "-400", 1.0, 0.9),
        (short_facts, "400", 1.0, 0.0),
        (long_facts, "-400", 1.0, 0.0),
        (long_facts, "400", 1.0, 0.9),
        (short_facts, "400", -1.0, 0.9),
        (short_facts, "-400", -1.0, 0.0),
        (long_facts, "-400", -1.0, 0.9),
    ],
)
def test_the_same_bet_twice_is_refused_and_a_hedge_is_not(
    make: Any, held: str, correlated: float, worst: float
) -> None:
    report = clusters.correlation(beside_eth(make, held, correlated))
    assert report.number == pytest.approx(worst, abs=0.02)
    assert (report.reaction is Reaction.REFUSE) == (worst > 0.7)
    assert report.note == ("with ETH/USDT" if worst else "nothing held")


def test_a_series_that_never_moved_is_the_same_bet_on_either_side() -> None:
    for make in BOTH:
        still = moving(1.0)
        still[:, 1] = 0.0
        some = replace(beside_eth(make, "-400"), returns=still)
        assert clusters.correlation(some).number == 1.0


@pytest.mark.parametrize("held", ["400", "-400"])
@pytest.mark.parametrize("correlated", [1.0, -1.0])
@pytest.mark.parametrize("make", BOTH)
def test_a_cluster_of_perpetuals_is_gross_whatever_offsets_in_it(make: Any, held: str, correlated: float) -> None:
    some = beside_eth(make, held, correlated, limits=CLUSTERED)
    assert cap(clusters.cluster(some)) == pytest.approx(200)
    assert clusters.cluster(replace(some, returns=moving(0.1))).note == "nothing held moves with it"


def test_on_spot_what_moves_against_a_market_is_in_no_cluster_with_it() -> None:
    spot = facts(symbols=TWO, returns=moving(-1.0), portfolio=portfolio(positions=(perpetual("ETH/USDT", "400"),)))
    report = clusters.cluster(replace(spot, limits=CLUSTERED))
    assert (report.notional_cap, report.note) == (None, "nothing held moves with it")


def test_a_hedge_lowers_the_tails_and_is_bounded_by_the_other_caps_alone() -> None:
    tight = LIMITS.model_copy(update={"max_var_1d": 0.003, "max_es_1d": 0.003})
    one_way, hedge = (beside_eth(short_facts, held, limits=tight) for held in ("-400", "400"))
    for rule in (trade.value_at_risk, trade.expected_shortfall):
        assert rule(hedge).notional_cap is None
        assert cap(rule(one_way)) < 350
    assert trade.tails_hold(hedge, 0.05).reaction is Reaction.PASS
    assert trade.tails_hold(one_way, 0.05).reaction is Reaction.REFUSE
    assert trade.tails_hold(hedge, 0.05).number == pytest.approx(
        trade.tails_hold(replace(beside_eth(long_facts, "-400", limits=tight), returns=-hedge.returns), 0.05).number
    )


def test_the_worst_stretch_of_a_short_is_the_steepest_rise() -> None:
    rows = np.zeros((100, 1))
    rows[40:44, 0] = 0.1
    rows[70:74, 0] = -0.05
    limits = STRESSED.model_copy(update={"stress_bars": 4, "max_stressed_loss": 0.02})
    short, long = (make(returns=rows, limits=limits) for make in BOTH)
    risen, fallen = 1.1**4 - 1, 1 - 0.95**4
    assert loss.stressed_loss(short).number == pytest.approx(0.05 * risen)
    assert cap(loss.stressed_loss(short)) == pytest.approx(10_000 * 0.02 / risen)
    assert loss.stressed_loss(long).number == pytest.approx(0.05 * fallen)
    assert loss.stressed_loss(long).notional_cap is None


@pytest.mark.parametrize("leverage", ["1", "2", "3"])
@pytest.mark.parametrize("make", BOTH)
def test_margin_and_fee_are_paid_out_of_what_no_position_has_reserved(make: Any, leverage: str) -> None:
    some = make(
        portfolio=wallet(cash=Decimal(900), reserved=Decimal(300), pending_notional={"ETH/USDT": Decimal(-120)}),
        leverage=Decimal(leverage),
    )
    cost = 1 / float(leverage) + 0.001
    assert cap(trade.cash(some)) == pytest.approx(600 / cost / 1.005 - 120, rel=1e-9)
    any_price = replace(some, limits=ANY_PRICE)
    assert cap(trade.cash(any_price)) == pytest.approx((600 - 120 / float(leverage)) / cost * 0.99, rel=1e-9)


@pytest.mark.parametrize("changes", [{"leverage": None}, {"portfolio": wallet(reserved=None)}])
def test_an_account_whose_margin_is_not_known_has_no_cash(changes: dict[str, Any]) -> None:
    report = trade.cash(short_facts(**changes))
    assert (report.code, report.notional_cap, report.note) == ("cash", 0, "the margin of the account is not known")


def test_of_several_exchanges_one_alone_pays() -> None:
    whole = trade.cash(facts(limits=ANY_PRICE))
    least = trade.cash(replace(facts(limits=ANY_PRICE), most_free=Decimal(100)))
    assert cap(least) == pytest.approx(100 / 1.001 * 0.99, rel=1e-9)
    assert cap(trade.cash(replace(facts(limits=ANY_PRICE), most_free=Decimal(1_000_000)))) == cap(whole)


def test_what_is_deployed_beside_a_short_is_counted_as_if_prices_had_risen() -> None:
    limits = LIMITS.model_copy(update={"max_deployed_fraction": 0.5, "entry_price_cap_bps": 100.0})
    at = {"limits": limits, "exits": facts().exits, "conviction": 1.0, "stop": 0.02, "deployed": 0.3, "held": 0.2}
    long, short = Entry(**at), Entry(**at, short=0.1)
    assert deployed_room(long) == pytest.approx((0.5 - 0.2 * 1.01) / 1.01 - 0.1)
    assert deployed_room(short) == pytest.approx((0.5 * (1 - 0.01 * 0.1) - 0.2 * 1.01) / 1.01 - 0.1)
    entry = trade.entry_of(
        short_facts(portfolio=wallet(positions=(perpetual("ETH/USDT", "-400"), perpetual("SOL/USDT", "200"))))
    )
    assert (entry.held, entry.short, entry.deployed) == (0.06, 0.04, 0.06)


LADDER = Book(
    bids=(Level(Decimal(99), Decimal(2)), Level(Decimal(97), Decimal(4)), Level(Decimal(90), Decimal(50))),
    asks=(Level(Decimal(101), Decimal(3)), Level(Decimal(110), Decimal(1))),
)


def test_a_short_walks_down_the_bids() -> None:
    """At 2 % below 100 two lots at 99 leave one each, which pays for two at 97: four in all, at 98 on average."""
    limits = LIMITS.model_copy(update={"max_slippage": 0.02})
    report = market.expected_slippage(
        short_facts(book=LADDER, limits=limits, proposal=sold(reference_price=Decimal(100)))
    )
    assert cap(report) == pytest.approx(400)
    assert report.note == "400 to be had for 2.00% below the middle"
    assert market.depth_within(LADDER.bids, Decimal(98), -1) == 4
    assert market.depth_within(LADDER.bids, Decimal("99.5"), -1) == 0
    assert market.depth_within(LADDER.bids, Decimal(50), -1) == 56
    bought = market.expected_slippage(
        long_facts(book=LADDER, limits=limits, proposal=proposal(reference_price=Decimal(100)))
    )
    assert cap(bought) == pytest.approx(337.5)
    assert bought.note == "337 to be had for 2.00% above the middle"


def test_a_book_bears_a_sale_by_its_bids() -> None:
    limits = LIMITS.model_copy(update={"max_slippage": 0.02, "max_spread_bps": 500.0})
    said = {
        (Side.SELL, "4"): "",
        (Side.SELL, "5"): "selling there costs more than 2.00% below the middle",
        (Side.SELL, "57"): "its book shows 56 of 57",
        (Side.BUY, "3"): "",
        (Side.BUY, "4"): "buying there costs more than 2.00% above the middle",
        (Side.BUY, "5"): "its book shows 4 of 5",
    }
    for (side, quantity), why in said.items():
        assert market.why_not_filled(Decimal(quantity), side, LADDER, limits) == why


def test_what_was_signed_is_not_filled_out_of_a_wide_book_or_one_side_of_a_book() -> None:
    """A bid of 99 and an ask of 101 are 200 basis points of their middle apart."""
    limits = LIMITS.model_copy(update={"max_slippage": 0.02, "max_spread_bps": 200.0})
    assert market.why_not_filled(Decimal(1), Side.BUY, LADDER, limits) == ""
    tight = limits.model_copy(update={"max_spread_bps": 199.5})
    said = "its spread of 200.0 bps is above 199.5 bps"
    assert market.why_not_filled(Decimal(1), Side.BUY, LADDER, tight) == said
    bought = Book(bids=LADDER.bids, asks=())
    assert market.why_not_filled(Decimal(1), Side.SELL, bought, limits) == "its book does not show both sides"


@pytest.mark.parametrize(
    ("exit_price", "sign", "sound"),
    [
        (49_000.0, 1, True), (50_000.0, 1, False), (51_000.0, 1, False), (51_000.0, -1, True), (50_000.0, -1, False),
        (49_000.0, -1, False), (float("inf"), -1, False), (0.0, 1, False), (-1.0, 1, False), (float("nan"), -1, False),
    ],
)  # fmt: skip
def test_the_exit_of_a_short_lies_above_the_price(exit_price: float, sign: int, sound: bool) -> None:
    asked = proposal().model_copy(update={"exit_price": exit_price})
    assert shares_well_formed(asked, sign) is sound
    if sign > 0:
        assert shares_well_formed(asked) is sound
    judged = short_facts if sign < 0 else long_facts
    direction = Direction.SHORT if sign < 0 else Direction.LONG
    report = trade.well_formed(judged(proposal=asked.model_copy(update={"direction": direction})))
    assert (report.reaction is Reaction.PASS) is sound


def test_the_stop_of_a_share_is_counted_at_its_own_exit_on_its_side() -> None:
    assert own_stop(100.0, 104.0, LIMITS, -1) == pytest.approx(0.04)
    assert own_stop(100.0, 96.0, LIMITS) == own_stop(100.0, 96.0, LIMITS, 1) == pytest.approx(0.04)
    assert own_stop(100.0, 100.5, LIMITS, -1) == LIMITS.stop_fraction
    assert own_stop(100.0, 190.0, LIMITS, -1) == own_stop(100.0, None, LIMITS, -1) == LIMITS.max_stop_fraction
    shared = short_facts(stop=0.03, proposal=sold(exposure=1.0))
    assert (stop_at_venue(shared), stop_at_venue(short_facts(stop=0.03))) == (LIMITS.max_stop_fraction, 0.03)


@pytest.mark.parametrize(
    ("reference", "tick", "bps", "price"),
    [
        ("100", "0.01", 50.0, "99.50"),
        ("100", "0.3", 50.0, "99.6"),
        ("33.333", "0.01", 50.0, "33.17"),
        ("7", "1", 1000.0, "7"),
    ],
)
def test_the_worst_price_of_a_short_is_its_lowest_rounded_up_to_a_tick(
    reference: str, tick: str, bps: float, price: str
) -> None:
    limits = LIMITS.model_copy(update={"entry_price_cap_bps": bps})
    assert dearest_price(Decimal(reference), Decimal(tick), limits, -1) == Decimal(price)
    assert dearest_price(Decimal(reference), Decimal(tick), ANY_PRICE, -1) is None


def test_what_is_held_of_a_short_has_no_sign() -> None:
    some = short_facts(
        proposal=sold(exposure=1.0, held_share=0.5), portfolio=wallet(positions=(perpetual("BTC/USDT", "-250"),))
    )
    assert held_quantity(some) == Decimal("2.5")
    assert held_quantity(replace(some, proposal=sold(exposure=1.0))) == 0


@pytest.mark.parametrize("staked", ["notional", "risk"])
def test_kelly_asks_of_a_short_what_shorts_have_been_worth_and_of_a_long_what_longs_have(staked: str) -> None:
    good, poor = (CalibrationMap(points=((0.0, p), (1.0, p)), n=200, k=50.0) for p in (0.9, 0.45))
    limits = LIMITS.model_copy(update={"kelly_stake": staked})
    for longs, shorts in ((good, poor), (poor, good)):
        maps = SizingMaps(voters=longs, shorts=ShortMaps(voters=shorts))
        reports = [trade.kelly(make(calibration=maps, limits=limits)) for make in (long_facts, short_facts)]
        worth = [f"{each.points[0][1]:.1%}" for each in (longs, shorts)]
        assert [word in report.note for word, report in zip(worth, reports, strict=True)] == [True, True]
        alone = [
            trade.kelly(make(calibration=SizingMaps(voters=own), limits=limits))
            for make, own in ((long_facts, longs), (short_facts, shorts))
        ]
        assert [each.notional_cap for each in reports] == [each.notional_cap for each in alone]


def test_an_entry_by_shares_is_told_to_sizing_as_one() -> None:
    whole = long_facts()
    share = long_facts(proposal=whole.proposal.model_copy(update={"exposure": 0.5}))
    assert [trade.entry_of(each).shared for each in (whole, share)] == [False, True]


def test_sizing_is_told_what_is_held_and_how_much_of_it_is_short() -> None:
    both = wallet(positions=(perpetual("ETH/USDT", "-200"), perpetual("SOL/USDT", "300")))
    entry = trade.entry_of(long_facts(portfolio=both))
    equity = long_facts(portfolio=both).equity
    assert (entry.held, entry.short) == (pytest.approx(500 / equity), pytest.approx(200 / equity))
