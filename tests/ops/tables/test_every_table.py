"""Every table of the program, drawn at 80, 100 and 140 columns: no cell of a column that does not yield is empty or cut."""

import ast
import io
import re
import runpy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Sample
from typing import Any, get_args

import pytest

from agents.court.thesis import Cause
from agents.desk.clocked.book import AccountBook
from agents.llm.preflight import Seat
from agents.records.account import Word
from agents.records.steered import SteerDone
from config.reading.load import profile_names, resolve
from config.secrets import load_secrets
from config.silence import Abstained
from evidence.courts.comparing import Comparison, CourtFigures, CourtOnSide
from evidence.policy.judging import AtEqual
from evidence.quality.figures import Crash, QualityReport, Score
from evidence.rulings.flips import BlindTally, FlipTally
from evidence.rulings.mirror import Turned
from evidence.rulings.shadowed import ShadowFigures
from evidence.rulings.taken import ALL, Side, Taken, TakenReport
from evidence.rulings.worth import Attribution, RoleWorth
from evidence.scores.quality import Quality, ScoreReport, SetQuality
from evidence.statistics.pooled import PooledDifference
from evidence.statistics.stylised import Range
from evidence.statistics.totals import Interval
from evidence.strategies.baselines import AgainstChance
from evidence.strategies.crossings import Crossing
from evidence.strategies.latest import LatestVote
from evidence.strategies.published import Published
from evidence.strategies.trial import Tried
from evidence.worlds.markets import StylisedFacts
from execution.account.ledger import Ledger
from execution.steering.words import STEERED, SteerVerb, Target, word_of
from market.bar import Finding
from market.store.parquet import Written
from market.store.shelves import Shelf
from market.timeframe import Timeframe
from ops.backups.manifest import Manifest
from ops.beside.figures import Beside, Count, Figure
from ops.beside.shown import figures_table
from ops.commands.operate import account, backup, check, doctor, record
from ops.commands.research import quality
from ops.commands.trade import strategies
from ops.commands.watch import alert
from ops.health.finding import ill, unasked, well
from ops.paper.record import PaperRecord, PaperTrade
from ops.story.freezes import Freezes
from ops.story.held.reviews import Became, CourtReview, ReviewFigures
from ops.story.models import ModelFigures, SpeakerFigures
from ops.story.parts.steered import Action
from ops.story.performance import TradeFigures
from ops.story.perpetual.sides import PerpetualFigures, SideFigures
from ops.story.policy.reviews import Followed, Reviewed
from ops.story.trials.again import DecidedAgain, GateWord, JudgedAgain, LimitChange, RuleChange
from ops.tables import (
    attribution,
    audit,
    calibration,
    judgement,
    ladder,
    model_tables,
    replayed,
    riskmodel,
    sweep,
    training,
    walk,
)
from ops.tables import run as of_run
from ops.tables.grid import Grid, Sheet, open_console
from ops.tables.held.reviews import court_reviews_grid
from ops.tables.market import stored, stylised
from ops.tables.perpetual import sides
from ops.tables.plain import ALERTS, RULES
from ops.tables.policy import reviews, verdict
from ops.tables.sentiment import parts, scores
from ops.tables.steered.actions import actions_grid
from ops.tables.training import SeedRow, Trained
from ops.tables.trial import again, compared
from ops.tables.trial.shadow import shadow_grid
from ops.tables.voters import ab, latest, taken
from risk.breakers import BreakerState, Latch
from risk.ramp import Ramp
from risk.verdict import Reaction, RuleReport
from rl.training.world import Judged
from sentiment.headline import Component, CrowdComponent, SentimentData

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("agents", "config", "evidence", "execution", "market", "ops", "risk", "rl", "sentiment")
AT = datetime(2024, 1, 1, tzinfo=UTC)
DECISION = "20240101T0000-BTC/USDT-ema_cross"
LONG = "a sentence that says in some more words than would fit what happened, and why it did"


def samples(name: str) -> dict[str, Any]:
    """What another file of tests builds its reports with."""
    return runpy.run_path(str(Path(__file__).with_name(name)))


SEARCHES, BACK, JUDGED, REPLAYED = (
    samples(f"test_{name}.py") for name in ("searches", "looking_back", "judgement", "replayed")
)


def roles() -> Attribution:
    wide = Interval(value=-12_345.67, low=-23_456.78, high=12_345.67)
    found = tuple(
        RoleWorth(
            role=role,
            heard=12_345,
            changed=4_321,
            lowered=4_000,
            raised=321,
            settled=9_999,
            quote=wide,
            bps=wide,
            quote_long=wide,
            quote_short=wide,
        )
        for role in ("analyst", "risk_agent", "devils_advocate", "supervisor")
    )
    pairs = (Sample(one="devils_advocate", other="supervisor", both=12_345, opposed=4_321),)
    return Attribution.model_construct(
        runs=("paper-001",), quote="USDT", horizon_bars=72, hearings=12_345, roles=found, pairs=pairs, alpha=0.25
    )


def flips() -> Any:
    one = FlipTally(
        window="before",
        what=Turned.BOTH,
        cases=1_200,
        turned=900,
        followed=600,
        stood=200,
        against=100,
        no_room=300,
        side="short",
    )
    return Sample(
        flips=(one,), blinded=(BlindTally(window="before", cases=1_200, same=900, mean_change=0.123, side="short"),)
    )


def on_side(side: Any) -> CourtOnSide:
    wide = Interval(value=-12_345.67, low=-23_456.78, high=12_345.67)
    return CourtOnSide(
        side=side, cases=1_234, scale=0.75, worth=wide, against_first=wide, flips=flips().flips[0],
        blinded=flips().blinded[0],
    )  # fmt: skip


def speakers() -> Any:
    made = BACK["report"]()
    later = Sample(learned_from=12_345, n=12_345, stated=0.25, calibrated=0.24, base_rate=0.26)
    known = [each.model_copy(update={"later": later}) for each in made.speakers]
    return Sample(speakers=(*made.speakers, *known))


def judged() -> Any:
    chance = AgainstChance.model_construct(
        total_return=Sample(value=-1.2345, low=-0.5, high=12.345, percentile=0.42, p_value=0.58),
        sharpe=Sample(value=1.25, low=-0.5, high=2.5, percentile=0.42, p_value=0.58),
        trades=1_234, random_trades=1_230.0, held_return=0.123, held_sharpe=1.2, entries=1_234, seeds=100,
    )  # fmt: skip
    parts = tuple(JUDGED["group"](name) for name in ("ema_cross", "my_own_strategy", "2024-01"))
    made = JUDGED["measures"](by_strategy=parts, by_symbol=parts, by_exit=parts, by_month=parts)
    return JUDGED["judgement"](measures=made, chance=chance, deflated=SEARCHES["deflated"]())


def models() -> Any:
    one = SpeakerFigures(
        speaker="anthropic-strong/claude-opus-5-5", words=12_345, attempts={"ok": 12_345, "overloaded": 3_210, "timeout": 12},
        requests=12_345, from_cache=10, input_tokens=12_345_678, cached_input_tokens=1_000, output_tokens=2_345_678,
        cost_usd=Decimal("1234.5678"), latency_p50_ms=12_345, latency_p95_ms=54_321,
    )  # fmt: skip
    return ModelFigures(
        words={one.speaker: 12_345}, instead={}, requests=12_345, cost_usd=Decimal("1234.5678"),
        day_budget_usd=Decimal(5), speakers=(one,), failing=(), unheard=(),
    )  # fmt: skip


def what_was_taken() -> TakenReport:
    """What each throttle took, with numbers as wide as they become."""
    share = Interval(value=0.3812, low=0.3012, high=0.4512)
    one = Side(cases=12_345, settled=12_345, won=share, mean_bps=-1_234.5)
    spread = Interval(value=1_234.5, low=-1_234.5, high=2_345.6)
    rows = tuple(
        Taken(by=by, voter=voter, growth=-1.2345, kept=one, rejected=one, difference_bps=spread)
        for by in ("court", "breaker loss_streak", "expected_slippage", "adjuster")
        for voter in (ALL, "momentum_breakout")
    )
    return TakenReport(horizon_bars=72, cases=12_345, settled=12_345, rows=rows)


def two_sides() -> PerpetualFigures:
    """Long and short with numbers as wide as they become."""
    price = Decimal("123456.78")
    trades = TradeFigures(
        closed=12_345, won=1_234, lost=11_111, win_rate=0.1, expectancy=-1_234.56, profit_factor=0.12, average_win=1.0,
        average_loss=-1.0,
    )  # fmt: skip
    side = SideFigures(trades=trades, pnl=-price, fees=price, funding=-price, liquidated=1_234)
    return PerpetualFigures(
        leverage=Decimal(3), trigger="mark", long=side, short=side, mean_gross=1.2345, most_gross=2.9876, mean_net=-1.2345,
        most_net_long=2.9876, most_net_short=2.9876, nearest_liquidation=0.0123, lost_to_liquidation=price,
    )  # fmt: skip


def summary(perpetuals: PerpetualFigures | None = None) -> Any:
    """The summary of a run with numbers as wide as they become."""
    price = Decimal("123456.78")
    return Sample(
        run="paper-001", source="binance_BTCUSDT_1h.parquet and two more", start_utc=AT, end_utc=AT, timeframe="1h",
        ended="interrupted", bars=123_456, quote="USDT", starting_cash=price, final_equity=price, market_return=1.2345,
        growth=Sample(
            total_return=-0.1234, cagr=1.2345, volatility=0.1234, sharpe=-1.25, sortino=12.25, max_drawdown=0.1234,
            longest_drawdown_bars=12_345,
        ),
        trades=Sample(
            closed=12_345, win_rate=0.4286, expectancy=-1234.56, average_win=12_345.67, average_loss=-12_345.67,
            profit_factor=1.09,
        ),
        value_at_risk=Sample(exceeded=1_234, days=123_456, expected=1_234.5), bars_with_position=0.25, mean_deployed=0.02,
        fees=price, funding={"1000PEPE/USDT": price}, perpetuals=perpetuals, turnover=12.34, minds={"rules": 12_345}, models=None,
        adjuster="off", policy=None,
        hearings=12_345, rulings={"approved": 1, "shrunk": 12_000, "rejected": 344}, struck_evidence={"analyst": 12},
        signed=1_234, data_findings={"missing_bars": 1_234}, frozen_bars={"1000PEPE/USDT": 1_234}, held_frozen={},
        gate_rules=[Sample(rule=rule, binding=12_345, refused=1_234, cut=1_234, taken=price) for rule in RULES],
        positions=[
            Sample(
                symbol="1000PEPE/USDT", quantity=Decimal("123456.789"), entry_price=price, mark_price=price,
                stop_price=price, unrealised=-price, margin=price, liquidation_price=price, liquidation_distance=0.4321,
            )
        ],
        identity=Sample(
            start=price, realised=price, unrealised=price, fees=price, funding=price, recomputed=price, end=price, holds=True
        ),
    )  # fmt: skip


def measured() -> QualityReport:
    """The quality monitor on as many bars and kinds as there are."""
    score = Score(kind="all but gap and zero", source="put in", cases=1_234, found=1_234, false=1_234)
    crash = Crash(
        name="2022-05-09 to 13",
        markets=37,
        bars=12_345,
        large_moves=123,
        called=("1000PEPE/USDT at 2020-03-13 02:00",) * 3,
    )
    return QualityReport(
        seed=7, bars=1_234_567, hits=(score,), tuning=score, test=score, put_in=(score,), crashes=(crash,), depegs=()
    )  # fmt: skip


def froze() -> Freezes:
    """Two freezes of one market, with causes as long as they become."""
    found = Freezes()
    for hour in range(1_234):
        found.see(AT + timedelta(hours=hour), {"1000PEPE/USDT": LONG if hour else "no bar at this close"})
    return found


def score_report() -> ScoreReport:
    quality = Quality(scorer="VADER and lexicon", accuracy=0.5494, macro_f1=0.5451, opposite=0.1784, silent=0.1861)
    shares = {"negative": 0.3, "neutral": 0.4, "positive": 0.3}
    found = SetQuality(name="bitcoin lines", by="FinBERT", texts=12_345, shares=shares, found=(quality, quality))
    return ScoreReport(sets=(found,))


def mood() -> SentimentData:
    crowd = CrowdComponent(
        score=-0.12, share=0.25, headlines=1234, age_h=1.0, mentions=1234, positive_share=0.5, trend=-0.5
    )
    silent = Component(score=Abstained(why=LONG), share=0.0)
    return SentimentData(
        symbol="1000PEPE/USDT", as_of_utc=AT, score=-0.12, flags=("hack",), reddit=crowd, funding=silent,
        fear_greed=Component(score=0.6, share=0.75, value=80, age_h=12.5),
    )  # fmt: skip


def story() -> Any:
    trade = Sample(
        entry_utc=AT, exit_utc=AT + timedelta(days=123), symbol="1000PEPE/USDT", quantity=Decimal("123456.789"),
        entry_price=Decimal("123456.78"), exit_price=Decimal("123456.78"), pnl=Decimal("-12345.67"), exit_purpose="strategy_exit",
        is_short=True,
    )  # fmt: skip
    word = Sample(who="the operator at night", why=LONG)
    return Sample(
        trades=[(0, 0, trade)],
        breaker_events=[Sample(at_utc=AT, breaker="loss_streak", action="extended", why=LONG)],
        alerts=[Sample(at_utc=AT, code=code, text=LONG) for code in ALERTS],
        halts=[Sample(as_of_utc=AT, action="flattening", halts=(word,), lifted=())],
        approvals=[
            Sample(decision_id=DECISION, notional=Decimal("12345.67"), approved=True, who="me", why=LONG)
        ],
        findings=[Sample(kind="missing_bars", at_utc=AT, symbol="1000PEPE/USDT", detail=LONG)],
        tally=Sample(freezes=froze()),
    )  # fmt: skip


def operators() -> list[Action]:
    """What operators have asked, done and open."""
    rows = []
    for row in STEERED:
        target = {Target.STRATEGY: "my_own_strategy_of_last_year", Target.SYMBOL: "1000PEPE/USDT"}.get(row.target, "")
        direction = "short" if row.has_direction else None
        word = word_of(SteerVerb(row.name), target, "the operator at night", "chat", LONG, AT, direction)
        done = SteerDone(at_utc=AT, word_id=word.word_id, verb=row.name, outcome="refused", told=LONG)
        rows.append(Action(AT, word, done if row.is_brake else None))
    return rows


def several() -> Any:
    """A run on three exchanges with long names."""
    names = ("an-exchange-with-a-very-long-name", "kraken", "binance-2")
    ledger = Ledger(Decimal(3_000_000), "USDT", parts=dict.fromkeys(names, Decimal(1_000_000)))
    return Sample(ledger=ledger, fills=[Sample(account=name, side="buy") for name in names])


def what_if() -> list[Any]:
    asked, verdict = REPLAYED["asked"], REPLAYED["verdict"]
    given = asked(1).model_copy(update={"decision_id": DECISION})
    return [replayed.WhatIf(given, verdict(given, 12_345, "expected_shortfall"), verdict(given, None, "correlation"))]


def decided() -> DecidedAgain:
    """A decision that was recomputed under other limits, with rules that say much."""
    report = RuleReport(
        code="expected_slippage", number=123.456, limit=1.0, unit="of equity", reaction=Reaction.REFUSE, note=LONG,
        notional_cap=Decimal("1234567.89"),
    )  # fmt: skip
    word = GateWord(outcome="signed", notional=Decimal("1234567.89"), rule="expected_slippage")
    change = RuleChange(then=report, asked=report.model_copy(update={"reaction": Reaction.CUT}))
    return DecidedAgain(
        run="live-001", decision_id=DECISION, symbol="1000PEPE/USDT", as_of_utc=AT, quote="USDT", identical=True, bars=12_345,
        events=123_456, by_value={"cycle@6": 12_345}, policy_not_recomputed="default", deviation=None,
        limits=(LimitChange(name="max_deployed_fraction", then="0.2", asked="0.1"),),
        judged=(JudgedAgain(at_once=False, then=word, asked=word, rules=(change,)),),
    )  # fmt: skip


def settings() -> None:
    for name in profile_names():
        check._print(resolve(name), load_secrets(), Stream())


class Stream(io.StringIO):
    """Where a function prints that makes its table itself."""


def an_account() -> AccountBook:
    """An account with a ramp, a breaker and a position, at an address of its own."""
    price = Decimal("123456.78")
    breakers = BreakerState.fresh(price, AT)
    latch = Latch(breaker="drawdown", since_utc=AT, until_utc=None, why=LONG)
    return AccountBook(
        account="coinbase http://127.0.0.1:8765 live", quote="USDT", money=price, run="0" * 16, folder="/home/ada/runs/live-001",
        at_utc=AT, cash=price, equity=price, positions=("1000PEPE/USDT",), trades=12_345,
        breakers=breakers.model_copy(update={"latches": (latch,)}),
        ramp=Ramp(capital=price, quarters=1, since_utc=AT, peak_equity=price),
        anew=Word(what="begin_anew", who="ada", given_utc=AT, why=LONG),
    )  # fmt: skip


def a_backup() -> Manifest:
    run = {"events": 12_345_678, "mac": "ab" * 32, "key": "0123abcd", "has_ended": False}
    database = "postgresql+psycopg://trader@database.example.org:5432/tribunal"
    runs = [{"name": "paper-001-of-a-long-name", **run}, {"name": "live-002", "database": database, **run}]
    return Manifest.model_validate(
        {
            "format": 1,
            "version": "0.8.0",
            "made_utc": "2026-11-30T19:00:00Z",
            "runs": runs,
            "files": [],
            "holds_key": True,
        }
    )


def a_paper_record() -> PaperRecord:
    """Two trades of a voter with a long name, at an address of its own."""
    trade = PaperTrade(
        sha256="a" * 64, voter="momentum_breakout#12", symbol="1000PEPE/USDT", entry_utc=AT, exit_utc=AT, result=-0.12345,
        elsewhere="http://127.0.0.1:8765",
    )  # fmt: skip
    more = trade.model_copy(update={"result": 0.2})
    return PaperRecord(made_utc=AT, runs=("paper-001",), trades=(trade, more), drills=())


def beside() -> Beside:
    """A run with figures as wide as they become."""
    wide = Figure(name="orders filled", unit="bps", pairs=12_345, run=-1_234.5, backtest=12_345.6, difference=-13_580.1)
    interval = Figure(
        name="P/L a trade", unit="USDT", pairs=12_345, run=-1_234.56, backtest=1_234.56, difference=-2_469.12, low=-12_345.67,
        high=12_345.67,
    )  # fmt: skip
    return Beside(
        run="testnet-001", exchange="binance", bars=12_345, quote="USDT", figures=(wide, interval),
        counts=(Count(what="closed trades", both=12_345, run_alone=(), backtest_alone=()),), fills=(12_345, 12_345),
        fees=(1.0, 2.0), equity=(10_000.0, 9_999.0),
    )  # fmt: skip


def said() -> LatestVote:
    """One voter on one market with all that it may say."""
    return LatestVote(
        voter="prediction_odds", symbol="1000PEPE/USDT", at_utc=AT, says="abstains", confidence=0.75, exposure=1.0,
        exit_price=123_456.789, horizon_bars=720, why=LONG,
    )  # fmt: skip


def one_set() -> Tried:
    """One set of voters with large figures."""
    return Tried(
        name="the filtered ones", voters=5, folds=(-1.94, -2.11, -1.6, -3.74), sharpe=-1.88, sharpe_low=-2.57,
        sharpe_high=-1.2, growth=-0.12, deepest_fall=0.12, deployed=0.01, trades=12_986,
    )  # fmt: skip


def two_markets() -> tuple[StylisedFacts, StylisedFacts]:
    """Real and simulated facts with large numbers."""
    ranges = {name: Range(-1.0, 0.5, 12.25, 64.5, 151.0) for name in stylised.NAMES}
    return tuple(StylisedFacts(source=source, years=41, ranges=ranges) for source in ("real", "drawn"))  # type: ignore[return-value]


def in_store() -> list[stored.Stored]:
    """What a download of one market brought."""
    shelf = Shelf("binance", "BTC/USDT", Timeframe.H1)
    found = Finding(symbol="BTC/USDT", at_utc=AT, kind="gap", detail="no candles for 3 bars of 1h")
    return [stored.stored_of(shelf, Written(12_345, 67_890, 12), [0, 3_600_000], [found], replaced=False)]


def arms() -> Any:
    """The arms of a verdict with large figures."""
    equal = AtEqual(scale=12.34, growth=-1.2345, deepest_fall=0.9876, shortfall=0.1234)
    apart = PooledDifference(
        first=12.34, second=11.11, value=1.23, low=-12.34, high=12.34, share_above=0.5, standard_error=1.0, smallest=1.5, paths=5,
        days=1_461, block=7.0, resamples=2_000,
    )  # fmt: skip
    arm = Sample(
        name="drawdown_cut", sharpe=-12.34, difference=apart, growth=-0.1234, deepest_fall=0.9876, exposure=0.4321,
        turnover=123.45, fees=0.1234, small=0.75, at_equal_exposure=equal, at_equal_turnover=equal,
    )  # fmt: skip
    return Sample(arms=(arm, arm))


def court_reviewed() -> tuple[tuple[CourtReview, ...], ReviewFigures]:
    """Reviews by the court with figures as wide as they become."""
    found = tuple(
        CourtReview(
            as_of_utc=AT, decision_id="20240301T1200-MATICUSDT-review", symbol="MATIC/USDT", cause=cause, age_bars=12_345,
            profit=-0.2345, left=1.0, stays=0.75, became=became, why="Shrunk to 75%: the analyst expects nothing either way.",
        )
        for cause, became in zip(get_args(Cause), Became, strict=False)
    )  # fmt: skip
    return found, ReviewFigures(reviews=12_345, became={}, causes={})


def shadowed() -> ShadowFigures:
    """A court and its shadow with figures as long as they become."""
    ruled = {"approved": 12_345, "shrunk": 12_345, "rejected": 12_345}
    return ShadowFigures(
        name="a-profile-with-a-long-name",
        mind="models",
        cases=37_035,
        alike=12_345,
        court=ruled,
        shadow=ruled,
        court_scale=1.0,
        shadow_scale=None,
        settled=37_035,
        less_court=Interval(value=-12_345.67, low=-23_456.78, high=1_234.56),
        unheard=12,
        failed=3,
        why="it failed with ValueError",
        calls=148_140,
        usd=1_234.56,
    )


def reviewed() -> tuple[Reviewed, ...]:
    """Reviews with figures and reasons as long as they become."""
    one = Reviewed(
        AT, "1000PEPE/USDT", 1.0, 1.0, "hourly", "active", 1.0, 1.25, 1.0, -1.0, 0.25, LONG, Followed.REFUSED
    )
    return one, one._replace(advised=None, base_left=None, fallback=None, followed=None)


def trained() -> Trained:
    """A training of two seeds with large figures."""
    row = SeedRow(seed=12_345, steps=1_234_567, gain=-1.23, ratio=1.25, departure=0.75, parameters_sha256="ab" * 32)
    return Trained(
        folder="models/default", sha256="cd" * 32, said=LONG, base=LONG, trials=12_345, decisions=12_345, gap_days=365.0,
        rows=(row, row), warnings=(), simulated_days=None,
    )  # fmt: skip


def retrained() -> None:
    """Print a retraining."""
    judged = Judged(sharpe=-12.34, base_sharpe=12.34, ratio=1.25, departure=0.75, zero=0.5)
    training.show_retraining(trained(), training.Compared(1_234, judged, judged), Path("models/default"), as_json=False)


def a_seat(state: str) -> Seat:
    """A seat with the longest words of each cell."""
    return Seat.model_validate(
        {
            "provider": "anthropic-strong",
            "kind": "anthropic",
            "model": "claude-opus-5-5-with-a-long-name",
            "state": state,
            "key": "accepted",
            "reply": None if state == "barred" else "json_object",
            "price": "listed",
            "input_usd": "12.345",
            "output_usd": "123.456",
            "effort": "minimal",
            "max_tokens": 128_000,
            "latency_s": 12.34,
            "refused": ("json_schema", "temperature"),
            "why": "" if state == "sits" else "no answer now: timeout (no answer within 20 s)",
        }
    )


def courts() -> Comparison:
    """A comparison with large figures."""
    wide = Interval(value=-1_234.56, low=-2_345.67, high=1_234.56)
    one = CourtFigures(
        name="strong_and_slow", mind="models", approved=1_234, shrunk=123, rejected=123, scale=0.75, worth=wide,
        against_first=wide, silent=123, struck=1_234, words_of_models=4_321, words_of_rules=123, calls=12_345, recorded=1_234,
        input_tokens=12_345_678, output_tokens=1_234_567, usd=123.4567, latency_p50_ms=12_345, latency_p90_ms=54_321,
        flips=flips().flips[0], blinded=flips().blinded[0], sides=tuple(on_side(side) for side in ("long", "short")),
    )  # fmt: skip
    return Comparison(
        label="BTC.csv",
        quote="USDT",
        found=1_500,
        settled=1_480,
        heard=1_480,
        again=20,
        horizon_bars=72,
        courts=(one, one),
    )


MAKERS: dict[str, Callable[[], Any]] = {
    "ops.commands.operate.check._print": settings,
    "ops.commands.operate.check.reference_markdown": check.reference_markdown,
    "ops.commands.operate.account.grid": lambda: (account.grid([an_account()]),),
    "ops.beside.shown.figures_table": lambda: (figures_table(beside()),),
    "ops.commands.watch.alert.grid": lambda: (alert.grid(),),
    "ops.commands.operate.backup.grid": lambda: (backup.grid(a_backup()),),
    "ops.commands.operate.record.grid": lambda: (record.grid(a_paper_record()),),
    "ops.commands.operate.doctor.grid": lambda: (
        doctor.grid(
            (well("exchange answers", LONG), ill("1000PEPE/USDT", LONG, LONG), unasked("key may withdraw", LONG)), "t"
        ),
    ),
    "ops.commands.research.quality.grids": lambda: quality.grids(measured()),
    "ops.commands.trade.strategies._built_ins": lambda: (strategies._built_ins(),),
    "ops.commands.trade.strategies.readable_markdown": strategies.readable_markdown,
    "ops.tables.trial.again.show_decided": lambda: again.show_decided(decided(), open_console(Stream()), asks=True),
    "ops.tables.trial.compared._by_side": lambda: compared._by_side(courts()),
    "ops.tables.trial.compared.compared_grids": lambda: compared.compared_grids(courts()),
    "ops.tables.voters.ab.grids": lambda: ab.grids(SEARCHES["compared"]()),
    "ops.tables.trial.shadow.shadow_grid": lambda: (shadow_grid(shadowed()),),
    "ops.tables.held.reviews.court_reviews_grid": lambda: (court_reviews_grid(*court_reviewed()),),
    "ops.tables.policy.reviews.reviews_grid": lambda: (reviews.reviews_grid(reviewed(), 12_345),),
    "ops.tables.policy.verdict.grids": lambda: verdict.grids(arms()),
    "ops.tables.training._grid": lambda: (training._grid(trained()),),
    "ops.tables.training.show_retraining": retrained,
    "ops.tables.sentiment.parts.parts_grid": lambda: (parts.parts_grid([mood()]),),
    "ops.tables.sentiment.scores._grid": lambda: (scores._grid(score_report()),),
    "ops.tables.voters.latest.latest_grid": lambda: (latest.latest_grid([said()]),),
    "ops.tables.voters.latest.crossings_grid": lambda: latest.crossings_grid(
        [
            Crossing(
                symbol="INFY/INR",
                crossed=date(2026, 10, 6),
                close=915.3,
                back=None,
                last=936.2,
                bars=9,
                change=0.023,
                highest=0.081,
                lowest=0.0,
            )
        ]
    ),
    "ops.tables.voters.latest.published_grid": lambda: (
        latest.published_grid([Published(2018, 2020, 12, 1_095, 1.58, 12.5, 0.129, 0.55, 12.5)]),
    ),
    "ops.tables.voters.latest.trial_grid": lambda: (latest.trial_grid([one_set()], (2019, 2020, 2021, 2022)),),
    "ops.tables.voters.taken.taken_grid": lambda: (taken.taken_grid(what_was_taken()),),
    "ops.tables.voters.taken.taken_part": lambda: taken.taken_part(what_was_taken()),
    "ops.tables.market.stylised.stylised_grid": lambda: (stylised.stylised_grid(*two_markets()),),
    "ops.tables.market.stored.stored_grid": lambda: (stored.stored_grid(in_store()),),
    "ops.tables.attribution.attribution_table": lambda: attribution.attribution_table(roles()),
    "ops.tables.attribution.disagreement_table": lambda: attribution.disagreement_table(roles()),
    "ops.tables.attribution.sides_table": lambda: attribution.sides_table(roles()),
    "ops.tables.attribution.worth_table": lambda: attribution.worth_table(roles()),
    "ops.tables.audit._blinded": lambda: audit._blinded(flips()),
    "ops.tables.audit._flips": lambda: audit._flips(flips()),
    "ops.tables.calibration._bins": lambda: calibration._bins(BACK["report"]().speakers[0]),
    "ops.tables.calibration._horizons": lambda: calibration._horizons(BACK["report"]()),
    "ops.tables.calibration._later": lambda: calibration._later(speakers()),
    "ops.tables.calibration._overview": lambda: calibration._overview(speakers()),
    "ops.tables.judgement.parts_grid": lambda: judgement.sheets(judged()),
    "ops.tables.judgement.sheets": lambda: judgement.sheets(judged()),
    "ops.tables.ladder.grids": lambda: ladder.grids(SEARCHES["ladder"]()),
    "ops.tables.model_tables.seats_table": lambda: model_tables.seats_table(
        [a_seat("sits"), a_seat("silent"), a_seat("barred")]
    ),
    "ops.tables.model_tables.models_table": lambda: model_tables.models_table(models(), Sample(day_usd=5)),
    "ops.tables.replayed.show_what_if": lambda: replayed.show_what_if(what_if(), as_json=False),
    "ops.tables.riskmodel._table": lambda: riskmodel.riskmodel_text(SEARCHES["riskmodel"]()),
    "ops.tables.run._alerts": lambda: of_run._alerts(story()),
    "ops.tables.run._approvals": lambda: of_run._approvals(story()),
    "ops.tables.run._breakers": lambda: of_run._breakers(story()),
    "ops.tables.run._exchanges": lambda: of_run._exchanges(several()),
    "ops.tables.run._findings": lambda: of_run._findings(story(), summary()),
    "ops.tables.run._freezes": lambda: of_run._freezes(story()),
    "ops.tables.run._gate": lambda: of_run._gate(summary()),
    "ops.tables.run._halts": lambda: of_run._halts(story()),
    "ops.tables.run._identity": lambda: of_run._identity(summary()),
    "ops.tables.run._performance": lambda: of_run._performance(summary()),
    "ops.tables.run._positions": lambda: (
        of_run._positions(summary()),
        of_run._positions(summary(two_sides())),
    ),
    "ops.tables.steered.actions.actions_grid": lambda: actions_grid(operators(), 1_234),
    "ops.tables.perpetual.sides.sides_grid": lambda: (sides.sides_grid(two_sides(), "USDT"),),
    "ops.tables.run._rulings": lambda: of_run._rulings(summary()),
    "ops.tables.run._trades": lambda: (
        of_run._trades(story(), summary()),
        of_run._trades(story(), summary(two_sides())),
    ),
    "ops.tables.sweep._top": lambda: sweep._top(SEARCHES["found"]()),
    "ops.tables.walk.grids": lambda: walk.grids(SEARCHES["walk"](), SEARCHES["deflated"]()),
}
"""Each function that makes a table, and a call of it with words and numbers as long as they become."""


def makers() -> set[str]:
    """Every function of the program that calls `boxed` or `Grid`."""
    found = set()
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            text = file.read_text(encoding="utf-8")
            for function in ast.walk(ast.parse(text)) if "from ops.tables.grid import" in text else ():
                if isinstance(function, ast.FunctionDef) and calls(function):
                    found.add(f"{module}.{function.name}")
    return found


def calls(function: ast.FunctionDef) -> bool:
    names = {
        call.func.id for call in ast.walk(function) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    return bool(names & {"boxed", "Grid"})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """Every sheet that is made meanwhile."""
    made: list[Sheet] = []
    begin = Sheet.__init__

    def kept(self: Sheet, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(Sheet, "__init__", kept)
    return made


def lines_of(sheet: Sheet, width: int) -> list[str]:
    out = io.StringIO()
    open_console(out, width=width).print(sheet)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def missing(sheet: Sheet, lines: list[str]) -> list[str]:
    """The cells of columns that do not yield which are not there as a whole: a number on one line, a sentence word by word."""
    words = " ".join(lines).split()
    lost = []
    for column in sheet.columns:
        if str(column.header) in sheet.yields:
            continue
        for cell in (*([] if sheet.narrow else [str(column.header)]), *map(str, column.cells)):
            if column.no_wrap:
                there = all(any(part in line for line in lines) for part in cell.split("\n"))
            else:
                there = all(part in words or any(part in word for word in words) for part in pieces(cell))
            lost += [] if there else [cell]
    return lost


def pieces(text: str) -> list[str]:
    """Words, and of a word that may be broken in a narrow column its parts between marks."""
    return [
        part for word in text.split() for part in ([word] if len(word) <= 10 else re.findall(r"[^./_,=-]{1,10}", word))
    ]


def test_every_function_that_makes_a_table_is_tried() -> None:
    assert makers() == set(MAKERS), "add the function to MAKERS with a sample as wide as it becomes"


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("maker", MAKERS)
def test_no_cell_that_matters_is_empty_or_cut(maker: str, width: int, drawn: list[Sheet]) -> None:
    made = MAKERS[maker]()
    for grid in made if isinstance(made, tuple) else ():
        if isinstance(grid, Grid) and grid.rows:
            grid.table()
    for sheet in drawn:
        lines = lines_of(sheet, width)
        assert max(map(len, lines)) <= width, "\n".join(lines)
        assert "…" not in "".join(lines)
        assert missing(sheet, lines) == [], "\n".join(lines)
