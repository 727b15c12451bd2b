"""The docket: the votes of the fast engine, the rulings of a session's court, and nothing that was known later."""

import asyncio
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from gate_support import OLD_FOUR

from agents.court.hearing import Hearing
from agents.desk.description import describe
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.session import trade
from config.errors import UsageFault
from config.reading.load import load_profile
from config.settings import Settings
from evidence.policy.docket import Docket, read_docket
from evidence.search.fast import FastTape
from evidence.worlds.engine import Nowhere
from market.candles import RawCandles
from market.tape import Tape, simulated_tape

_DAYS = 12


def _settings(**changed: object) -> Settings:
    return load_profile("paper", {**OLD_FOUR, "market.session_days": _DAYS, "market.history_days": 30, **changed})


def _columns(hearing: Hearing) -> tuple[float, float, float]:
    return hearing.case.proposal.conviction, 0.25, -1.0


@cache
def _tape() -> Tape:
    return simulated_tape(_settings(), 30)


@cache
def _docket() -> Docket:
    return read_docket(_tape(), _settings(), _columns)


@pytest.mark.slow
def test_the_votes_are_those_of_the_fast_engine() -> None:
    fast = FastTape(_tape(), _settings())
    votes, _ = fast.prepared({})
    found = _docket().votes
    for name in ("direction", "conviction", "atr", "cast", "exposure", "exit_price", "sharing", "out"):
        np.testing.assert_array_equal(getattr(found, name), getattr(votes, name), name)
    bars, others = _docket().grid.columns.bars, fast.grid.columns.bars
    for name in bars.dtype.names:
        np.testing.assert_array_equal(bars[name], others[name], name)


def test_each_purchase_is_ruled_on_and_nothing_else() -> None:
    wanted = _docket().votes.direction > 0
    assert wanted.sum() > 20
    assert (_docket().votes.scale[~wanted] == 0.0).all()
    assert np.isnan(_docket().court[~wanted]).all()
    np.testing.assert_array_equal(_docket().court[wanted][:, 0], _docket().votes.conviction[wanted])
    assert len(np.unique(_docket().votes.scale[wanted])) > 1


@pytest.mark.slow
def test_the_rulings_are_those_of_a_session_wherever_its_book_is_empty_and_no_argument_has_a_record() -> None:
    heard = _session()
    first = _docket().grid.first
    symbols = _docket().grid.symbols
    alike = [
        (hearing.ruling.scale, _docket().votes.scale[first + bar, symbols.index(hearing.case.symbol)])
        for bar, hearing in heard
        if not hearing.case.book.held and not hearing.case.book.drawdown
    ]
    assert alike
    assert all(one == other for one, other in alike), alike


def test_most_rulings_are_those_of_a_session_also_later() -> None:
    heard = _session()
    first, symbols = _docket().grid.first, _docket().grid.symbols
    same = [
        hearing.ruling.scale == _docket().votes.scale[first + bar, symbols.index(hearing.case.symbol)]
        for bar, hearing in heard
    ]
    assert len(same) > 10
    assert np.mean(same) > 0.6


@pytest.mark.slow
def test_what_happens_later_changes_nothing_before() -> None:
    tape, cut = _tape(), 150
    later = {symbol: _crashed(bars, cut) for symbol, bars in tape.candles.items()}
    changed = read_docket(replace(tape, candles=later), _settings(), _columns)
    kept = slice(0, _docket().grid.first + cut - 1)
    for name in ("direction", "scale", "conviction"):
        np.testing.assert_array_equal(getattr(changed.votes, name)[kept], getattr(_docket().votes, name)[kept], name)
    np.testing.assert_array_equal(changed.court[kept], _docket().court[kept])
    assert (changed.votes.direction != _docket().votes.direction).any()


@pytest.mark.slow
def test_without_a_court_each_purchase_keeps_its_size() -> None:
    found = read_docket(_tape(), _settings(**{"court.seats": []}), _columns)
    assert (found.votes.scale[found.votes.direction > 0] == 1.0).all()


def test_contexts_with_rules_of_their_own_are_refused() -> None:
    strategies = [{"strategy": "ema_cross", "max_positions": 1}]
    with pytest.raises(UsageFault, match="has its own"):
        read_docket(_tape(), _settings(strategies=strategies), _columns)


def _crashed(bars: RawCandles, cut: int) -> RawCandles:
    """The same bars; from `cut` bars into the session on, prices are nine tenths."""
    first = len(bars.close_ms) - _DAYS * 24 + cut
    factor = np.where(np.arange(len(bars.close_ms)) >= first, 0.9, 1.0)
    prices = (column * factor for column in (bars.open, bars.high, bars.low, bars.close))
    return RawCandles(bars.symbol, bars.timeframe, bars.close_ms, *prices, bars.volume)


@cache
def _session() -> tuple[tuple[int, Hearing], ...]:
    """Each hearing of the full engine, with its bar."""
    tape, settings = _tape(), _settings()
    key = b"a".ljust(32, b".")
    desk = open_paper(settings, describe(settings, tape, key), tape, Nowhere(), key, NOTHING_OUTSIDE)
    found: list[tuple[int, Hearing]] = []
    asyncio.run(
        trade(desk, lambda: False, lambda record: found.extend((record.bar - 1, each) for each in record.hearings))
    )
    return tuple(found)
