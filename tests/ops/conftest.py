"""A small run made by hand: real records of a seeded walk, with trades, hearings of every fate, a breaker and findings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from gate_support import OLD_FOUR

from agents.court.case import BookView, Case
from agents.court.hearing import Hearing
from agents.court.mind import Voice
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, Evidence, HorizonView, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling, RulingOutcome, Struck
from agents.llm.attempt import Attempt, Role, Usage
from agents.llm.attempt import AttemptOutcome as Outcomes
from agents.records.record import CycleRecord, ExitDecision, Session, SessionEnd, ShareReview
from agents.strategies.vote import NetVote, Vote
from config.reading.load import load_profile
from config.seeds import generator
from config.silence import Abstained
from execution.account.ledger import Ledger
from execution.account.trader import Exposure
from execution.journal.chain import Journal
from execution.journal.rows import key_id
from execution.reports import Fill, Liquidity, OrderState, OrderStatus, VenueReport, VenueWord
from market.bar import Bar, Finding, Slice
from market.instrument import Instrument
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.breakers import BreakerEvent, BreakerState
from risk.order import Order, OrderKind, Purpose, Side
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction
from risk.verdict import Outcome, Reaction, RuleReport, Verdict
from rl.adjustment import Adjustment
from sentiment.headline import Component, CrowdComponent, Headline, SentimentData

KEY = bytes(range(32))
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAIN = "Crypto market steady"


@dataclass
class Script:
    """What the run is like. `text` is a headline and a claim; `lie` is added to the realised profit that the run writes."""

    bars: int = 60
    symbols: tuple[str, ...] = ("BTC/USDT", "ETH/USDT")
    text: str = PLAIN
    ended: bool = True
    trading: bool = True
    lie: Decimal = Decimal(0)
    key: bytes = KEY
    source: str = "simulated market, seed 7"
    gaps: set[tuple[int, str]] = field(default_factory=set)
    reply: str | None = None
    """What a model answers as each role that it speaks for; None where no model sits."""
    reviews: tuple[Adjustment, ...] = ()
    """What a policy says, in turn, of positions by shares at steps 2, 4, 5 and 6 of ten: the first is enlarged, the second kept,
    the third trimmed, and the last not enlarged."""


Maker = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> Maker:
    """Makes the folder of a run from the fields of a Script; returns the folder."""

    def make(name: str = "paper-001", **script: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        _Play(folder, Script(**script)).perform()  # type: ignore[arg-type]
        return folder

    return make


@pytest.fixture
def key() -> bytes:
    """The key that the runs are sealed with."""
    return KEY


@pytest.fixture
def make_hearing() -> Callable[[str, int], Hearing]:
    """Makes one hearing: its fate ("traded", "refused", "rejected") and its bar."""
    return lambda fate, bar: hearing_of(fate, "BTC/USDT", START + bar * HOUR, 100.0, PLAIN)


class _Play:
    """One performance of a script."""

    def __init__(self, folder: Path, script: Script) -> None:
        self.script = script
        self.settings = load_profile(
            "paper", {**OLD_FOUR, **({} if script.reply is None else {"court.mind": "models"})}
        )
        self.journal = Journal(folder / "journal.db", script.key, 256)
        self.ledger = Ledger(self.settings.venue.starting_cash, "USDT")
        self.stop: Decimal | None = None
        self.opened = ""
        self.number = self.reviewed = 0
        self.breakers = BreakerState.fresh(self.ledger.equity, START)

    def perform(self) -> None:
        self.journal.append(self.session())
        walk = generator(7, "ops").normal(0.0, 0.01, (self.script.bars, len(self.script.symbols))).cumsum(axis=0)
        for bar in range(self.script.bars):
            prices = {symbol: 100.0 * float(2.0 ** walk[bar, i]) for i, symbol in enumerate(self.script.symbols)}
            self.bar(bar, {symbol: round(price, 2) for symbol, price in prices.items()})
        if self.script.ended:
            self.journal.append(self.end())
        self.journal.close()

    def session(self) -> Session:
        instruments = {
            symbol: Instrument(
                symbol=symbol, base=symbol.split("/")[0], quote="USDT", tick_size=Decimal("0.01"),
                lot_size=Decimal("0.001"), min_notional=Decimal(5), maker_fee_bps=Decimal(10), taker_fee_bps=Decimal(10),
            )
            for symbol in self.script.symbols
        }  # fmt: skip
        return Session(
            version="0.1.0", settings=self.settings, source=self.script.source, symbols=self.script.symbols,
            timeframe=Timeframe.H1, instruments=instruments, start_utc=START,
            end_utc=START + self.script.bars * HOUR, bars=self.script.bars, key_id=key_id(self.script.key), findings=(),
        )  # fmt: skip

    def bar(self, bar: int, prices: dict[str, float]) -> None:
        symbol, other = self.script.symbols[0], self.script.symbols[-1]
        at, price, step = START + (bar + 1) * HOUR, prices[symbol], bar % 10
        exits: tuple[ExitDecision, ...] = ()
        if self.script.trading and step == 3:
            self.opened = f"{at - HOUR:%Y%m%dT%H%M}-{symbol.replace('/', '')}"
            self.fill(self.opened, symbol, Side.BUY, Purpose.ENTRY, Decimal("1.5"), price, at - HOUR)
            self.stop = round(Decimal(repr(price)) * Decimal("0.97"), 2)
        if self.script.trading and step == 7 and self.opened:
            by_vote = bar % 20 == 7
            decision = f"{at:%Y%m%dT%H%M}-X" if by_vote else self.opened
            purpose = Purpose.STRATEGY_EXIT if by_vote else Purpose.STOP_LOSS
            self.fill(decision, symbol, Side.SELL, purpose, Decimal("1.5"), price, at)
            exits = (ExitDecision(decision_id=decision, symbol=symbol, why="the trend has turned"),) if by_vote else ()
            self.stop = None
        if self.script.trading and step == 5 and bar > 10:
            action = "tripped" if bar % 20 == 15 else "lifted"
            event = BreakerEvent(breaker="turbulence", at_utc=at, action=action, why="7.1 sigmas in one bar")
            self.journal.append(event)
        if self.script.reviews and step in (2, 4, 5, 6):
            exits += self.review(at, other if step == 6 else symbol, trims=step == 5)
        self.ledger.mark({name: Decimal(repr(value)) for name, value in prices.items()})
        fates = {2: ("traded", symbol), 4: ("rejected", other), 6: ("refused", other)}
        heard = () if not self.script.trading or step not in fates else (fates[step],)
        hearings = tuple(hearing_of(fate, name, at, prices[name], self.script.text) for fate, name in heard)
        if self.script.reply is not None:
            hearings = tuple(self.heard_by_models(hearing, self.script.reply) for hearing in hearings)
        record = CycleRecord(
            bar=bar + 1, as_of_utc=at, data_hash=f"{bar:064x}", tape=self.tape(bar, at, prices),
            portfolio=self.portfolio(at), breakers=self.breakers, exits=exits, exposure=self.exposure(),
            hearings=hearings,
        )  # fmt: skip
        self.journal.append(record)

    def review(self, at: datetime, symbol: str, *, trims: bool) -> tuple[ExitDecision, ...]:
        """The next word of the policy on a position that stands for half of a full one, of which voters want 80 %."""
        said = self.script.reviews[self.reviewed % len(self.script.reviews)]
        self.reviewed += 1
        self.journal.append(ShareReview(as_of_utc=at, symbol=symbol, held=0.5, wanted=0.8, adjustment=said))
        decision = f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}"
        return (ExitDecision(decision_id=decision, symbol=symbol, why="less", kept_share=0.4),) if trims else ()

    def heard_by_models(self, hearing: Hearing, reply: str) -> Hearing:
        """The same hearing by a model that speaks for the analyst and the risk agent, then is overloaded and out of money."""
        decision, voices = hearing.case.decision_id, []
        for role, outcomes in _ATTEMPTS.items():
            for number, outcome in enumerate(outcomes, start=1):
                self.journal.append(attempt_of(decision, role, number, outcome, reply))
            by_model = outcomes[-1] is Outcomes.OK
            speaker, why = ("anthropic/claude-haiku-5-5", "") if by_model else ("rules", f"no model: {outcomes[-1]}")
            voices.append(Voice(decision_id=decision, role=role, speaker=speaker, why=why))
        return hearing.model_copy(update={"mind": "models", "voices": tuple(voices)})

    def tape(self, bar: int, at: datetime, prices: dict[str, float]) -> Slice:
        shown = {name: price for name, price in prices.items() if (bar, name) not in self.script.gaps}
        gone = tuple(
            Finding(symbol=name, at_utc=at, kind="gap", detail="1 bar is missing")
            for name in prices
            if name not in shown
        )
        return Slice(
            close_utc=at,
            findings=gone,
            bars={
                name: Bar(
                    symbol=name, timeframe=Timeframe.H1, close_utc=at, open=price, high=price * 1.01, low=price * 0.99,
                    close=price, volume=10.0,
                )
                for name, price in shown.items()
            },
        )  # fmt: skip

    def fill(
        self, decision: str, symbol: str, side: Side, purpose: Purpose, quantity: Decimal, price: float, at: datetime
    ) -> None:
        """An order, its intent, and two fills of it."""
        self.number += 1
        order_id = f"{decision}-{self.number}"
        order = Order(
            order_id=order_id, decision_id=decision, symbol=symbol, side=side, kind=OrderKind.MARKET, purpose=purpose,
            quantity=quantity, created_utc=at, seal=self.script.key.hex()[:32],
        )  # fmt: skip
        self.journal.append(order)
        exact = Decimal(repr(price))
        halves = tuple(
            Fill(
                trade_id=f"{order_id}-{half}", order_id=order_id, decision_id=decision, symbol=symbol, side=side,
                purpose=purpose, quantity=quantity / 2, price=exact, fee=quantity / 2 * exact / 1000,
                fee_currency="USDT", liquidity=Liquidity.TAKER, filled_utc=at,
            )
            for half in (1, 2)
        )  # fmt: skip
        for half in halves:
            self.ledger.apply(half)
        state = OrderState(
            order_id=order_id, decision_id=decision, symbol=symbol, status=OrderStatus.FILLED, at_utc=at,
            filled_quantity=quantity,
        )  # fmt: skip
        word = VenueWord(asked=f"submit {order_id}", report=VenueReport(states=(state,), fills=halves))
        self.journal.append(word)

    def portfolio(self, at: datetime) -> Portfolio:
        held = tuple(
            Position(
                symbol=position.symbol, quantity=position.quantity, entry_price=position.entry_price,
                mark_price=position.mark_price, stop_price=self.stop,
            )
            for position in self.ledger.positions()
        )  # fmt: skip
        return Portfolio(as_of_utc=at, cash=self.ledger.cash, equity=self.ledger.equity, positions=held)

    def exposure(self) -> Exposure:
        share = float(self.portfolio(START).deployed / self.ledger.equity)
        return Exposure(deployed_fraction=share, drawdown=0.01, var_1d=share * 0.1, es_1d=share * 0.12)

    def end(self) -> SessionEnd:
        ledger = self.ledger
        return SessionEnd(
            reason="completed", bars=self.script.bars, data_hash="d" * 64, starting_cash=ledger.starting_cash,
            realised=ledger.realised + self.script.lie, unrealised=ledger.unrealised, fees=ledger.fees,
            funding=ledger.funding, portfolio=self.portfolio(START + self.script.bars * HOUR), breakers=self.breakers,
        )  # fmt: skip


_ATTEMPTS: dict[Role, tuple[Outcomes, ...]] = {
    "analyst": (Outcomes.MALFORMED, Outcomes.OK),
    "risk_agent": (Outcomes.OK,),
    "devils_advocate": (Outcomes.OVERLOADED, Outcomes.OVERLOADED),
    "supervisor": (Outcomes.SKIPPED_BUDGET,),
}


def attempt_of(decision: str, role: Role, number: int, outcome: Outcomes, reply: str) -> Attempt:
    """An attempt that answers `reply` where its outcome has one, and costs a hundredth of a cent then."""
    answered = outcome in (Outcomes.OK, Outcomes.MALFORMED)
    again = " Answer again." if number > 1 else ""
    return Attempt(
        decision_id=decision, role=role, number=number, provider="anthropic", model="claude-haiku-5-5",
        prompt_version="1", system_sha256="0" * 64, user=f"The case of {decision}.{again}", max_tokens=700,
        request_key="0" * 64, outcome=outcome,
        detail="the day's budget of 2 USD has 0 USD left" if outcome is Outcomes.SKIPPED_BUDGET else "",
        reply=reply if answered else None, latency_ms=100 * number if answered else 0,
        usage=Usage(input_tokens=1000, cache_read_tokens=400, output_tokens=50) if answered else None,
        cost_usd=Decimal("0.0001") if answered else Decimal(0),
    )  # fmt: skip


def hearing_of(fate: str, symbol: str, at: datetime, price: float, text: str) -> Hearing:
    """A hearing with one piece of struck evidence; a rejected one has a silent analyst."""
    decision = f"{at:%Y%m%dT%H%M}-{symbol.replace('/', '')}"
    scale = 0.0 if fate == "rejected" else 0.5
    outcome = RulingOutcome.REJECTED if fate == "rejected" else RulingOutcome.SHRUNK
    evidence = (Evidence(field="signals.1h.rsi_14", value=61.25, claim=text),)
    view = HorizonView(horizon=Timeframe.H1, direction=Direction.LONG, expected_move_bps=42.0, conviction_pct=60)
    return Hearing(
        mind="rules",
        case=_case(decision, symbol, at, price, text),
        analyst=Abstained(why="no history")
        if fate == "rejected"
        else AnalystOpinion(
            reasoning=f"Outlook of {decision}", evidence=evidence, horizons=(view, Abstained(why="1w: too young")),
            direction=Direction.LONG, conviction_pct=60, risks=("it may fall",), would_change_my_mind="a close below 90",
        ),
        risk_agent=RiskOpinion(reasoning="There is room.", evidence=(), concerns=("thin book",), scale_pct=100),
        advocate=AdvocateOpinion(reasoning="Against it.", evidence=evidence, attacks=("weak",), strength_pct=40),
        supervisor=SupervisorOpinion(reasoning="Shrunk to 50%.", evidence=(), scale_pct=50),
        struck=(Struck(role="devils_advocate", evidence=(Evidence(field="book.nothing", value=1.0, claim="invented"),)),),
        ruling=Ruling(outcome=outcome, scale=scale, why="Shrunk to 50%."),
        adjustment=Adjustment(adjuster="off", scale=1.0),
        verdict=_verdict(fate, decision, symbol, at),
    )  # fmt: skip


def _case(decision: str, symbol: str, at: datetime, price: float, text: str) -> Case:
    vote = Vote(
        voter="ema_cross", symbol=symbol, direction=Direction.LONG, confidence=0.7, weight=1.0, reasons=("crossed",)
    )
    signals = TechnicalSignals(
        symbol=symbol, timeframe=Timeframe.H1, close_utc=at, bars=300, open=price, high=price, low=price, close=price,
        volume=10.0, rsi_14=61.25,
    )  # fmt: skip
    headline = Headline(text=text, source="wire", published_utc=at - HOUR, first_seen_utc=at - HOUR)
    return Case(
        decision_id=decision, symbol=symbol, as_of_utc=at, base_timeframe=Timeframe.H1, signals={Timeframe.H1: signals},
        proposal=NetVote(direction=Direction.LONG, conviction=0.7, against=0.0, votes=(vote,)),
        sentiment=SentimentData(
            symbol=symbol,
            as_of_utc=at,
            score=0.25,
            headlines=(headline,),
            flags=("hack",),
            news=Component(score=0.25, share=1.0, headlines=1, age_h=2.0),
            reddit=CrowdComponent(score=Abstained(why="no key"), share=0.0, mentions=0),
        ),
        book=BookView(
            equity=10_000.0, deployed_fraction=0.0, drawdown=0.0, day_return=0.0, var_1d=0.0, es_1d=0.0, held=(),
            worst_correlation=None, last_sigma=None, losses_in_a_row=0, breaker=None,
        ),
    )  # fmt: skip


def _verdict(fate: str, decision: str, symbol: str, at: datetime) -> Verdict:
    def cap(code: str, notional: int, reaction: Reaction) -> RuleReport:
        return RuleReport(
            code=code, number=0.03, limit=0.05, unit="of equity", reaction=reaction, notional_cap=Decimal(notional)
        )

    passed = RuleReport(code="well_formed", number=None, limit=None, unit="", reaction=Reaction.PASS)
    if fate == "traded":
        order = Order(
            order_id=f"{decision}-e", decision_id=decision, symbol=symbol, side=Side.BUY, kind=OrderKind.MARKET,
            purpose=Purpose.ENTRY, quantity=Decimal("1.5"), created_utc=at,
        )  # fmt: skip
        rules = (passed, cap("kelly", 300, Reaction.CUT), cap("position", 500, Reaction.PASS))
        return Verdict(
            decision_id=decision, symbol=symbol, as_of_utc=at, outcome=Outcome.SIGNED, binding_rule="kelly", rules=rules,
            notional=Decimal(150), stop_fraction=0.03, order=order,
        )  # fmt: skip
    code = "ruling" if fate == "rejected" else "correlation"
    refused = RuleReport(code=code, number=0.9, limit=0.7, unit="", reaction=Reaction.REFUSE, note="no")
    return Verdict(
        decision_id=decision, symbol=symbol, as_of_utc=at, outcome=Outcome.REFUSED, binding_rule=code,
        rules=(passed, refused),
    )  # fmt: skip
