"""What a voter may read beside the signals: who gets what, when a window of days speaks, and that all of it can be replayed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gate_support import OLD_FOUR
from history import scenes
from run_support import events, run, write_bars
from session_models import cut

from agents.backtest import main as backtest
from agents.desk.world import history_days
from agents.records.record import CycleRecord
from agents.replay import main as replay
from agents.run import main as run_main
from agents.strategies.contexts import build_contexts
from agents.strategies.own import StrategyFault, own_voter
from agents.strategies.readiness import days_wanted, who_cannot_vote
from agents.strategies.voter import NOTHING, Ballot
from agents.strategies.windows import reads_of
from config.clock import to_ms
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from evidence.search.fast import FastTape
from evidence.worlds.votes import cast_votes
from market.tape import recorded_tape
from market.timeframe import Timeframe

MINE = """
from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from risk.proposal import Direction


class Informed:
    history = 12
    timeframe = "1d"

    def __init__(self):
        self.days = 0

    def see(self, bars):
        self.days += 1

    def vote(self, now, bars, facts):
        assert now.close_utc.hour == 0, "a window of days speaks at the close of a day"
        assert facts.signals["1h"] == now == facts.peers[now.symbol]
        assert bars.close[-1] == now.close == facts.windows[now.symbol].close[-1]
        news = facts.sentiment
        why = f"{self.days} days, {len(facts.peers)} markets, {facts.context}, {news and news.score}"
        strongest = max(facts.windows, key=lambda one: facts.windows[one].close[-1] / facts.windows[one].close[0])
        return Ballot(Direction.LONG if strongest == now.symbol else Direction.SHORT, 0.7, (why,), 0.5, now.close * 0.9, 48)


class Compares:
    def vote(self, now, facts):
        moved = {symbol: peer.return_1 for symbol, peer in facts.peers.items() if peer.return_1 is not None}
        if len(moved) < 2:
            return NOTHING
        way = Direction.LONG if max(moved, key=moved.get) == now.symbol else Direction.SHORT
        day = facts.signals.get("1d")
        return Ballot(way, 0.6, (f"of {len(moved)}, day {day and day.close}",))


class Reader:
    def vote(self, now, facts):
        return Ballot(Direction.LONG, 0.5, (str(facts.sentiment),))


class Says:
    exposure, exit_price, horizon = 0.5, 90.0, 3

    def vote(self, now, *, facts):
        return Ballot(Direction.LONG, 0.5, ("so",), self.exposure, self.exit_price, self.horizon)


class TooMuch(Says):
    exposure = 1.5


class NoPrice(Says):
    exit_price = 0.0


class NoTime(Says):
    horizon = 0


class Writes:
    def vote(self, now, facts):
        facts.peers["BTC/USDT"] = now


class Minutes:
    timeframe = "7m"

    def vote(self, now, bars):
        return NOTHING
"""


def entry(name: str, file: str = "mine.py", **more: Any) -> StrategyContext:
    return StrategyContext(strategy="own", file=file, name=name, **more)


def own(name: str) -> Any:
    return own_voter(entry(name), {"mine.py": MINE})


def test_a_vote_gets_what_its_arguments_name_and_nothing_is_made_for_one_that_names_none() -> None:
    assert reads_of(lambda now: None) == ((), ())
    assert reads_of(lambda now, bars: None) == (("bars",), ())
    assert reads_of(lambda now, facts: None) == (("facts",), ())
    assert reads_of(lambda now, bars, facts: None) == (("bars", "facts"), ())
    assert reads_of(lambda now, facts, bars: None) == (("facts", "bars"), ())
    assert reads_of(lambda now, window, facts: None) == (("bars", "facts"), ())
    assert reads_of(lambda now, *, facts: None) == ((), ("facts",))
    assert reads_of(lambda now, least=3: None) == ((), ())


@pytest.mark.slow
def test_a_voter_reads_all_timeframes_its_peers_the_news_and_the_figures_of_the_moment() -> None:
    scene = scenes()[900]
    assert set(scene.facts.signals) == {"1h", "4h", "1d", "1w"}
    assert set(scene.facts.peers) == {"BTC/USDT", "ETH/USDT", "SOL/USDT"}
    assert scene.facts.sentiment is not None
    assert scene.facts.context is not None
    assert scene.facts.as_of_utc == scene.now.close_utc == scene.facts.sentiment.as_of_utc
    with pytest.raises(StrategyFault, match="does not support item assignment"):
        own("Writes").vote(*scene)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "says"),
    [("TooMuch", "exposure of 1.5"), ("NoPrice", "exit_price of 0.0"), ("NoTime", "horizon_bars of 0")],
)
def test_a_share_an_exit_or_a_horizon_that_cannot_be_ends_the_session_before_it_is_traded(name: str, says: str) -> None:
    word = own("Says").vote(*scenes()[50])
    assert isinstance(word, Ballot)
    assert (word.exposure, word.exit_price, word.horizon_bars) == (0.5, 90.0, 3)
    with pytest.raises(StrategyFault, match=f"returned an? {says}|returned {says}"):
        own(name).vote(*scenes()[50])


def test_a_timeframe_that_there_is_not_is_refused_before_the_session() -> None:
    with pytest.raises(UsageFault, match=r"timeframe = '7m'.*1m, 5m, .*Nothing was started"):
        own("Minutes")


def test_the_days_before_the_warm_up_are_as_many_as_the_voters_want_and_none_for_the_old_ones() -> None:
    old = load_profile("backtest", OLD_FOUR).strategies
    assert days_wanted(old) == 0
    assert days_wanted((entry("Informed"),), {"mine.py": MINE}) == 12
    assert days_wanted((StrategyContext(strategy="trend_ensemble"),)) == 720
    chosen = {"strategies": [{"strategy": "trend_ensemble"}]}
    assert history_days(load_profile("backtest", chosen)) == 720
    assert history_days(load_profile("backtest", {**chosen, "market.history_days": 30})) == 30


def test_a_simulated_market_has_the_same_past_whoever_votes_unless_a_window_is_longer() -> None:
    macro = {"strategies": [{"strategy": "macro_trend"}], "market.context": "none"}
    assert history_days(load_profile("paper", {})) == history_days(load_profile("paper", OLD_FOUR)) == 400
    assert history_days(load_profile("paper", {"market.context": "none"})) == 361, "the window of the trend ensemble"
    assert history_days(load_profile("paper", macro)) == 189, "the weeks of a voter without a window"


def test_a_window_of_days_that_the_past_cannot_fill_is_told() -> None:
    contexts = build_contexts((entry("Informed"),), ("BTC/USDT",), {"mine.py": MINE})
    (told,) = who_cannot_vote(contexts, 1, 250, 5).values()
    assert told.startswith(
        "Informed reads 12 bars of 1d and 5 days are known before the session: it abstains for about 7 days"
    )
    assert who_cannot_vote(contexts, 1, 250, 12) == {}


def test_a_recorded_file_fills_a_window_of_days_from_its_past(tmp_path: Path) -> None:
    paths = write_bars(tmp_path, ("BTC/USDT", "ETH/USDT"), days=40)
    settings = load_profile("backtest", {"world": "recorded", "sentiment.sources": []})
    start = datetime(2024, 1, 30, tzinfo=UTC)
    plain = recorded_tape(settings, paths, None, start, None)
    tape = recorded_tape(settings, paths, None, start, None, past_days=25)
    assert plain.days() == ()
    days = tape.days()
    assert [closed for closed, _ in days] == [
        tape.warmup_start_utc - timedelta(days=back) for back in range(24, -1, -1)
    ]
    assert all(set(bars) == {"BTC/USDT", "ETH/USDT"} for _, bars in days)
    hours = tape.candles["BTC/USDT"]
    row, last = int(np.searchsorted(hours.close_ms, to_ms(days[-1][0]))), days[-1][1]["BTC/USDT"]
    assert (last.timeframe, last.close) == (Timeframe.D1, hours.close[row])
    assert last.high == hours.high[row - 23 : row + 1].max()
    assert [shown.close_utc for shown in tape.slices()] == [shown.close_utc for shown in plain.slices()]
    (context,) = build_contexts((entry("Informed"),), tape.symbols, {"mine.py": MINE})
    asked = scenes()[1].now
    for _, bars in days[:11]:
        context.remember_days(bars.values())
    assert "window of 12 bars of 1d" in str(context.ask(asked, None))
    context.remember_days(days[11][1].values())
    assert context.ask(asked, None) is NOTHING, "it is full, and between two days it votes for nothing"


@pytest.mark.slow
def test_a_run_whose_voters_read_the_news_and_days_is_replayed_and_resumed_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    asked = ["--days", "3", "--strategy", f"{tmp_path}/mine.py:Informed"]
    assert run(tmp_path / "whole", *asked) == 0
    found = events(tmp_path / "whole")
    cycles = [each.event for each in found if isinstance(each.event, CycleRecord)]
    heard = [cycle for cycle in cycles if cycle.sentiment]
    assert [cycle.as_of_utc.hour for cycle in heard] == [0, 0, 0]
    assert all(len(cycle.sentiment) == 3 and len(cycle.votes) == 3 for cycle in heard)
    assert all(vote.exposure == 0.5 and vote.horizon_bars == 48 for cycle in heard for vote in cycle.votes)
    assert {"3 markets" in reason for cycle in heard for vote in cycle.votes for reason in vote.reasons} == {True}
    half = cut(tmp_path / "whole", tmp_path / "half", len(found) // 2)
    assert run_main(["--profile", "paper", *asked, "--quiet", "--resume", str(half)]) == 0
    assert events(half)[-1].mac == found[-1].mac
    (tmp_path / "mine.py").unlink()
    assert replay([str(tmp_path / "whole"), "--quiet"]) == 0


@pytest.mark.slow
def test_every_path_shows_a_voter_of_facts_the_same(tmp_path: Path) -> None:
    """Votes that are cast ahead, and those of the fast engine, bar by bar among the same markets."""
    (tmp_path / "mine.py").write_text(MINE)
    mine = {"strategy": "own", "file": str(tmp_path / "mine.py"), "name": "Compares"}
    voters = [mine, {"strategy": "cross_momentum"}, {"strategy": "macro_trend"}]
    settings = load_profile("backtest", {"world": "recorded", "sentiment.sources": [], "strategies": voters})
    paths = write_bars(tmp_path, ("BTC/USDT", "ETH/USDT", "SOL/USDT"), days=30)
    tape = recorded_tape(settings, paths, None, datetime(2024, 1, 12, tzinfo=UTC), None, past_days=40)
    contexts = build_contexts(settings.strategies, tape.symbols, {"mine.py": MINE})
    script = cast_votes(tape, contexts, settings.court.net_threshold)
    votes, _ = FastTape(tape, settings).prepared({})
    assert np.count_nonzero(script.direction) > 100
    np.testing.assert_array_equal(votes.direction[-len(tape) :], script.direction)
    np.testing.assert_array_equal(votes.conviction[-len(tape) :], script.conviction)


def test_a_path_that_knows_bars_alone_refuses_a_voter_of_news(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    mine = {"strategy": "own", "file": str(tmp_path / "mine.py"), "name": "Reader"}
    settings = load_profile("backtest", {"world": "recorded", "sentiment.sources": [], "strategies": [mine]})
    tape = recorded_tape(settings, write_bars(tmp_path), None, None, None)
    contexts = build_contexts(settings.strategies, tape.symbols, {"mine.py": MINE})
    with pytest.raises(UsageFault, match="A voter reads news, and votes that are cast from bars alone do not know it"):
        cast_votes(tape, contexts, settings.court.net_threshold)


@pytest.mark.long
def test_a_backtest_checks_a_voter_of_facts_on_all_markets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    paths = map(str, write_bars(tmp_path, ("BTC/USDT", "ETH/USDT"), days=2))
    voter = f"{tmp_path}/mine.py:Compares"
    asked = ["--data", *paths, "--start", "2024-01-02", "--strategy", voter, "--check", "--quiet"]
    assert backtest([*asked, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().err
    assert "Compares: No value changed in 13 runs over" in told
