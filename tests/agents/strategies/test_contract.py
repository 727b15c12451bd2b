"""What every voter keeps: sound words, the same ones for the same signals, blind to the future, silent when young."""

import math
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
from history import Scene, asked, built_in, scenes, simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from implementations import implementations

from agents.strategies.breakout import DonchianTrend
from agents.strategies.contexts import build_contexts, depth_read, strategy_class
from agents.strategies.facts import facts_of
from agents.strategies.own import OwnVoter, own_voter
from agents.strategies.voter import Ballot, Strategy
from agents.strategies.windows import Windowed
from config.errors import UsageFault
from config.reading.schema import spot_of
from config.sections.strategies import STRATEGIES, StrategyContext
from config.silence import Abstained
from evidence.strategies.ballots import rows_of, signals_of
from evidence.worlds.votes import NettedVotes, ScriptedVoter, script_of
from market.candles import Candles
from market.indicators.horizon import Horizon
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction

BARS = 1_200
CUT = 800

OWN = """
from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from risk.proposal import Direction


class Highs:
    def __init__(self, bars=20):
        self.highest, self.count, self.bars = 0.0, 0, bars

    def vote(self, now):
        before, self.highest, self.count = self.highest, max(self.highest, now.close), self.count + 1
        if self.count <= self.bars:
            return Abstained(why="too little history")
        return Ballot(Direction.LONG, 0.5, ("a new high",)) if now.close > before else NOTHING
"""


@cache
def history() -> Candles:
    return simulated(BARS)


@cache
def told() -> tuple[TechnicalSignals, ...]:
    """The signals at each bar of the history."""
    return signals_of(history())


def stage(voter: Strategy) -> tuple[Scene, ...]:
    """A past in which the voter can vote: of days for one that reads days or weeks, of hours for the others."""
    if not isinstance(voter, Windowed | OwnVoter):
        return tuple(Scene(now, facts_of(now)) for now in told())
    return scenes("1d", BARS) if voter.minded.past_days else scenes("1h", BARS)


def own() -> Strategy:
    entry = StrategyContext(strategy="own", file="mine.py", name="Highs")
    return own_voter(entry, {"mine.py": OWN})


def windowed() -> Strategy:
    return Windowed(DonchianTrend(entry_bars=10.0, calm_max=3.0))


def scripted() -> Strategy:
    """Wants in at each hundredth bar after the first fifty, and out thirty bars later."""
    direction = np.zeros((BARS, 1), dtype=np.int8)
    direction[150::100], direction[180::100] = 1, -1
    conviction = np.where(direction != 0, 0.5, 0.0)
    bars = history()
    present = np.ones((BARS, 1), dtype=bool)
    return ScriptedVoter(
        script_of(NettedVotes((bars.symbol,), bars.close_ms, direction, conviction, present), "as written")
    )


BUILT: dict[str, Callable[[], Strategy]] = {
    **{row.replace(":", "."): partial(built_in, name) for name, row in STRATEGIES.items()},
    "agents.strategies.own.OwnVoter": own,
    "agents.strategies.windows.Windowed": windowed,
    "evidence.worlds.votes.ScriptedVoter": scripted,
}

each_voter = pytest.mark.parametrize("build", BUILT.values(), ids=[name.rpartition(".")[2] for name in BUILT])


def words(strategy: Strategy, signals: tuple[TechnicalSignals, ...]) -> list[Ballot | Abstained]:
    return [strategy.vote(now) for now in signals]


def said_of(build: Callable[[], Strategy]) -> list[Ballot | Abstained]:
    voter = build()
    return [asked(voter, scene) for scene in stage(voter)]


def wants_nothing(word: Ballot | Abstained) -> bool:
    return isinstance(word, Abstained) or word.direction is Direction.NONE


def assert_sound(word: Ballot | Abstained) -> None:
    if isinstance(word, Abstained):
        assert word.why
        return
    assert math.isfinite(word.confidence)
    assert 0.0 <= word.confidence <= 1.0
    assert all(isinstance(reason, str) and reason for reason in word.reasons)
    assert word.exposure is None or 0.0 <= word.exposure <= 1.0
    assert word.exit_price is None or word.exit_price > 0.0
    assert word.horizon_bars is None or word.horizon_bars >= 1
    if word.direction is Direction.NONE:
        assert (word.confidence, word.reasons) == (0.0, ())
    else:
        assert word.confidence > 0.0
        assert word.reasons, "a vote says why"


def test_every_voter_of_the_rooms_is_held_to_the_contract() -> None:
    shapes = (("now",), ("now", "bars"), ("now", "facts"), ("now", "bars", "facts"))
    assert frozenset[str]().union(*(implementations("vote", *shape) for shape in shapes)) == BUILT.keys()


def test_the_table_of_strategies_the_profile_and_the_contract_know_the_same_ones() -> None:
    named = {f"{kind.__module__}.{kind.__name__}" for kind in map(strategy_class, STRATEGIES)}
    assert named <= BUILT.keys()
    spot = spot_of(StrategyContext).child("strategy")
    assert spot is not None
    assert {*STRATEGIES, "own"} == set(spot.options)


@pytest.mark.slow
@each_voter
def test_a_voter_says_the_same_of_the_same_history(build: Callable[[], Strategy]) -> None:
    said = said_of(build)
    assert said == said_of(build)
    assert not all(map(wants_nothing, said)), "a voter that never votes keeps every promise"


@pytest.mark.slow
@each_voter
def test_a_word_is_a_sound_ballot_with_reasons_or_an_abstention_that_says_why(build: Callable[[], Strategy]) -> None:
    for word in said_of(build):
        assert_sound(word)


@each_voter
def test_a_voter_is_silent_at_its_first_bar(build: Callable[[], Strategy]) -> None:
    assert wants_nothing(build().vote(told()[0]))


@each_voter
def test_another_future_changes_no_word_of_the_past(build: Callable[[], Strategy]) -> None:
    bars = history()
    later = np.arange(BARS) >= CUT
    other = [np.where(later, 1.5 * column, column) for column in bars.columns]
    changed = signals_of(Candles(bars.symbol, bars.timeframe, bars.close_ms, *other))
    assert changed[CUT:] != told()[CUT:]
    assert words(build(), changed)[:CUT] == words(build(), told())[:CUT]
    assert words(build(), signals_of(rows_of(bars, slice(CUT)))) == words(build(), told())[:CUT]


@each_voter
def test_what_is_asked_of_another_market_in_between_changes_nothing(build: Callable[[], Strategy]) -> None:
    voter, alone = build(), build()
    for now in told()[:400]:
        dearer = {name: 3.0 * getattr(now, name) for name in ("open", "high", "low", "close")}
        voter.vote(now.model_copy(update={"symbol": "ETH/USDT", **dearer}))
        assert voter.vote(now) == alone.vote(now)


HUNDRED = {"rsi_14", "previous_rsi_14", "adx_14"}
"""What runs from 0 to 100 by its definition."""

OPTIONAL = {
    name: st.none() | (st.floats(0.0, 100.0) if name in HUNDRED else st.floats(-1e12, 1e12))
    for name, field in TechnicalSignals.model_fields.items()
    if field.annotation == float | None
}
FLAGS = {name: st.booleans() for name, field in TechnicalSignals.model_fields.items() if field.annotation is bool}
ANY_SIGNALS = st.builds(
    TechnicalSignals,
    symbol=st.just("BTC/USDT"),
    timeframe=st.sampled_from(Timeframe),
    close_utc=st.just(simulated(1).bar(0).close_utc),
    bars=st.integers(1, 10**6),
    **{name: st.floats(1e-9, 1e9) for name in ("open", "high", "low", "close", "volume")},
    **OPTIONAL,
    **FLAGS,
)


@pytest.mark.slow
@each_voter
@settings(max_examples=60)
@given(signals=st.lists(ANY_SIGNALS, max_size=4))
def test_no_signals_however_absurd_make_a_voter_raise_or_say_what_is_no_ballot(
    build: Callable[[], Strategy], signals: list[TechnicalSignals]
) -> None:
    voter = build()
    for now in signals:
        assert_sound(voter.vote(now))


PARAMETERS = [(name, parameter) for name in STRATEGIES for parameter in strategy_class(name).model_fields]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
@pytest.mark.parametrize("value", [-1e9, 1e9])
def test_a_parameter_out_of_its_range_is_refused_by_its_name(name: str, parameter: str, value: float) -> None:
    entry = StrategyContext.model_validate({"strategy": name, "params": {parameter: value}})
    with pytest.raises(
        UsageFault, match=rf"strategies\[0\]\.params\.{parameter}: .* is not allowed; it must be a (whole )?number"
    ):
        build_contexts((entry,), ("BTC/USDT",))


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_parameter_that_there_is_not_is_named_with_all_that_there_are(name: str) -> None:
    entry = StrategyContext.model_validate({"strategy": name, "params": {"no_such": 1.0}})
    with pytest.raises(UsageFault) as fault:
        build_contexts((entry,), ("BTC/USDT",))
    assert "no parameter 'no_such'" in str(fault.value)
    assert all(parameter in str(fault.value) for parameter in strategy_class(name).model_fields)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_every_parameter_says_what_it_is_and_has_a_default_inside_its_range(name: str, parameter: str) -> None:
    field = strategy_class(name).model_fields[parameter]
    assert field.description
    build_contexts(
        (StrategyContext.model_validate({"strategy": name, "params": {parameter: field.default}}),), ("BTC/USDT",)
    )


CORE = [name for name in STRATEGIES if getattr(strategy_class(name), "reads", "full") == "core"]


@pytest.mark.parametrize("name", CORE)
def test_a_voter_that_says_it_reads_the_core_votes_the_same_with_and_without_the_rest(name: str) -> None:
    horizon, core = Horizon(history().symbol, history().timeframe, "core"), []
    for row in range(BARS):
        horizon.push(history().bar(row))
        now = horizon.signals()
        assert now is not None
        core.append(now)
    build = BUILT[STRATEGIES[name].replace(":", ".")]
    assert core[-1] != told()[-1]
    assert words(build(), tuple(core)) == words(build(), told())


def test_voters_are_given_all_signals_as_soon_as_one_of_them_does_not_say_that_it_reads_the_core() -> None:
    core = build_contexts(
        (StrategyContext(strategy="ema_cross"), StrategyContext(strategy="donchian_trend")), ("BTC/USDT",)
    )
    mine = (StrategyContext(strategy="own", file="mine.py", name="Highs"),)
    both = (*core, *build_contexts(mine, ("BTC/USDT",), {"mine.py": OWN}))
    says_so = build_contexts(
        mine, ("BTC/USDT",), {"mine.py": OWN.replace("class Highs:", 'class Highs:\n    reads = "core"')}
    )
    assert [depth_read(each, "full") for each in (core, both, (*core, *says_so))] == ["core", "full", "core"]
    assert depth_read(both, "core") == "core"
