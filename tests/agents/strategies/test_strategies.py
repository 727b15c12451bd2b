"""Voters and their netting."""

import pytest
from court_support import signals

from agents.strategies.contexts import build_contexts, votes_on
from agents.strategies.netting import net
from agents.strategies.reversal import RsiBounce
from agents.strategies.trend import EmaCross, GoldenCross, MomentumBreakout
from agents.strategies.vote import Vote
from agents.strategies.voter import Ballot
from config.errors import UsageFault
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from risk.proposal import Direction


def direction(ballot: Ballot | Abstained) -> Direction:
    assert isinstance(ballot, Ballot)
    return ballot.direction


def test_an_ema_cross_up_is_bought_unless_the_rsi_says_that_it_is_late() -> None:
    assert direction(EmaCross().vote(signals(ema_cross_up=True))) is Direction.LONG
    assert direction(EmaCross().vote(signals(ema_cross_up=True, rsi_14=70.0))) is Direction.NONE
    assert direction(EmaCross(rsi_max=80).vote(signals(ema_cross_up=True, rsi_14=70.0))) is Direction.LONG
    assert direction(EmaCross().vote(signals(ema_cross_down=True, rsi_14=99.0))) is Direction.SHORT


def test_golden_and_death_crosses() -> None:
    assert direction(GoldenCross().vote(signals(golden_cross=True))) is Direction.LONG
    assert direction(GoldenCross().vote(signals(death_cross=True))) is Direction.SHORT
    assert direction(GoldenCross().vote(signals())) is Direction.NONE


def test_a_bounce_is_the_way_back_and_not_the_extreme() -> None:
    assert direction(RsiBounce().vote(signals(previous_rsi_14=28.0, rsi_14=31.0))) is Direction.LONG
    assert direction(RsiBounce().vote(signals(previous_rsi_14=32.0, rsi_14=29.0))) is Direction.NONE
    assert direction(RsiBounce().vote(signals(previous_rsi_14=72.0, rsi_14=69.0))) is Direction.SHORT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"close": 50_600.0, "highest_20": 50_500.0, "volume_ratio_20": 2.0}, Direction.LONG),
        ({"close": 50_600.0, "highest_20": 50_500.0, "volume_ratio_20": 1.0}, Direction.NONE),
        ({"close": 50_600.0, "highest_20": 50_500.0, "volume_ratio_20": 2.0, "adx_14": 10.0}, Direction.NONE),
        ({"close": 50_600.0, "highest_20": 50_700.0, "volume_ratio_20": 2.0}, Direction.NONE),
        ({"close": 48_900.0, "low": 48_800.0, "lowest_20": 49_000.0}, Direction.SHORT),
    ],
)
def test_a_breakout_needs_a_new_high_volume_and_a_trend(changes: dict[str, float], expected: Direction) -> None:
    assert direction(MomentumBreakout().vote(signals(**changes))) is expected


@pytest.mark.parametrize("strategy", [EmaCross(), GoldenCross(), RsiBounce(), MomentumBreakout()])
def test_without_history_a_voter_abstains_and_says_of_what(strategy: EmaCross) -> None:
    bare = signals(ema_26=None, sma_200=None, rsi_14=None, highest_20=None)
    ballot = strategy.vote(bare)
    assert isinstance(ballot, Abstained)
    assert "too little history" in ballot.why


def vote(way: Direction, confidence: float, weight: float = 1.0) -> Vote:
    return Vote(voter="v", symbol="BTC/USDT", direction=way, confidence=confidence, weight=weight, reasons=())


def test_the_conviction_of_two_equal_votes_is_their_mean_confidence() -> None:
    result = net((vote(Direction.LONG, 0.4), vote(Direction.LONG, 0.8)), 0.2)
    assert result.direction is Direction.LONG
    assert result.conviction == pytest.approx(0.6)


def test_who_disagrees_takes_away_and_a_weak_remainder_proposes_nothing() -> None:
    result = net((vote(Direction.LONG, 0.8), vote(Direction.SHORT, 0.6)), 0.2)
    assert result.direction is Direction.NONE
    assert result.against == pytest.approx(0.3)


def test_weights_count() -> None:
    result = net((vote(Direction.LONG, 0.5, 1.0), vote(Direction.SHORT, 0.5, 3.0)), 0.2)
    assert result.direction is Direction.SHORT
    assert result.conviction == pytest.approx(0.25)


def test_no_votes_propose_nothing() -> None:
    assert net((), 0.0).direction is Direction.NONE


def test_contexts_vote_side_by_side_each_on_its_own_symbols() -> None:
    contexts = build_contexts(
        (
            StrategyContext(strategy="ema_cross"),
            StrategyContext(strategy="ema_cross", params={"rsi_max": 50.0}),
            StrategyContext(strategy="golden_cross", symbols=("ETH/USDT",)),
        ),
        ("BTC/USDT", "ETH/USDT"),
    )
    now = signals(ema_cross_up=True, golden_cross=True)
    assert [v.voter for v in votes_on("BTC/USDT", now, contexts)] == ["ema_cross#0"]
    assert [v.voter for v in votes_on("ETH/USDT", now, contexts)] == ["ema_cross#0", "golden_cross"]


def test_an_unknown_parameter_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageFault, match=r"no parameter 'rsi_mx'. It has: rsi_max, adx_full"):
        build_contexts((StrategyContext(strategy="ema_cross", params={"rsi_mx": 1.0}),), ("BTC/USDT",))


@pytest.mark.parametrize(
    ("strategy", "name", "value", "wanted"),
    [
        ("ema_cross", "adx_full", 0.0, "from 1 to 100"),
        ("ema_cross", "rsi_max", 0.0, "above 0 and at most 100"),
        ("golden_cross", "confidence", 5.0, "above 0 and at most 1"),
        ("rsi_bounce", "low", 70.0, "above 0 and at most 50"),
        ("rsi_bounce", "high", 100.0, "at least 50 and below 100"),
        ("momentum_breakout", "volume_min", -1.0, "from 0 to 100"),
        ("momentum_breakout", "adx_min", 101.0, "from 0 to 100"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused_with_the_value_and_the_range(
    strategy: str, name: str, value: float, wanted: str
) -> None:
    entries = (
        StrategyContext(strategy="ema_cross"),
        StrategyContext.model_validate({"strategy": strategy, "params": {name: value}}),
    )
    with pytest.raises(UsageFault) as fault:
        build_contexts(entries, ("BTC/USDT",))
    assert str(fault.value).startswith(
        f"strategies[1].params.{name}: {value:g} is not allowed; it must be a number {wanted}"
    )


def test_the_symbols_of_a_context_are_spelled_as_freely_as_those_of_a_session() -> None:
    entry = StrategyContext(strategy="golden_cross", symbols=("ethusdt", "BTC-USDT"))
    (context,) = build_contexts((entry,), ("BTC/USDT", "ETH/USDT"))
    assert context.symbols == {"BTC/USDT", "ETH/USDT"}


def test_a_symbol_that_the_session_does_not_trade_is_refused() -> None:
    entry = StrategyContext(strategy="golden_cross", symbols=("BTC/USDT", "ETHUSDT"))
    with pytest.raises(UsageFault, match=r"strategies\[0\].symbols: 'ETHUSDT' is not a market .* which has BTC/USDT\."):
        build_contexts((entry,), ("BTC/USDT",))
