"""The trend ensemble and cross-sectional momentum do what was published: known answers, by hand."""

import numpy as np
import pytest
from history import asked, built_in, scenes

from agents.strategies.positions.channels import LENGTHS, Channel, daily_volatility
from agents.strategies.positions.cross import CrossMomentum
from agents.strategies.positions.ensemble import TrendEnsemble
from agents.strategies.voter import Ballot
from agents.strategies.windows import Windowed
from evidence.strategies.published import published, shares
from market.candles import Candles
from risk.proposal import Direction


def walked(days: int, closes: list[float]) -> list[float | None]:
    """The stop after each close."""
    channel, stops = Channel(days), list[float | None]()
    for row in range(len(closes)):
        channel = channel.after(np.array(closes[: row + 1]))
        stops.append(channel.stop)
    return stops


def test_a_channel_is_bought_above_the_closes_before_and_left_below_a_stop_that_never_falls() -> None:
    closes = [10.0, 12.0, 11.0, 12.0, 13.0, 15.0, 14.0, 13.5, 12.9]
    assert walked(3, closes) == [None, None, None, None, 11.5, 12.0, 13.5, None, None]


def test_the_close_of_the_day_is_no_part_of_its_channel() -> None:
    assert walked(2, [10.0, 11.0, 11.0]) == [None, None, None], "a close at the high is no breakout"
    assert walked(2, [10.0, 11.0, 11.01])[-1] == 10.5


def test_the_volatility_is_that_of_ninety_daily_returns_in_a_year_of_365_days() -> None:
    returns = np.resize([0.01, -0.01], 90)
    closes = 100.0 * np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    assert daily_volatility(closes) == pytest.approx(float(np.std(returns, ddof=1)) * 365**0.5)
    assert daily_volatility(closes[1:]) is None
    assert daily_volatility(np.full(91, 5.0)) is None


def told_of(voter: Windowed, days: int = 1200) -> list[Ballot]:
    return [word for scene in scenes("1d", days) if isinstance(word := asked(voter, scene), Ballot)]


def test_the_ensemble_holds_the_share_of_its_channels_scaled_to_the_volatility_with_the_lowest_stop_as_its_exit() -> (
    None
):
    closes = np.array([scene.now.close for scene in scenes("1d", 1200)])
    words = told_of(Windowed(TrendEnsemble()))
    wanted = [word for word in words if word.direction is Direction.LONG]
    assert len(wanted) > 50
    channels = [Channel(days) for days in LENGTHS]
    expected = list[tuple[float, float | None]]()
    for row in range(len(closes)):
        channels = [channel.after(closes[: row + 1]) for channel in channels]
        stops = [channel.stop for channel in channels if channel.stop is not None]
        volatility = daily_volatility(closes[: row + 1])
        if row >= max(LENGTHS) and stops and volatility is not None:
            expected.append((len(stops) / 9 * min(1.0, 0.5 / volatility), min(stops)))
    assert [(word.exposure, word.exit_price) for word in wanted] == expected
    assert {word.horizon_bars is not None and 5 <= word.horizon_bars <= 360 for word in wanted} == {True}


def test_the_ensemble_says_once_that_it_is_out() -> None:
    ways = [word.direction for word in told_of(Windowed(TrendEnsemble()))]
    outs = [row for row, way in enumerate(ways) if way is Direction.SHORT]
    assert outs
    assert all(ways[row - 1] is Direction.LONG for row in outs if row)


def test_a_smaller_target_holds_a_smaller_share() -> None:
    calm, bold = (told_of(Windowed(TrendEnsemble(volatility_target=target))) for target in (0.1, 5.0))
    shares_of = [[word.exposure for word in words if word.direction is Direction.LONG] for words in (calm, bold)]
    assert all(low < high <= 1.0 for low, high in zip(*shares_of, strict=True) if low is not None and high is not None)


def test_cross_momentum_holds_the_strongest_third_while_the_market_rises() -> None:
    voter, found = Windowed(CrossMomentum()), 0
    for row, scene in enumerate(scenes("1d", 400)):
        word = asked(voter, scene)
        if row < 31 or not isinstance(word, Ballot):
            continue
        before = scenes("1d", 400)[row - 30].facts.peers
        moved = {symbol: now.close / before[symbol].close - 1.0 for symbol, now in scene.facts.peers.items()}
        best, market = max(moved, key=lambda each: moved[each]), sum(moved.values()) / 3
        assert (word.direction is Direction.LONG) == (best == "BTC/USDT" and market > 0 and moved[best] > 0)
        found += word.direction is Direction.LONG
    assert found > 10


def test_cross_momentum_abstains_among_fewer_than_three_markets() -> None:
    voter = built_in("cross_momentum")
    words = [voter.vote(scene.now) for scene in scenes("1d", 40)]
    assert "a third needs 3" in str(words[-1])


def bars_of(closes: list[float]) -> Candles:
    close = np.array(closes)
    times = 1_514_851_200_000 + 86_400_000 * np.arange(len(close), dtype=np.int64)
    like = scenes("1d", 40)[0].now
    return Candles.validated("BTC/USDT", like.timeframe, times, close, close, close, close, np.ones(len(close)))


def test_the_plain_account_earns_the_next_close_and_pays_for_each_change_of_its_share() -> None:
    closes = list(100.0 * np.cumprod(1.0 + np.resize([0.03, -0.02], 400)))
    share = shares(np.array(closes), 0.5)
    assert (share[:90] == 0).all()
    free, dear = (
        published({"BTC/USDT": bars_of(closes)}, cost_bps=cost, periods=((2018, 2019),))[0] for cost in (0, 50)
    )
    moved = np.array(closes[1:]) / np.array(closes[:-1]) - 1.0
    assert free.growth == pytest.approx(float(np.prod(1.0 + share[:-1] * moved) - 1.0))
    assert dear.growth < free.growth
    assert dear.turnover_a_year == free.turnover_a_year > 0
