"""What a policy learns on is what it is shown in a session on perpetuals: the same account, fills, funding and features."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from policy_support import served
from run_support import events, said

from agents.desk.wiring import _bars
from agents.records.record import CycleRecord, Session, ShareReview, Warmup
from agents.replay import main as replay
from agents.run import main
from agents.strategies.netting import net
from evidence.policy.docket import spoken_of
from execution.kernel.grid import grid_of
from execution.kernel.lanes.votes import Votes
from execution.reports import Fill, Funding, VenueWord
from market.bar import Slice
from market.indicators.engine import SignalEngine
from risk.order import Purpose, Side
from rl.adjustment import Adjustment
from rl.environment.contracts.account import Account, Asked
from rl.environment.contracts.course import ContractBars, ContractCourse, Spoken, contract_rules_of
from rl.features import FEATURES, PERPETUAL, Floats, encode_features

KEY = "5a" * 32
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
FIELDS = ("open", "high", "low", "close", "volume")
Place = tuple[int, int, bool]
"""Row of the grid, number of the market, and whether it is a review."""


class Run(NamedTuple):
    """A session on perpetuals with a policy that changes sizes, and what its journal tells."""

    folder: Path
    records: list[CycleRecord]
    course: ContractCourse
    answers: dict[Place, Adjustment]
    fills: list[Fill]
    funding: list[Funding]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("perp")
    served(SYMBOLS, PERPETUAL).save(folder / "model")
    asked = [
        "--profile", "perp", "--days", "45", "--out", str(folder / "run"), "--quiet", "--set", "rl.mode=active",
        "--set", f"rl.model={folder / 'model'}", "--set", "rl.override=I accept drawn",
        "--set", "market.perpetuals.leverage=2",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert main(asked) == 0
        told = events(folder / "run")
        assert replay([str(folder / "run"), "--quiet"]) == 0
    session, warmup, records = said(told, Session)[0], said(told, Warmup)[0], said(told, CycleRecord)
    words = [word.report for word in said(told, VenueWord)]
    course = _course(session, warmup, records)
    return Run(
        folder, records, course, _answers(course, records, said(told, ShareReview)),
        [fill for word in words for fill in word.fills], [paid for word in words for paid in word.funding],
    )  # fmt: skip


def _course(session: Session, warmup: Warmup, records: list[CycleRecord]) -> ContractCourse:
    settings, symbols, step = session.settings, tuple(sorted(session.symbols)), session.timeframe.duration
    told = _bars(warmup, session.timeframe)
    warm = [Slice(close_utc=next(iter(bars.values())).close_utc, bars=bars) for bars in told]
    slices = (*warm, *(record.tape for record in records))
    threshold = settings.court.net_threshold
    spoken = (*({} for _ in warm), *_spoken(session, warm, records, threshold))
    n, step_ms = len(slices), round(step.total_seconds() * 1000)
    close_ms = round(slices[0].close_utc.timestamp() * 1000) + step_ms * np.arange(n, dtype=np.int64)
    prices = np.array([[[getattr(one.bars[x], f) for x in symbols] for one in slices] for f in FIELDS])
    grid = grid_of(symbols, session.timeframe, close_ms, prices, first=len(warm))
    none = np.zeros((n, len(symbols)))
    rules = contract_rules_of([session.instruments[each] for each in symbols], settings, session.timeframe.bars_per_day)
    return ContractCourse(grid, Votes(none.astype(np.int8), none, none, none), rules, ContractBars(slices, spoken))


def _spoken(
    session: Session, warm: list[Slice], records: list[CycleRecord], threshold: float
) -> Iterator[dict[str, Spoken]]:
    engines = {symbol: SignalEngine(symbol, session.timeframe) for symbol in session.symbols}
    for bar in (bar for shown in warm for bar in shown.bars.values()):
        engines[bar.symbol].push(bar)
    for record in records:
        heard, made = {hearing.case.symbol: hearing for hearing in record.hearings}, {}
        for symbol, bar in record.tape.bars.items():
            engines[symbol].push(bar)
            now = engines[symbol].signals(session.timeframe)
            votes = tuple(vote for vote in record.votes if vote.symbol == symbol)
            atr = None if now is None else now.atr_14_quote
            made[symbol] = spoken_of(net(votes, threshold, both_sides=True), heard.get(symbol), atr)
        yield made


def _answers(course: ContractCourse, records: list[CycleRecord], reviews: list[ShareReview]) -> dict[Place, Adjustment]:
    number = {symbol: at for at, symbol in enumerate(course.grid.symbols)}
    row = {record.as_of_utc: course.grid.first + at for at, record in enumerate(records)}
    made = {(row[each.as_of_utc], number[each.symbol], True): each.adjustment for each in reviews}
    for record in records:
        for hearing in record.hearings:
            made[row[record.as_of_utc], number[hearing.case.symbol], False] = hearing.adjustment
    return made


def played(run: Run) -> tuple[Account, dict[Place, Asked]]:
    account, seen = Account(run.course, reviews=True), dict[Place, Asked]()
    account.go_on()
    while (asked := account.asked) is not None:
        seen[asked.row, asked.market, asked.review] = asked
        account.go_on(run.answers[asked.row, asked.market, asked.review].scale)
    return account, seen


@pytest.mark.long
def test_the_session_is_long_and_short_and_pays_funding(run: Run) -> None:
    sides = {fill.side for fill in run.fills if fill.purpose is Purpose.ENTRY}
    assert sides == {Side.BUY, Side.SELL}
    assert run.funding
    assert any(place[2] for place in run.answers)
    assert any(answer.scale < 1.0 for answer in run.answers.values())
    assert all(answer.scale <= 1.0 for answer in run.answers.values())


@pytest.mark.slow
def test_the_account_of_the_environment_is_that_of_the_session_to_the_last_digit(run: Run) -> None:
    account, _ = played(run)
    assert [float(record.portfolio.equity) for record in run.records] == account.result().equity.tolist()
    assert account.result().fills["fee"].tolist() == [float(fill.fee) for fill in run.fills]
    assert account.funding == pytest.approx(float(sum(paid.amount for paid in run.funding)))


def test_features_of_training_are_those_of_the_session(run: Run) -> None:
    _, seen = played(run)
    assert seen.keys() == run.answers.keys()
    places = sorted(seen)
    shown = [run.answers[place].observation for place in places]
    sessions = np.array([each.row() for each in shown if each is not None])
    court = np.array([each.court_row() for each in shown if each is not None])
    trained = np.array([seen[place].seen for place in places])
    assert sessions.shape == trained.shape == (len(places), len(PERPETUAL.columns))
    one, other = encode_features(sessions, court), encode_features(trained, court)
    assert np.array_equal(one, other, equal_nan=True)
    _says_something_of_contracts(one[:, len(FEATURES) :], one[:, 0])


def _says_something_of_contracts(features: Floats, direction: Floats) -> None:
    leverage, net_side, rate, cost, liquidation = features.T
    assert set(direction.tolist()) == {1.0, -1.0}
    assert set(leverage.tolist()) == {2.0}
    assert (net_side != 0.0).any()
    paid = rate[np.isfinite(rate)]
    assert (paid > 0.0).any()
    assert (paid < 0.0).any()
    assert np.isfinite(cost).any()
    assert (liquidation > 0.0).all()
