"""Orders of both sides: a short entry is a sale down to its lowest price, its exits buy back what is held and no more."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import AT, SETTINGS, facts, proposal, seen
from hypothesis import given
from hypothesis import strategies as st
from perpetual_support import PERP, STRESSED, perpetual, sold, wallet

from market.book import Book, Level
from risk.breakers import BreakerState, Latch, observe_equity, observe_falls
from risk.facts import Situation
from risk.manager import RiskManager
from risk.order import Order, OrderKind, Purpose, Seal, Side
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict

SEAL = Seal(b"k" * 32)
GATE = RiskManager(STRESSED, SETTINGS.exits, SEAL, 24.0)
FRESH = BreakerState.fresh(Decimal(10_000), AT)


def judged(asked: Proposal, gate: RiskManager = GATE, **changes: Any) -> Verdict:
    values = seen() | {"leverage": Decimal(1), "funding_rate": 0.0001} | changes
    held = values.pop("portfolio", wallet())
    return gate.judge(Situation(asked, held, PERP, FRESH, None, ("BTC/USDT",), facts().returns, **values))


def entry(asked: Proposal) -> Order:
    order = judged(asked).order
    assert order is not None
    return order


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.ENTRY])
@pytest.mark.parametrize(("held", "side"), [("-50", Side.BUY), ("50", Side.SELL)])
@pytest.mark.parametrize(("asked", "signed"), [("7", "0.5"), ("0.2", "0.2")])
def test_an_exit_closes_its_side_and_is_cut_to_what_is_held(
    purpose: Purpose, held: str, side: Side, asked: str, signed: str
) -> None:
    order = GATE.sign_exit(
        perpetual("BTC/USDT", held), order_id="x", decision_id="d", kind=OrderKind.STOP, purpose=purpose,
        quantity=Decimal(asked), at=AT, price=Decimal(105), oco_group="o",
    )  # fmt: skip
    assert (order.side, order.quantity, order.stop_price, order.reduce_only) == (side, Decimal(signed), 105, True)
    assert SEAL.verify(order)


def test_nothing_is_bought_back_where_nothing_is_short() -> None:
    with pytest.raises(ValueError, match="not an exit: stop_loss of 0"):
        GATE.sign_exit(
            perpetual("BTC/USDT", "0"), order_id="x", decision_id="d", kind=OrderKind.MARKET, purpose=Purpose.STOP_LOSS,
            quantity=Decimal(1), at=AT,
        )  # fmt: skip


def piece(signed: Order, quantity: Decimal, price: Decimal | None) -> Order:
    return GATE.sign_piece(
        signed, order_id="p", kind=OrderKind.LIMIT, quantity=quantity, limit_price=price, at=AT + timedelta(minutes=1)
    )


@given(away=st.decimals("-0.02", "0.02", places=4), part=st.decimals("-0.1", "1.2", places=2))
@pytest.mark.parametrize("asked", [sold(conviction=1.0), proposal(conviction=1.0)])
def test_a_piece_is_no_larger_and_at_no_worse_a_price_than_its_entry(
    asked: Proposal, away: Decimal, part: Decimal
) -> None:
    signed = entry(asked)
    assert signed.limit_price is not None
    price, quantity = signed.limit_price * (1 + away), signed.quantity * part
    worse = away < 0 if signed.side is Side.SELL else away > 0
    if worse or not 0 < part <= 1:
        with pytest.raises(ValueError, match="more or dearer than signed"):
            piece(signed, quantity, price)
        return
    order = piece(signed, quantity, price)
    assert (order.side, order.quantity, order.limit_price) == (signed.side, quantity, price)
    assert SEAL.verify(order)


def test_a_piece_of_a_short_without_a_price_is_dearer() -> None:
    signed = entry(sold(conviction=1.0))
    assert signed.side is Side.SELL
    with pytest.raises(ValueError, match="more or dearer"):
        piece(signed, signed.quantity, None)
    exits = SEAL.sign(signed.model_copy(update={"purpose": Purpose.TRIM}))
    with pytest.raises(ValueError, match="not a signed entry"):
        piece(exits, signed.quantity, signed.limit_price)


def test_a_short_without_a_price_cap_is_sold_at_any_price() -> None:
    gate = RiskManager(STRESSED.model_copy(update={"entry_price_cap_bps": None}), SETTINGS.exits, SEAL, 24.0)
    order = judged(sold(conviction=1.0), gate).order
    assert order is not None
    assert (order.side, order.limit_price, order.kind) == (Side.SELL, None, OrderKind.MARKET)


@pytest.mark.parametrize(
    ("asked", "equity", "least", "said"),
    [
        (
            sold(conviction=1.0),
            100,
            5 / 0.995,
            "what drawdown_half leaves is too small to be sold short at its lowest price",
        ),
        (
            proposal(conviction=1.0),
            100,
            5 / 0.985,
            "what drawdown_half leaves is too small to be sold again at its stop",
        ),
    ],
)
def test_a_short_must_be_large_enough_when_it_is_sold_and_a_long_at_its_stop(
    asked: Proposal, equity: int, least: float, said: str
) -> None:
    verdict = judged(asked, portfolio=wallet(equity=Decimal(equity), cash=Decimal(equity)))
    small = verdict.rules[-1]
    assert (verdict.outcome, small.code, small.note) == (Outcome.REFUSED, "min_notional", said)
    assert small.limit == pytest.approx(least)


def test_what_is_borne_by_a_book_is_asked_of_the_side_that_is_taken() -> None:
    short = entry(sold(conviction=1.0))
    thin = Book(bids=(Level(Decimal(49_995), Decimal("0.001")),), asks=(Level(Decimal(50_005), Decimal(9)),))
    assert GATE.bears(short, None, thin).startswith("its book shows 0.001 of ")
    assert GATE.bears(entry(proposal(conviction=1.0)), None, thin) == ""


def test_a_share_of_a_short_is_protected_by_the_hard_stop() -> None:
    asked = sold(conviction=1.0, exposure=0.5, exit_price=51_500.0)
    verdict = judged(asked)
    assert (verdict.outcome, verdict.stop_fraction) == (Outcome.SIGNED, STRESSED.max_stop_fraction)
    below = asked.model_copy(update={"exit_price": 49_000.0})
    assert judged(below).binding_rule == "well_formed"


def falls(moves: dict[str, float | None], state: BreakerState = FRESH) -> tuple[BreakerState, Any]:
    return observe_falls(state, AT, moves, 7.0, STRESSED, both_sides=True)


def test_each_side_of_a_symbol_has_a_pause_of_its_own() -> None:
    state, events = falls({"BTC/USDT": 8.0, "ETH/USDT": -7.0, "SOL/USDT": None})
    assert [(event.symbol, event.against, event.action) for event in events] == [
        ("ETH/USDT", "long", "tripped"), ("BTC/USDT", "short", "tripped"),
    ]  # fmt: skip
    assert [latch.why for latch in state.latches] == [
        "ETH/USDT fell 7.0 sigmas in one bar, limit 7.0", "BTC/USDT rose 8.0 sigmas in one bar, limit 7.0",
    ]  # fmt: skip
    assert state.open is None
    assert (state.open_on("BTC/USDT"), state.open_on("ETH/USDT", "short"), state.open_on("SOL/USDT", "short")) == (
        None, None, None,
    )  # fmt: skip
    assert state.open_on("BTC/USDT", "short") is not None
    assert state.open_on("ETH/USDT", "long") is not None
    both, events = falls({"BTC/USDT": -9.0}, state)
    assert [(event.against, event.action) for event in events] == [("long", "tripped")]
    assert both.open_on("BTC/USDT", "long") is not both.open_on("BTC/USDT", "short") is not None
    _, again = falls({"BTC/USDT": 9.0}, both)
    assert [(event.against, event.action) for event in again] == [("short", "extended")]
    _, lifted = observe_equity(state, AT + timedelta(hours=24), Decimal(10_000), STRESSED)
    assert [(event.action, event.symbol, event.against) for event in lifted] == [
        ("lifted", "ETH/USDT", "long"), ("lifted", "BTC/USDT", "short"),
    ]  # fmt: skip


def test_a_market_that_rises_as_a_whole_pauses_all_shorts_and_no_purchase() -> None:
    state, _ = falls({"BTC/USDT": 9.0, "ETH/USDT": 6.0})
    assert state.open is None
    assert state.open_on("SOL/USDT") is None
    latch = state.open_on("SOL/USDT", "short")
    assert latch is not None
    assert (latch.symbol, latch.against) == (None, "short")
    assert latch.why == "the market rose 7.5 sigmas in one bar, the mean of 2, limit 7.0"
    fallen, _ = falls({"BTC/USDT": -9.0, "ETH/USDT": -6.0})
    assert fallen.open is None
    assert fallen.open_on("SOL/USDT", "long") is not None
    assert fallen.open_on("SOL/USDT", "short") is None


def test_a_breaker_of_the_account_stops_both_sides() -> None:
    latch = Latch(breaker="daily_loss", since_utc=AT, until_utc=None, why="x")
    state = FRESH.model_copy(update={"latches": (latch,)})
    assert state.open == state.open_on("BTC/USDT", "short") == state.open_on("BTC/USDT", "long") == latch


def test_a_latch_on_spot_is_written_as_ever() -> None:
    state, events = observe_falls(FRESH, AT, {"BTC/USDT": -8.0}, 7.0, STRESSED)
    assert b"against" not in state.canonical()
    assert b"against" not in events[0].canonical()
    assert observe_falls(FRESH, AT, {"BTC/USDT": 8.0}, 7.0, STRESSED) == (FRESH, ())
