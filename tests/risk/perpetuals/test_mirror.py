"""A short is a long on the mirrored market: with the other sign of every return, position and funding rate, and the book turned
round its middle, the gate makes the same size of it, to the last lot.

What is not symmetric is left out: a stretch of several bars (its returns are multiplied), the smallest notional of the venue,
and what is deployed beside a held short, which grows while equity falls.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from gate_support import AT, SETTINGS, proposal, seen
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_support import PERP, STRESSED, perpetual, wallet

from market.book import Book, Level
from risk.breakers import BreakerState, observe_falls
from risk.facts import DocketView, Situation
from risk.manager import RiskManager
from risk.order import Seal, Side
from risk.portfolio import Position
from risk.proposal import Direction
from risk.verdict import Outcome, Verdict

NAMES = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
MIDDLE = Decimal(50_000)
TURNED = {Direction.LONG: Direction.SHORT, Direction.SHORT: Direction.LONG}


def turned(position: Position) -> Position:
    return position.model_copy(update={"quantity": -position.quantity})


def mirrored(given_: Situation) -> Situation:
    """Return the same situation on the other side."""
    book, asked, held = given_.book, given_.proposal, given_.portfolio
    assert book is not None
    exit_price = None if asked.exit_price is None else 2 * float(MIDDLE) - asked.exit_price
    return replace(
        given_,
        proposal=asked.model_copy(update={"direction": TURNED[asked.direction], "exit_price": exit_price}),
        portfolio=held.model_copy(
            update={
                "positions": tuple(map(turned, held.positions)),
                "pending_notional": {symbol: -value for symbol, value in held.pending_notional.items()},
            }
        ),
        returns=-given_.returns,
        book=Book(
            bids=tuple(Level(2 * MIDDLE - price, size) for price, size in book.asks),
            asks=tuple(Level(2 * MIDDLE - price, size) for price, size in book.bids),
        ),
        funding_rate=-(given_.funding_rate or 0.0),
    )


def judged(given_: Situation, **limits: object) -> Verdict:
    tight = STRESSED.model_copy(update={"stress_bars": 1, **limits})
    return RiskManager(tight, SETTINGS.exits, Seal(b"k" * 32), 24.0).judge(given_)


def situation(
    positions: tuple[Position, ...] = (), sigma: float = 0.004, seed: int = 3, depth: str = "3", **changes: object
) -> Situation:
    asked = {name: changes.pop(name) for name in ("exposure", "exit_price", "held_share") if name in changes}
    asked |= {"direction": changes.pop("direction", Direction.LONG), "conviction": changes.pop("conviction", 0.9)}
    steps = [Decimal(step) for step in (5, 60, 200, 400)]
    shown = Book(
        bids=tuple(Level(MIDDLE - step, Decimal(depth)) for step in steps),
        asks=tuple(Level(MIDDLE + step, 2 * Decimal(depth)) for step in steps),
    )
    symbols = (NAMES[0], *(held.symbol for held in positions if held.symbol != NAMES[0]))
    matrix = np.random.default_rng(seed).standard_t(4, size=(300, 3)) * sigma
    matrix[:, 1] += matrix[:, 0] / 2
    book = wallet(positions=positions, reserved=sum((held.margin or Decimal(0) for held in positions), Decimal(0)))
    values = {"leverage": Decimal(2), "funding_rate": 0.0001} | seen(book=shown) | changes
    fresh = BreakerState.fresh(book.equity, AT)
    rows = matrix[:, : len(symbols)]
    return Situation(proposal(**asked), book, PERP, fresh, None, symbols, rows, **values)  # type: ignore[arg-type]


def test_a_short_is_sold_where_a_long_is_bought_and_no_larger() -> None:
    bought, short = judged(situation()), judged(mirrored(situation()))
    assert bought.order is not None
    assert short.order is not None
    assert (bought.order.side, short.order.side) == (Side.BUY, Side.SELL)
    assert (bought.order.limit_price, short.order.limit_price) == (Decimal("50250.00"), Decimal("49750.00"))
    assert (short.order.quantity, short.notional, short.stop_fraction) == (
        bought.order.quantity, bought.notional, bought.stop_fraction,
    )  # fmt: skip
    assert short.binding_rule == bought.binding_rule


@pytest.mark.slow
@settings(max_examples=150)
@given(
    held=st.dictionaries(st.sampled_from(NAMES[1:]), st.sampled_from(["-400", "-90", "60", "300"]), max_size=2),
    sigma=st.sampled_from([0.002, 0.008, 0.02]),
    seed=st.integers(0, 50),
    depth=st.sampled_from(["3", "0.002", "0.0003"]),
    conviction=st.sampled_from([0.5, 0.9]),
    direction=st.sampled_from([Direction.LONG, Direction.SHORT]),
    rate=st.sampled_from([0.0001, -0.0002, 0.0009]),
    correlation=st.sampled_from(["refuse", "cluster"]),
    shared=st.booleans(),
)
def test_the_mirror_of_any_situation_has_the_same_size_or_the_same_refusal(
    held: dict[str, str], sigma: float, seed: int, depth: str, conviction: float, direction: Direction, rate: float,
    correlation: str, shared: bool,
) -> None:  # fmt: skip
    positions = tuple(perpetual(symbol, notional) for symbol, notional in held.items())
    share = {"exposure": 0.75, "exit_price": 48_000.0 if direction is Direction.LONG else 52_000.0} if shared else {}
    one = situation(
        positions, sigma, seed, depth, conviction=conviction, direction=direction, funding_rate=rate, **share
    )
    limits = {
        "correlation": correlation,
        "max_cluster_fraction": 0.06,
        "max_funding_share": 0.5,
        "max_net_leverage": 0.1,
        "max_deployed_fraction": 1.0,
    }
    this, other = judged(one, **limits), judged(mirrored(one), **limits)
    assert (this.outcome, this.binding_rule, this.notional) == (other.outcome, other.binding_rule, other.notional)
    caps = [
        [(rule.code, rule.reaction, rule.notional_cap) for rule in verdict.rules if rule.code != "deployed"]
        for verdict in (this, other)
    ]
    assert caps[0] == caps[1]


@pytest.mark.parametrize("direction", [Direction.LONG, Direction.SHORT])
def test_what_is_held_is_enlarged_by_as_much_on_either_side(direction: Direction) -> None:
    own = Position(
        symbol=NAMES[0],
        quantity=Decimal("0.002") * (1 if direction is Direction.LONG else -1),
        entry_price=MIDDLE,
        mark_price=MIDDLE,
        margin=Decimal(50),
    )
    one = situation((own,), direction=direction, exposure=1.0, held_share=0.2)
    this, other = judged(one), judged(mirrored(one))
    assert this.outcome is Outcome.SIGNED
    assert (this.notional, this.held) == (other.notional, 100.0)
    whole = this.notional + 100
    assert whole <= judged(situation(direction=direction, exposure=1.0)).notional
    against = one.proposal.model_copy(update={"direction": TURNED[direction]})
    refused = judged(replace(one, proposal=against))
    assert refused.binding_rule == "one_position"


def test_parts_of_equal_risk_know_which_side_each_is_on() -> None:
    one = situation()
    matrix = np.random.default_rng(5).normal(0.0, 0.01, size=(300, 2))
    matrix[:, 1] = matrix[:, 0] * 0.9 + matrix[:, 1] * 0.3
    view = DocketView(NAMES[:2], matrix, (1, 1))
    asked = replace(one, docket=view)
    tight = {"risk_parity": True, "max_var_1d": 0.004}
    together = judged(asked, **tight)
    assert together.binding_rule == "equal_risk"
    other = judged(mirrored(replace(asked, docket=DocketView(NAMES[:2], -matrix, (-1, -1)))), **tight)
    assert other.notional == together.notional
    hedged = judged(replace(asked, docket=DocketView(NAMES[:2], matrix, (1, -1))), **tight)
    assert hedged.notional > together.notional
    unknown = judged(replace(asked, docket=DocketView(NAMES[:2], matrix)), **tight)
    assert unknown.outcome is Outcome.REFUSED
    (told,) = [rule for rule in unknown.rules if rule.note == "which of them are short is not known"]
    assert (told.code, told.notional_cap) == ("equal_risk", 0)


def test_a_fall_pauses_longs_and_a_rise_pauses_shorts() -> None:
    fresh = BreakerState.fresh(Decimal(10_000), AT)
    for move, paused in ((-9.0, Direction.LONG), (9.0, Direction.SHORT)):
        state, _ = observe_falls(fresh, AT, {NAMES[0]: move}, 7.0, STRESSED, both_sides=True)
        for direction in TURNED:
            verdict = judged(replace(situation(direction=direction), breakers=state))
            assert (verdict.binding_rule == "breaker") == (direction is paused)
