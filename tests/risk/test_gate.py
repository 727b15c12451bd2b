"""The gate: the tightest limit wins, nothing absurd gets through, and exits are always signed."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from gate_support import AT, BTC, LIMITS, SETTINGS, held, portfolio, proposal, returns, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.breakers import BreakerState
from risk.facts import Situation
from risk.manager import RiskManager
from risk.measures.horizon import horizon_of, one_day_es, one_day_var
from risk.order import OrderKind, Purpose, Seal, Side
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction, Proposal
from risk.verdict import Outcome, Reaction, Verdict

SEAL = Seal(b"k" * 32)
GATE = RiskManager(LIMITS, SETTINGS.exits, SEAL, bars_per_day=24.0)
FRESH = BreakerState.fresh(Decimal(10_000), AT)


def judge(given_proposal: Proposal, book: Portfolio | None = None, matrix: np.ndarray | None = None) -> Verdict:
    book = book or portfolio()
    others = tuple(p.symbol for p in book.positions if p.symbol != given_proposal.symbol)
    symbols = (given_proposal.symbol, *others)
    matrix = returns(columns=len(symbols)) if matrix is None else matrix
    return GATE.judge(Situation(given_proposal, book, BTC, FRESH, None, symbols, matrix, **seen()))


def test_a_sound_proposal_is_signed_with_the_tightest_cap_and_says_which() -> None:
    verdict = judge(proposal(conviction=1.0))
    assert verdict.outcome is Outcome.SIGNED
    assert verdict.binding_rule == "position"
    assert verdict.order is not None
    assert (verdict.order.kind, verdict.order.limit_price) == (OrderKind.MARKET, Decimal("50250.00"))
    assert verdict.order.quantity == Decimal("0.00994")
    assert verdict.order.quantity * verdict.order.limit_price * Decimal("1.001") <= 500
    assert SEAL.verify(verdict.order)
    caps = {rule.code: rule.notional_cap for rule in verdict.rules if rule.notional_cap is not None}
    assert min(caps, key=lambda code: caps[code]) == "position"
    assert [rule.code for rule in verdict.rules if rule.reaction is Reaction.CUT] == ["position"]


def test_what_the_court_leaves_is_a_share_of_what_the_limits_leave() -> None:
    full, half = judge(proposal(conviction=1.0)), judge(proposal(conviction=1.0, ruling_scale=0.5))
    assert half.notional == full.notional / 2


@pytest.mark.parametrize(("conviction", "bound"), [(1.0, "position"), (0.4, "kelly")])
def test_far_below_the_peak_the_size_that_would_have_been_is_halved(conviction: float, bound: str) -> None:
    low = BreakerState.fresh(Decimal(11_500), AT)
    asked = proposal(conviction=conviction, ruling_scale=0.75)
    full = judge(asked)
    half = GATE.judge(Situation(asked, portfolio(), BTC, low, None, ("BTC/USDT",), returns(), **seen()))
    assert (full.binding_rule, half.binding_rule) == (bound, "drawdown_half")
    assert full.order is not None
    assert half.order is not None
    assert half.order.quantity == BTC.round_quantity(full.order.quantity / 2)
    caps = {rule.code: rule.notional_cap for rule in half.rules}
    assert caps["drawdown_half"] == (caps[bound] or 0) / 2
    (said,) = [rule for rule in half.rules if rule.code == "drawdown_half"]
    assert (said.reaction, said.note) == (Reaction.CUT, "half of what the other limits leave")


def test_a_refusal_names_its_rule_and_carries_no_order() -> None:
    verdict = judge(proposal(conviction=0.1))
    assert (verdict.outcome, verdict.binding_rule, verdict.order) == (Outcome.REFUSED, "min_conviction", None)


def test_what_could_not_be_sold_at_its_stop_is_not_bought() -> None:
    verdict = judge(proposal(conviction=1.0), portfolio(equity=Decimal(90), cash=Decimal(90)))
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.rules[-1].code == "min_notional"


def test_the_stop_is_the_wider_of_the_fixed_and_the_atr_one_up_to_its_limit() -> None:
    def stop(atr: float | None) -> float | None:
        return judge(proposal(conviction=1.0, atr_quote=atr)).stop_fraction

    assert stop(None) == LIMITS.stop_fraction
    assert stop(100.0) == LIMITS.stop_fraction
    assert stop(1000.0) == pytest.approx(0.04)
    assert stop(20_000.0) == LIMITS.max_stop_fraction


def test_a_gate_that_cannot_decide_refuses() -> None:
    verdict = GATE.judge(Situation(proposal(), portfolio(), BTC, FRESH, None, ("ETH/USDT",), returns(), **seen()))
    assert (verdict.outcome, verdict.binding_rule) == (Outcome.REFUSED, "gate_error")


def test_an_order_that_was_changed_after_signing_does_not_verify() -> None:
    order = judge(proposal(conviction=1.0)).order
    assert order is not None
    assert not SEAL.verify(order.model_copy(update={"quantity": order.quantity * 2}))
    assert not Seal(b"x" * 32).verify(order)


def test_an_exit_is_signed_and_cut_to_what_is_held() -> None:
    position = Position(symbol="BTC/USDT", quantity=Decimal("0.5"), entry_price=Decimal(1), mark_price=Decimal(1))
    order = GATE.sign_exit(
        position,
        order_id="x-c",
        decision_id="x",
        kind=OrderKind.MARKET,
        purpose=Purpose.STRATEGY_EXIT,
        quantity=Decimal(7),
        at=AT,
    )
    assert (order.side, order.quantity) == (Side.SELL, Decimal("0.5"))
    assert SEAL.verify(order)


def test_no_entry_is_signed_as_an_exit() -> None:
    position = Position(symbol="BTC/USDT", quantity=Decimal(0), entry_price=Decimal(1), mark_price=Decimal(1))
    with pytest.raises(ValueError, match="not an exit"):
        GATE.sign_exit(
            position,
            order_id="x",
            decision_id="x",
            kind=OrderKind.MARKET,
            purpose=Purpose.STOP_LOSS,
            quantity=Decimal(1),
            at=AT,
        )


anything = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -0.0, 1.0, 1e308, -1e308, 1e-320, 0.3, 0.7])
)


def absurd(
    conviction: float, ruling: float, adjust: float, atr: float, price: Decimal, direction: Direction
) -> Proposal:
    """A proposal whose numbers were never validated, as a bug or an attack would hand it over."""
    return Proposal.model_construct(
        decision_id="d",
        symbol="BTC/USDT",
        as_of_utc=AT,
        direction=direction,
        conviction=conviction,
        reference_price=price,
        atr_quote=atr,
        ruling_scale=ruling,
        adjust_scale=adjust,
    )


@pytest.mark.slow
@settings(max_examples=1500)
@given(
    conviction=anything,
    ruling=anything,
    adjust=anything,
    atr=anything,
    price=st.one_of(
        st.decimals(min_value="0.000001", max_value="1e9", places=6),
        st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-5), Decimal("1e-30")]),
    ),
    direction=st.sampled_from(Direction),
    equity=st.sampled_from(["10000", "1", "0", "-50", "1e12"]),
    deployed=st.sampled_from(["0", "1500", "2000", "999999"]),
    sigma=st.sampled_from([0.0, 0.004, 0.05, 0.5]),
)
def test_no_proposal_however_absurd_gets_more_than_the_limits(
    conviction: float,
    ruling: float,
    adjust: float,
    atr: float,
    price: Decimal,
    direction: Direction,
    equity: str,
    deployed: str,
    sigma: float,
) -> None:
    money = Decimal(equity)
    positions = (held("ETH/USDT", deployed),) if deployed != "0" else ()
    book = portfolio(equity=money, cash=max(money, Decimal(0)), positions=positions)
    matrix = returns(columns=1 + len(positions), sigma=sigma) if sigma else np.zeros((500, 1 + len(positions)))
    verdict = judge(absurd(conviction, ruling, adjust, atr, price, direction), book, matrix)
    if verdict.outcome is Outcome.REFUSED:
        assert verdict.order is None
        return
    assert verdict.order is not None
    assert direction is Direction.LONG
    notional = verdict.order.quantity * price
    assert 0 < notional <= money * Decimal("0.05")
    assert notional + Decimal(deployed) <= money * Decimal("0.20") * (1 + Decimal("1e-12"))
    assert notional <= book.cash
    assert verdict.stop_fraction is not None
    assert float(notional) * verdict.stop_fraction <= 0.02 * float(money) * (1 + 1e-9)
    assert 0.3 <= conviction <= 1.0
    assert 0 < ruling <= 1.0
    assert 0 < adjust <= 1.25
    assert notional <= money * Decimal("0.05") * Decimal(repr(ruling)) * Decimal(repr(adjust)) * (1 + Decimal("1e-12"))


@settings(max_examples=300)
@given(
    seed=st.integers(0, 10_000), sigma=st.floats(0.002, 0.06), scale=st.floats(0.05, 1.0), held_=st.floats(0.0, 1900.0)
)
def test_what_is_signed_keeps_var_and_es_within_their_limits_as_measured_on_it(
    seed: int, sigma: float, scale: float, held_: float
) -> None:
    chance = np.random.default_rng(seed)
    matrix = chance.standard_t(3, size=(120, 2)) * sigma / 2
    book = portfolio(positions=(held("ETH/USDT", f"{held_:.0f}"),)) if held_ >= 1 else portfolio()
    symbols = ("BTC/USDT", "ETH/USDT")
    verdict = GATE.judge(
        Situation(
            proposal(conviction=1.0, ruling_scale=scale),
            book,
            BTC,
            FRESH,
            None,
            symbols,
            matrix,
            **seen(),
        )
    )
    if verdict.order is None:
        return
    weights = np.array([float(verdict.notional) / 10_000, (held_ >= 1) * float(f"{held_:.0f}") / 10_000])
    day = horizon_of(LIMITS, 24.0)
    steps = day.steps(matrix) @ weights
    assert one_day_var(steps, LIMITS, day) <= LIMITS.max_var_1d * (1 + 1e-9)
    assert one_day_es(steps, LIMITS, day) <= LIMITS.max_es_1d * (1 + 1e-9)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    conviction=st.floats(0.3, 1.0),
    looser=st.floats(0.0, 1.0),
    tighter=st.floats(0.0, 1.0),
)
def test_a_smaller_scale_never_gives_a_larger_order(conviction: float, looser: float, tighter: float) -> None:
    low, high = sorted((looser, tighter))
    more = judge(proposal(conviction=conviction, ruling_scale=high)).notional
    less = judge(proposal(conviction=conviction, ruling_scale=low)).notional
    assert less <= more


@settings(max_examples=200)
@given(
    factor=st.sampled_from([0.5, 0.1]), name=st.sampled_from(["max_position_fraction", "max_var_1d", "risk_per_trade"])
)
def test_a_tighter_limit_never_gives_a_larger_order(factor: float, name: str) -> None:
    changes: dict[str, Any] = {name: getattr(LIMITS, name) * factor}
    tight = RiskManager(LIMITS.model_copy(update=changes), SETTINGS.exits, SEAL, 24.0)
    given_ = Situation(
        proposal(conviction=1.0),
        portfolio(),
        BTC,
        FRESH,
        None,
        ("BTC/USDT",),
        returns(),
        **seen(),
    )
    assert tight.judge(given_).notional <= GATE.judge(given_).notional
