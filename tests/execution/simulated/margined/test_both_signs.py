"""Random sessions of both signs on perpetuals: the ledger is the exchange's account, and nobody loses what was not put in."""

from collections import defaultdict
from decimal import Decimal
from typing import Literal, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perpetual_shop import BTC, D, Exchange, bar, marked, order

from execution.reports import Fill
from market.bar import FundingRate
from risk.order import Order, Purpose, Side

ETH = "ETH/USDT"
SYMBOLS = (BTC, ETH)


class Act(NamedTuple):
    """One order; prices are offsets from the last close in ticks, quantities in tenths of a unit."""

    text: str
    quantity: int
    offset: int
    group: bool
    symbol: str


class Hour(NamedTuple):
    """What is done before the open and after it, the bars in ticks from the last close, the mark's way off, funding in bps."""

    before: list[Act]
    after: list[Act]
    moves: tuple[int, int, int, int]
    basis: tuple[int, int, int] | None
    funding: int | None
    volume: float
    doubtful: bool


acts = st.builds(
    Act,
    text=st.sampled_from(
        ["entry buy market", "entry sell market", "entry sell market", "entry buy limit", "entry sell limit",
         "exit buy market", "exit sell market", "exit buy stop", "exit sell stop", "exit buy limit", "exit sell limit"]
    ),
    quantity=st.integers(1, 400),
    offset=st.integers(-3000, 3000),
    group=st.booleans(),
    symbol=st.sampled_from(SYMBOLS),
)  # fmt: skip
hours = st.builds(
    Hour,
    before=st.lists(acts, max_size=3),
    after=st.lists(acts, max_size=2),
    moves=st.tuples(st.integers(-5000, 5000), st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 600)),
    basis=st.none() | st.tuples(st.integers(-500, 500), st.integers(0, 500), st.integers(0, 500)),
    funding=st.none() | st.integers(-300, 300) | st.just(5000),
    volume=st.sampled_from([0.0, 30.0, 900.0, 50_000.0]),
    doubtful=st.sampled_from([False, False, False, True]),
)
scripts = st.lists(hours, min_size=2, max_size=12)
worlds = st.tuples(st.sampled_from(["1", "1.7", "2", "3"]), st.sampled_from(["mark", "last"]))


class Played(Exchange):
    """A script that was played, checked after every report."""

    def __init__(self, script: list[Hour], leverage: str, trigger: Literal["mark", "last"]) -> None:
        super().__init__("3000", leverage, trigger, SYMBOLS, spread_bps=3.0, levels=3, level_step_bps=7.0)
        self.orders: dict[str, Order] = {}
        self.price = D(100)
        self.put_in: dict[str, Decimal] = defaultdict(Decimal)
        for hour, step in enumerate(script):
            self.act(step.before, hour)
            self.hour(step, hour)

    def hour(self, step: Hour, hour: int) -> None:
        move, up, down, back = step.moves
        first = max(D(10), self.price + D(move) / 100)
        high, low = first + D(up) / 100, max(D(5), first - D(down) / 100)
        last = low + (high - low) * D(back) / 600
        text = f"{first} {high} {low} {last}"
        bars = [bar(text, hour=hour, volume=step.volume, symbol=symbol) for symbol in SYMBOLS]
        mark = None
        if step.basis is not None:
            off, above, below = (D(ticks) / 100 for ticks in step.basis)
            opened, closed = max(D(1), first + off), max(D(1), last + off)
            lowest = max(D(1), min(opened, closed) - below)
            mark = marked(f"{opened} {max(opened, closed) + above} {lowest} {closed}")
        due = () if step.funding is None else tuple(
            FundingRate(symbol=symbol, at_utc=bars[0].open_utc, rate=step.funding / 10_000) for symbol in SYMBOLS
        )  # fmt: skip
        after = self.planned(step.after, hour)
        self.play(*bars, mark=mark, funding=due, doubtful=step.doubtful, after_open=after)
        self.price = D(str(mark.close if mark else bars[0].close))
        self.ledger.mark(dict.fromkeys(SYMBOLS, self.price))
        self.bounded()

    def act(self, plan: list[Act], hour: int) -> None:
        for each in self.planned(plan, hour):
            self.send(each)

    def planned(self, plan: list[Act], hour: int) -> list[Order]:
        made = []
        for act in plan:
            what, side, kind = act.text.split()
            price = "" if kind == "market" else str(max(D(1), self.price + D(act.offset) / 100).quantize(D("0.01")))
            purpose = Purpose.ENTRY if what == "entry" else Purpose.STOP_LOSS
            group = "g" if act.group and what == "exit" else None
            made.append(
                order(
                    f"o{len(self.orders)}", f"{side} {D(act.quantity) / 10} {kind} {price}", purpose=purpose,
                    hour=hour, symbol=act.symbol, oco_group=group,
                )
            )  # fmt: skip
            self.orders[made[-1].order_id] = made[-1]
        return made

    def bounded(self) -> None:
        """Money is never less than what is bound, and no position has lost more than its margin."""
        assert self.free >= 0
        assert self.ledger.equity >= self.free
        for held in self.ledger.positions():
            assert held.margin is not None
            assert held.margin + held.quantity * (held.mark_price - held.entry_price) > -D("1e-20")
            liquidation = held.liquidation_price
            if liquidation is not None:
                assert held.mark_price > liquidation if held.quantity > 0 else held.mark_price < liquidation


def only_reduces(fills: list[Fill]) -> bool:
    held: dict[str, Decimal] = defaultdict(Decimal)
    for fill in fills:
        before = held[fill.symbol]
        held[fill.symbol] += fill.quantity if fill.side is Side.BUY else -fill.quantity
        after = held[fill.symbol]
        if fill.purpose is Purpose.ENTRY:
            if before * after < 0 or abs(after) <= abs(before):
                return False
        elif before * after < 0 or abs(after) >= abs(before):
            return False
    return True


@pytest.mark.slow
@settings(max_examples=150)
@given(script=scripts, world=worlds)
def test_the_ledger_is_the_exchange_and_no_position_loses_more_than_was_put_in(
    script: list[Hour], world: tuple[str, Literal["mark", "last"]]
) -> None:
    played = Played(script, *world)
    ledger = played.ledger
    assert only_reduces(played.fills)
    open_profit = sum((held.quantity * (held.mark_price - held.entry_price) for held in ledger.positions()), D(0))
    assert abs(ledger.equity - ledger.cash - open_profit) < D("1e-15"), (
        "the wallet and the open profit are all there is"
    )
    assert ledger.cash == ledger.starting_cash + ledger.realised - ledger.fees - ledger.funding
    if not ledger.positions():
        assert ledger.reserved == 0
        assert sum(trade.pnl for trade in ledger.trades) == ledger.cash + ledger.funding - ledger.starting_cash


@pytest.mark.slow
@settings(max_examples=40)
@given(script=scripts, world=worlds)
def test_the_same_script_gives_the_same_fills_and_telling_them_again_changes_nothing(
    script: list[Hour], world: tuple[str, Literal["mark", "last"]]
) -> None:
    first, second = Played(script, *world), Played(script, *world)
    assert [fill.canonical() for fill in first.fills] == [fill.canonical() for fill in second.fills]
    assert [state.canonical() for state in first.told] == [state.canonical() for state in second.told]
    before = first.ledger.equity, first.ledger.positions(), first.ledger.trades, first.ledger.reserved
    assert not any(first.ledger.apply(fill) for fill in reversed(first.fills))
    assert (first.ledger.equity, first.ledger.positions(), first.ledger.trades, first.ledger.reserved) == before


@pytest.mark.slow
@settings(max_examples=60)
@given(script=scripts, leverage=st.sampled_from(["1", "2", "3"]), side=st.sampled_from(["buy", "sell"]))
def test_one_position_loses_its_margin_its_fees_and_its_funding_at_most(
    script: list[Hour], leverage: str, side: str
) -> None:
    enter = Hour([Act(f"entry {side} market", 200, 0, False, BTC)], [], (0, 0, 0, 0), None, None, 50_000.0, False)
    quiet = [hour._replace(before=[], after=[]) for hour in script]
    played = Played([enter, *quiet], leverage, "mark")
    entry = [fill for fill in played.fills if fill.purpose is Purpose.ENTRY]
    put_in = sum((fill.quantity * fill.price for fill in entry), D(0)) / D(leverage)
    lost = played.ledger.starting_cash - played.ledger.equity
    beside = sum((fill.fee for fill in entry), D(0)) + max(played.ledger.funding, D(0))
    assert lost <= put_in + beside + D("1e-7")
    for trade in played.ledger.trades:
        assert trade.is_short is (side == "sell")
        assert trade.exit_purpose is Purpose.LIQUIDATION
        assert trade.pnl <= 0
