"""Voters that read bars: what their window holds, when they are asked, and that every path shows them the same bars."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from history import built_in, simulated
from run_support import events, write_bars
from session_models import cut

from agents.backtest import main as backtest
from agents.replay import main as replay
from agents.run import main as run
from agents.strategies.breakout import DonchianTrend, SqueezeBreakout
from agents.strategies.contexts import build_contexts
from agents.strategies.own import own_voter
from agents.strategies.readiness import who_cannot_vote
from agents.strategies.voter import Ballot
from agents.strategies.windows import Windowed, reads_bars
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.seeds import generator
from config.silence import Abstained
from evidence.search.fast import FastTape
from evidence.strategies.ballots import signals_of
from evidence.worlds.votes import cast_votes
from market.tape import recorded_tape
from risk.proposal import Direction

MINE = """
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class Cross:
    history = 60

    def __init__(self, fast=5.0, slow=20.0):
        self.fast, self.slow = fast, slow

    def vote(self, now, bars):
        assert len(bars) == 60
        assert (bars.open[-1], bars.high[-1], bars.low[-1], bars.close[-1], bars.volume[-1]) == (
            now.open, now.high, now.low, now.close, now.volume
        )
        fast, slow = bars.sma(self.fast), bars.sma(self.slow)
        if fast[-1] > slow[-1] and fast[-2] <= slow[-2]:
            return Ballot(Direction.LONG, 0.6, (f"{len(bars)} bars, {bars.rsi(7)[-1]:.3f}",))
        if fast[-1] < slow[-1] and fast[-2] >= slow[-2]:
            return Ballot(Direction.SHORT, 0.6, ("fell below",))
        return NOTHING


class Old:
    def vote(self, now, least=30.0):
        return Ballot(Direction.LONG, 0.5, ("low",)) if now.rsi_14 is not None and now.rsi_14 < least else NOTHING


class Long(Cross):
    history = 0.5


class Keeps:
    history = 30

    def __init__(self):
        self.kept = []

    def vote(self, now, bars):
        self.kept.append((bars, list(bars.close)))
        assert all(list(was.close) == then for was, then in self.kept)
        bars.close[0] = 1.0
        return NOTHING


class Short:
    history = 10

    def vote(self, now, bars):
        return Ballot(Direction.LONG, 0.5, ("up",)) if bars.sma(11)[-1] > 0 else NOTHING
"""


def own(name: str, **params: float) -> Any:
    entry = StrategyContext(strategy="own", file="mine.py", name=name, params=params)
    return own_voter(entry, {"mine.py": MINE})


def test_a_voter_is_asked_from_its_full_window_on_and_abstains_before() -> None:
    voter, told = own("Cross"), signals_of(simulated(200))
    words = [voter.vote(now) for now in told]
    assert all(isinstance(word, Abstained) and "60 bars" in word.why for word in words[:59])
    assert all(isinstance(word, Ballot) for word in words[59:])
    assert any(word.direction is Direction.LONG for word in words[59:] if isinstance(word, Ballot))
    assert voter.history == 60


def test_the_warm_up_fills_a_window_and_only_with_the_markets_of_the_voter() -> None:
    bars = simulated(200)
    settings = StrategyContext(strategy="own", file="mine.py", name="Cross", symbols=("BTC/USDT",))
    (context,) = build_contexts((settings,), ("BTC/USDT", "ETH/USDT"), {"mine.py": MINE})
    others = [bars.bar(row).model_copy(update={"symbol": "ETH/USDT"}) for row in range(100)]
    context.remember([*(bars.bar(row) for row in range(100)), *others])
    told = signals_of(bars)
    assert isinstance(context.strategy.vote(told[100]), Ballot)
    assert isinstance(context.strategy.vote(told[101].model_copy(update={"symbol": "ETH/USDT"})), Abstained)


def test_a_warm_up_that_is_too_short_for_a_window_is_told_and_one_that_is_long_enough_is_not() -> None:
    settings = StrategyContext(strategy="own", file="mine.py", name="Cross")
    contexts = build_contexts((settings, StrategyContext(strategy="ema_cross")), ("BTC/USDT",), {"mine.py": MINE})
    (told,) = who_cannot_vote(contexts, 1, 40).values()
    assert told.startswith("Cross reads 60 bars and the warm-up has 40: it abstains at the first 19 bars.")
    assert who_cannot_vote(contexts, 1, 59) == {}, "the first bar of the session is the sixtieth"


def test_a_voter_that_compares_more_markets_than_a_session_has_is_told_to_abstain() -> None:
    contexts = build_contexts((StrategyContext(strategy="cross_momentum"),), ("BTC/USDT",))
    (told,) = who_cannot_vote(contexts, 2, 250, 400).values()
    assert told.startswith("cross_momentum compares 3 markets or more and the session has 2: it abstains.")
    assert who_cannot_vote(contexts, 3, 250, 400) == {}
    mine = MINE.replace("    history = 60\n", "    history = 60\n    least_markets = 2.5\n")
    assert mine != MINE
    with pytest.raises(UsageFault, match=r"least_markets = 2\.5.*Nothing was started"):
        build_contexts(
            (StrategyContext(strategy="own", file="mine.py", name="Cross"),), ("BTC/USDT",), {"mine.py": mine}
        )


def test_the_same_bar_asked_twice_is_one_bar() -> None:
    voter, once, told = own("Cross"), own("Cross"), signals_of(simulated(120))
    for now in told:
        voter.vote(now)
        assert voter.vote(now) == once.vote(now)


def test_an_older_form_with_a_default_of_its_own_has_no_window() -> None:
    assert own("Old").history == 0
    assert reads_bars(lambda now, bars=None: None)
    assert reads_bars(lambda now, window: None)
    assert not reads_bars(lambda now, least=3: None)
    assert not reads_bars(lambda now, *rest: None)
    assert built_in("ema_cross").__class__.__name__ == "EmaCross"


def test_a_history_that_is_no_number_of_bars_is_refused_before_the_session() -> None:
    with pytest.raises(UsageFault, match=r"mine\.py:Long has `history = 0\.5`.*Nothing was started"):
        own("Long")


@pytest.mark.parametrize(("name", "says"), [("Keeps", "read-only"), ("Short", "a larger `history`")])
def test_what_a_window_cannot_do_is_told_with_the_users_line(name: str, says: str) -> None:
    voter, told = own(name), signals_of(simulated(100))
    with pytest.raises(UsageFault, match=rf"ValueError in line \d+: .*{says}"):
        [voter.vote(now) for now in told]


@pytest.mark.slow
def test_every_path_shows_a_voter_the_same_bars(tmp_path: Path) -> None:
    """The netted votes of the script, and those of the fast engine, on the same tape with its warm-up."""
    (tmp_path / "mine.py").write_text(MINE)
    voter = {"strategy": "own", "file": str(tmp_path / "mine.py"), "name": "Cross"}
    chosen = {"world": "recorded", "sentiment.sources": [], "strategies": [voter, {"strategy": "donchian_trend"}]}
    settings = load_profile("backtest", chosen)
    tape = recorded_tape(settings, write_bars(tmp_path, ("BTC/USDT", "ETH/USDT")), None, None, None)
    contexts = build_contexts(settings.strategies, tape.symbols, {"mine.py": MINE})
    script = cast_votes(tape, contexts, settings.court.net_threshold)
    votes, _ = FastTape(tape, settings).prepared({})
    n_bars = len(tape)
    assert np.count_nonzero(script.direction) > 10
    np.testing.assert_array_equal(votes.direction[-n_bars:], script.direction)
    np.testing.assert_array_equal(votes.conviction[-n_bars:], script.conviction)


@pytest.mark.long
def test_a_run_with_a_window_is_checked_traded_and_replayed_to_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (bars,) = write_bars(tmp_path)
    run = str(tmp_path / "run")
    asked = ["--data", str(bars), "--strategy", f"{tmp_path}/mine.py:Cross:fast=3", "squeeze_breakout", "--check"]
    assert backtest([*asked, "--quiet", "--json", "--out", run]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["summary"]["hearings"] > 0
    assert "mine.py:Cross" in told.err or "Cross on BTC/USDT: No vote changed" in told.err
    (tmp_path / "mine.py").unlink()
    assert replay([run, "--quiet"]) == 0


def closes(*parts: tuple[int, float, float]) -> Any:
    """Bars that go from one close to another in so many steps, with a small wave so that ranges are not zero."""
    path = np.concatenate([np.linspace(start, end, count) for count, start, end in parts])
    bars = simulated(len(path))
    wave = path * (1 + 0.0004 * np.sin(np.arange(len(path))))
    columns = (wave, wave * 1.001, wave * 0.999, wave, np.full(len(path), 10.0))
    return type(bars)(bars.symbol, bars.timeframe, bars.close_ms, *columns)


def last_votes(voter: Any, bars: Any, count: int) -> list[Direction]:
    words = [voter.vote(now) for now in signals_of(bars)]
    return [word.direction for word in words[-count:] if isinstance(word, Ballot)]


def test_a_squeeze_is_left_upwards_and_a_breakout_without_one_is_not_taken() -> None:
    quiet = closes((150, 100.0, 110.0), (100, 110.0, 110.0), (3, 111.0, 114.0))
    assert Direction.LONG in last_votes(Windowed(SqueezeBreakout()), quiet, 3)
    noisy = closes((150, 100.0, 100.0), (100, 100.0, 100.0), (3, 111.0, 130.0))
    shaken = noisy.close.copy()
    shaken[150:250] *= 1 + generator(3, "shaken").normal(0, 0.03, 100)
    wide = type(noisy)(
        noisy.symbol, noisy.timeframe, noisy.close_ms, shaken, shaken * 1.001, shaken * 0.999, shaken, noisy.volume
    )
    assert Direction.LONG not in last_votes(Windowed(SqueezeBreakout()), wide, 3)


def test_the_channel_is_left_with_the_trend_and_not_against_it_nor_in_a_storm() -> None:
    rising = closes((260, 100.0, 130.0))
    assert last_votes(Windowed(DonchianTrend()), rising, 1) == [Direction.LONG]
    fallen = closes((150, 200.0, 100.0), (60, 100.0, 100.0), (5, 100.5, 103.0))
    assert Direction.LONG not in last_votes(Windowed(DonchianTrend(trend_bars=160.0)), fallen, 5)
    assert last_votes(Windowed(DonchianTrend(calm_max=0.1)), rising, 1) == [Direction.NONE]
    broken = closes((230, 100.0, 130.0), (25, 130.0, 130.0), (2, 128.0, 125.0))
    assert last_votes(Windowed(DonchianTrend()), broken, 2) == [Direction.SHORT, Direction.NONE]


@pytest.mark.slow
def test_a_run_with_a_window_and_a_state_that_was_cut_short_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (bars,) = write_bars(tmp_path, days=14)
    asked = [
        "--data",
        str(bars),
        "--profile",
        "backtest",
        "--strategy",
        f"{tmp_path}/mine.py:Cross:fast=3",
        "donchian_trend",
    ]
    assert run([*asked, "--no-court", "--quiet", "--out", str(tmp_path / "whole")]) == 0
    whole = events(tmp_path / "whole")
    half = cut(tmp_path / "whole", tmp_path / "half", len(whole) // 2)
    assert run([*asked, "--no-court", "--quiet", "--resume", str(half)]) == 0
    assert events(half)[-1].mac == whole[-1].mac
