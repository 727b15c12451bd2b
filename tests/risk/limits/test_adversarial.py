"""Whatever opinions, policies and proposals say, nothing above any limit is signed, and a refusal never raises.

Real parts from end to end: the court's state machine, the trader, its ledger and window, and the gate. Every order that comes
out is measured by `own_arithmetic`, which shares no line with the gate. `make prove` tries 100,000 proposals and prints what
became of them; a plain run tries 2,000.
"""

import asyncio
import copy
import os
import sys
from collections import Counter
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest
from adversary import BYTES, NASTY, OFTEN_HELD, SYMBOLS, Choices, Liar, Madman, Tried, raw, tried
from gate_support import AT, BTC, LIMITS, PLAIN, SETTINGS
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from own_arithmetic import OwnBook, breaches
from trader_support import KEY, Events

from agents.court.graph import Bench, Court
from agents.court.opinion import RebuttalOpinion
from config.reading.load import load_profile
from config.sections.court import CourtSettings
from config.silence import Abstained
from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.kill_switch.halting import Halt, Reading
from execution.reports import Fill, OrderState, OrderStatus, VenueReport
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.breakers import BreakerState, Latch
from risk.order import Purpose, Seal, Side
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
MANY = int(os.environ.get("PROVE_PROPOSALS", "10000"))
PARTS = 4
ALONE: CourtSettings | None = None
"""A court whose supervisor and risk agent alone bound a ruling. It hears every second docket."""
COMPOSED = SETTINGS.court.model_copy(update={"composition": "composed", "rebuttal": (0.0, 1.0)})
"""One in which arguments bound it too, and each attack is answered."""
DOCKET = 40
BARS_PER_DAY = 24.0
VENUES = {
    symbol: BTC.model_copy(update={"symbol": symbol, "base": symbol[:2], "lot_size": Decimal(10) ** -(i % 6)})
    for i, symbol in enumerate(SYMBOLS)
}


class Market(NamedTuple):
    """A window that has seen all closes but the last, the returns apart from it, and the last closes."""

    window: ReturnWindow
    returns: dict[str, np.ndarray]
    marks: dict[str, float]


def market(kind: str) -> Market:
    """Two hundred and ten bars (a hundred of a young market) of all symbols between 20 and 50,000."""
    chance = np.random.default_rng(13)
    moves = chance.standard_t(3, size=(100 if kind == "young" else 210, len(SYMBOLS))) * 0.002
    if kind == "wild":
        moves *= 10
    elif kind == "storm":
        moves[-10:] *= 25
    elif kind == "twins":
        moves += chance.normal(0.0, 0.02, size=(len(moves), 1))
    elif kind == "flat":
        moves[:, ::2] = 0.0
    closes = np.geomspace(20.0, 50_000.0, len(SYMBOLS)) * np.cumprod(
        np.vstack([np.zeros(len(SYMBOLS)), moves]) + 1, axis=0
    )
    window = ReturnWindow(SYMBOLS, LIMITS.risk_window_bars)
    for row in closes[:-1]:
        window.push(dict(zip(SYMBOLS, row.tolist(), strict=True)))
    simple = closes[1:] / closes[:-1] - 1
    return Market(
        window,
        {symbol: simple[:, i] for i, symbol in enumerate(SYMBOLS)},
        dict(zip(SYMBOLS, closes[-1].tolist(), strict=True)),
    )


MARKETS = {kind: market(kind) for kind in ("calm", "wild", "storm", "twins", "flat", "young")}


SIZES = {"paper": LIMITS, "balanced": load_profile("balanced", PLAIN | {"limits.risk_per_trade": 0.04}).limits}
"""The limits of each packaged profile with paper money, as far as `own_arithmetic` knows them."""


class Scene(NamedTuple):
    """What the docket meets."""

    kind: str
    cash: int
    held: dict[str, float]
    breaker: str | None
    halted: bool
    frozen: frozenset[str]
    volume: float = 1e15
    """What a day's trading is worth in each market [quote]."""
    fallen: float = 0.0
    """How far the account is below its peak."""
    spread: float = 2.0
    step: float = 1.0
    depth: float = 0.02
    """The shape of all books: spread and distance of the levels [bps], depth of a side as a part of the volume."""
    wrong: int = 0
    """Orders that the venue has just rejected, or lost."""
    parity: bool = False
    """Whether proposals of one session share the risk, within a VaR limit so low that it binds."""
    profile: str = "paper"
    """Whose limits hold."""


scenes = st.builds(
    Scene,
    kind=st.sampled_from(["calm"] * 6 + list(MARKETS)),
    cash=st.sampled_from([10_000] * 8 + [1_000_000] * 4 + [1, 150, 10**12]),
    held=st.dictionaries(
        st.sampled_from(SYMBOLS + OFTEN_HELD * 12),
        st.sampled_from([0.002, 0.002, 0.005, 0.005, 0.03, 0.06, 0.09]),
        max_size=6,
    ),
    breaker=st.sampled_from([None] * 16 + ["drawdown", "daily_loss", "turbulence", "loss_streak"]),
    halted=st.sampled_from([False] * 15 + [True]),
    frozen=st.frozensets(st.sampled_from(SYMBOLS), max_size=2),
    volume=st.sampled_from([1e15] * 6 + [20_000.0, 3e6, 0.0]),
    fallen=st.sampled_from([0.0] * 6 + [0.05, 0.11, 0.14]),
    spread=st.sampled_from([2.0] * 16 + [49.0, 51.0]),
    step=st.sampled_from([1.0] * 4 + [40.0]),
    depth=st.sampled_from([0.02] * 4 + [1e-4, 1e-12]),
    wrong=st.sampled_from([0] * 8 + [5, 6, 30]),
    parity=st.sampled_from([False] * 3 + [True]),
    profile=st.sampled_from(["paper", "paper", "balanced"]),
)


class Lever:
    """A kill switch that is down, or is not."""

    def __init__(self, down: bool) -> None:
        self._halts = (Halt(scope="all", who="x", given_utc=AT, why="fire", flatten=False),) if down else ()

    def read(self, look: int) -> Reading:
        return Reading(halts=self._halts)


class Silent(SimulatedVenue):
    """A venue that cannot be asked for its account: the book of an ordeal was not bought on it. It may have lost orders."""

    wrong = 0

    async def account(self) -> None:  # type: ignore[override]
        return None

    async def on_open(self, shown: Slice) -> VenueReport:
        fates = (OrderStatus.REJECTED, OrderStatus.UNKNOWN)
        return VenueReport(
            states=tuple(
                OrderState(order_id=f"w{i}", decision_id="w", symbol=SYMBOLS[0], status=fates[i % 2], at_utc=AT)
                for i in range(self.wrong)
            )
        )


class Ordeal:
    """A trader in a scene, a book of the test's own beside it, and a count of what became of what was asked."""

    def __init__(self, scene: Scene, tally: Counter[str]) -> None:
        self.scene, self.tally = scene, tally
        self.market = MARKETS[scene.kind]
        self.limits = SIZES[scene.profile].model_copy(
            update={"risk_parity": True, "max_var_1d": 0.004} if scene.parity else {}
        )
        self.gate = open_gate(self.limits, SETTINGS.exits, KEY, BARS_PER_DAY)
        latch = [Latch(breaker=scene.breaker, since_utc=AT, until_utc=None, why="x")] if scene.breaker else []
        ledger = Ledger(Decimal(scene.cash), "USDT")
        self.book = OwnBook(Decimal(scene.cash), {}, self.market.returns)
        for symbol, share in scene.held.items():
            self._hold(ledger, symbol, share)
        self.book.volume = scene.volume
        self.book.peak = ledger.equity / Decimal(repr(1.0 - scene.fallen))
        fresh = BreakerState.fresh(ledger.equity, AT)
        shape = {"spread_bps": scene.spread, "level_step_bps": scene.step, "depth_fraction": scene.depth}
        venue = Silent(VENUES, SETTINGS.venue.model_copy(update=shape), Seal(KEY))
        venue.wrong = scene.wrong
        self.trader = Trader(
            venue=venue,
            driver=venue,
            limits=self.limits,
            exits=SETTINGS.exits,
            ledger=ledger,
            sink=Events(),
            gate=self.gate,
            window=copy.deepcopy(self.market.window),
            volumes=VolumeWindow(tuple(self.market.marks), BARS_PER_DAY),
            breakers=fresh.model_copy(update={"latches": tuple(latch), "peak_equity": self.book.peak}),
            bars_per_day=BARS_PER_DAY,
            switch=Lever(scene.halted),
        )
        asyncio.run(self.trader.pass_bar(self._last_bar()))
        self.book.marks, self.book.now, self.book.errors = self.market.marks, AT, scene.wrong
        self.book.shown = {symbol: book for symbol in VENUES if (book := venue.book(symbol)) is not None}

    def _last_bar(self) -> Slice:
        bars = {
            symbol: Bar(
                symbol=symbol,
                timeframe=Timeframe.H1,
                close_utc=AT,
                open=mark,
                high=mark,
                low=mark,
                close=mark,
                volume=self.scene.volume / mark,
            )
            for symbol, mark in self.market.marks.items()
        }
        return Slice(close_utc=AT, bars=bars, frozen=dict.fromkeys(self.scene.frozen, "it jumped"))

    def _hold(self, ledger: Ledger, symbol: str, share: float) -> None:
        price = Decimal(repr(self.market.marks[symbol]))
        quantity = (Decimal(repr(share)) * self.scene.cash / price).quantize(Decimal("1e-8"))
        if quantity <= 0:
            return
        ledger.apply(
            Fill(
                trade_id=symbol, order_id=symbol, decision_id=symbol, symbol=symbol, side=Side.BUY, purpose=Purpose.ENTRY,
                quantity=quantity, price=price, fee=Decimal(0), fee_currency="USDT", liquidity="taker", filled_utc=AT,
            )
        )  # fmt: skip
        self.book.cash -= quantity * price
        self.book.held[symbol] = quantity * price

    def judge(self, asked: Proposal) -> Verdict:
        """What the trader says, held against the definitions."""
        verdict = self.trader.judge(asked)
        self.tally["proposals"] += 1
        if verdict.outcome is Outcome.REFUSED:
            assert (verdict.order, verdict.notional) == (None, 0)
            self.tally[f"refused by {verdict.binding_rule}"] += 1
            return verdict
        order, scene = verdict.order, self.scene
        assert order is not None
        assert Seal(KEY).verify(order)
        assert not scene.halted
        assert scene.breaker is None
        assert asked.symbol not in scene.frozen
        given_away = breaches(order, asked, self.book, self.limits, SETTINGS.exits, VENUES[asked.symbol], BARS_PER_DAY)
        assert given_away == [], (order, asked, scene)
        assert verdict.notional == order.quantity * asked.reference_price
        self.book.coming[asked.symbol] = verdict.notional
        self.tally["signed"] += 1
        self.tally[f"cut by {verdict.binding_rule}"] += 1
        if asked.symbol in self.book.held:
            self.tally[f"more of {'a share' if asked.exposure is not None else 'a purchase of events'} signed"] += 1
        return verdict

    def court(self, docket: tuple[Tried, ...]) -> None:
        court = (COMPOSED, ALONE)[self.tally["dockets"] % 2]
        self.tally["dockets"] += 1
        bench = Bench(mind=Liar(docket), adjuster=Madman(docket), judge=self.judge, role_deadline_s=60.0, court=court)
        heard = asyncio.run(Court(bench).hear(tuple(one.case for one in docket)))
        for one, hearing in zip(docket, heard, strict=True):
            self.tally["opinions"] += len(one.words)
            self.tally["policy outputs"] += 1
            self.tally["answers to an attack"] += isinstance(hearing.rebuttal, RebuttalOpinion)
            self.tally["rulings that an argument bounded"] += hearing.ruling.why.startswith("At most ")
            assert 0.0 <= hearing.ruling.scale <= min((b.most_pct for b in hearing.ruling.bounds), default=100) / 100
            for word in (hearing.supervisor, hearing.risk_agent):
                assert hearing.ruling.scale <= (0.0 if isinstance(word, Abstained) else word.scale_pct / 100)
            assert 0.0 <= hearing.adjustment.scale <= 1.25
            assert hearing.ruling.scale * hearing.adjustment.scale <= 1.0 + 2**-52
            self.tally["policy outputs above 1"] += hearing.adjustment.scale > 1.0


def prove(proposals: int, tally: Counter[str], part: int = 0) -> None:
    """Hypothesis hands over dockets until so many proposals have been judged."""

    size = DOCKET * BYTES

    @seed(part)
    @settings(
        max_examples=proposals // DOCKET,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scene=scenes, wild=st.tuples(*[st.floats()] * 3), drawn=st.binary(min_size=size, max_size=size))
    def ordeal(scene: Scene, wild: tuple[float, ...], drawn: bytes) -> None:
        marks, choices = MARKETS[scene.kind].marks, Choices(drawn)
        docket = tuple(tried(choices, marks, number, wild) for number in range(DOCKET // 2))
        given_raw = [raw(choices, marks, number, wild) for number in range(DOCKET // 2)]
        trial = Ordeal(scene, tally)
        trial.court(docket)
        for asked in given_raw:
            trial.judge(asked)
        if tally["proposals"] % 1_000 < DOCKET:
            print(
                f"\r{tally['proposals']:>9,} proposals, {tally['signed']:,} signed", end="", file=sys.stderr, flush=True
            )

    ordeal()


def shown(tally: Counter[str]) -> str:
    return "\n".join(
        f"{count:>9,}  {what}" for what, count in sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    )


@pytest.mark.slow
def test_two_thousand_proposals_and_none_above_a_limit() -> None:
    tally: Counter[str] = Counter()
    prove(2_000, tally)
    assert tally["proposals"] >= 2_000
    assert tally["signed"] > 50, shown(tally)
    assert tally["policy outputs above 1"] > 10, shown(tally)
    assert tally["more of a purchase of events signed"] > 3, shown(tally)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_as_many_as_were_asked_for_and_none_above_a_limit(part: int) -> None:
    tally: Counter[str] = Counter()
    prove(MANY // PARTS, tally, part)
    print(f"\npart {part} of {PARTS}\n{shown(tally)}\n{0:>9}  above a limit")
    assert tally["proposals"] >= MANY // PARTS // DOCKET * DOCKET
    assert tally["signed"] > MANY // PARTS // 40
    assert tally["more of a purchase of events signed"] > MANY // PARTS // 1_000


@pytest.mark.slow
@settings(max_examples=4, database=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.binary(min_size=20 * BYTES, max_size=20 * BYTES), profile=st.sampled_from(list(SIZES)))
def test_a_thousand_cases_at_once_fill_the_book_and_no_more(drawn: bytes, profile: str) -> None:
    scene = Scene("calm", 10_000, {}, None, halted=False, frozen=frozenset(), profile=profile)
    marks = MARKETS["calm"].marks
    choices = Choices(drawn)
    few = [tried(choices, marks, number, NASTY) for number in range(20)]
    docket = tuple(
        Tried(one.case.model_copy(update={"decision_id": f"{lap}-{one.case.decision_id}"}), one.words, one.policy)
        for lap in range(50)
        for one in few
    )
    tally: Counter[str] = Counter()
    trial = Ordeal(scene, tally)
    trial.court(docket)
    assert tally["proposals"] == 1_000
    most = {"paper": 2_000, "balanced": 8_000}[profile]
    assert trial.book.deployed <= most
    assert max(trial.book.coming.values()) <= most // 4
