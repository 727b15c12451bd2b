"""What the monitor notices beside large moves: a source that repeats itself, a lost peg, another coin under the same name."""

from datetime import UTC, datetime, timedelta

import pytest

from config.reading.load import load_profile
from market.bar import Slice
from market.quality.monitor import QualityMonitor, Quote
from market.quality.peg import PegWatch
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = load_profile("paper").quality


def alive(price: float = 100.0, number: int = 30) -> list[Quote]:
    return [(price, price * 1.005, price * 0.995, price, 10.0 + i % 7) for i in range(number)]


def told(*quotes: Quote | None, accepted: float | None = None) -> list[Slice]:
    settings = SETTINGS.model_copy(update={"accepted_units": {} if accepted is None else {"AAA/USDT": accepted}})
    monitor = QualityMonitor(settings, Timeframe.H1, ["AAA/USDT"])
    return [monitor.judge(START + i * HOUR, {"AAA/USDT": quote}) for i, quote in enumerate(quotes)]


def kinds(slices: list[Slice]) -> list[str]:
    return [found.kind for shown in slices for found in shown.findings]


def test_a_bar_that_comes_again_is_no_bar_and_many_of_them_freeze() -> None:
    slices = told(*alive(), *[alive()[-1]] * 4, *alive(number=4))
    assert kinds(slices) == ["stale", "frozen", "thawed"]
    assert [bool(shown.bars) for shown in slices[30:36]] == [False, False, False, False, True, True]


def test_a_market_whose_volume_never_changed_may_repeat_itself() -> None:
    same = (100.0, 100.5, 99.5, 100.0, 10.0)
    assert kinds(told(*[same] * 40)) == []


def test_a_thin_market_may_look_the_same_twice() -> None:
    thin: Quote = (100.0, 100.02, 100.0, 100.0, 0.05)
    assert kinds(told(*alive(), thin, thin, thin)) == []
    assert kinds(told(*alive(), thin, thin, thin, thin)) == ["stale"]


@pytest.mark.parametrize("price", [0.97, 0.9, 0.4, 1.05])
def test_a_lost_peg_freezes_until_it_is_back_for_enough_bars(price: float) -> None:
    near = [(1.0, 1.002, 0.998, 1.0, 10.0 + i % 7) for i in range(200)]
    away: list[Quote] = [(1.0, max(1.0, price), min(1.0, price), price, 99.0), *alive(price, 9)]
    back: list[Quote] = [(price, max(1.0, price), min(1.0, price), 1.0, 99.0), *near[:5]]
    slices = told(*near, *away, *back)
    assert "depeg" in kinds(slices)
    assert kinds(slices)[-1] == "thawed"
    assert all(shown.frozen for shown in slices[200:210])
    assert all(shown.bars for shown in slices[201:])
    if price in (0.97, 1.05):
        assert "lost its peg" in slices[209].frozen["AAA/USDT"]


def test_a_coin_near_one_for_less_than_a_week_has_no_peg() -> None:
    near = [(1.0, 1.002, 0.998, 1.0, 10.0 + i % 7) for i in range(167)]
    assert kinds(told(*near, (1.0, 1.0, 0.9, 0.9, 99.0))) == []


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.H1, Timeframe.D1])
def test_a_peg_is_learnt_over_a_week_and_over_72_bars_at_least(timeframe: Timeframe) -> None:
    watch = PegWatch(0.02, timeframe)
    needed = max(72, timedelta(days=7) // timeframe.duration)
    for _ in range(needed - 1):
        assert watch.see(1.0) is None
    assert not watch.pegged
    watch.see(1.0)
    assert watch.pegged
    assert watch.see(0.979) is not None
    assert watch.see(0.95) is None


def test_without_a_limit_no_peg_is_watched() -> None:
    watch = PegWatch(None, Timeframe.H1)
    assert [watch.see(price) for price in [1.0] * 300 + [0.5]] == [None] * 301


@pytest.mark.parametrize("price", [37.0, 4_000.0, 0.21, 200.0])
def test_another_coin_under_the_name_is_asked_for_and_none_of_its_prices_is_believed(price: float) -> None:
    slices = told(*alive(), *alive(price, 9))
    assert kinds(slices) == ["identity"]
    assert all(shown.frozen and not shown.bars and not shown.doubtful for shown in slices[30:])
    detail = slices[30].findings[0].detail
    assert "--set 'quality.accepted_units={AAA/USDT: 1}'" in detail


def test_a_human_takes_the_price_as_it_stands_or_in_the_unit_before() -> None:
    stands = told(*alive(), *alive(37.0, 9), accepted=1.0)
    assert stands[-1].bars["AAA/USDT"].close == 37.0
    split = told(*alive(), *alive(25.0, 9), accepted=0.25)
    assert split[-1].bars["AAA/USDT"].close == 100.0
    assert not split[-1].frozen


def test_a_price_that_was_not_seen_for_years_may_have_gone_far() -> None:
    hole: list[Quote | None] = [None] * (24 * 900)
    assert "identity" not in kinds(told(*alive(), *hole, *alive(700.0, 4)))
    assert "identity" in kinds(told(*alive(), *hole[:48], *alive(700.0, 4)))


def test_a_crash_that_goes_through_the_prices_is_no_other_coin() -> None:
    fall: list[Quote] = []
    price = 100.0
    for _ in range(12):
        fall.append((price, price * 1.01, price * 0.35, price * 0.4, 200.0))
        price *= 0.4
    assert set(kinds(told(*alive(), *fall))) == {"large_move"}


def test_a_gap_says_whether_the_others_traded() -> None:
    monitor = QualityMonitor(SETTINGS, Timeframe.H1, ["AAA/USDT", "BBB/USDT", "CCC/USDT"])
    all_three = dict.fromkeys(["AAA/USDT", "BBB/USDT", "CCC/USDT"], alive()[0])
    monitor.judge(START, all_three)
    halted = monitor.judge(START + HOUR, {"BBB/USDT": alive()[1], "CCC/USDT": alive()[1]})
    assert halted.findings[0].detail.startswith("no bar, while 2 of 2 others traded")
    monitor.judge(START + 2 * HOUR, all_three)
    flat: Quote = (100.0, 100.0, 100.0, 100.0, 0.0)
    venue = monitor.judge(START + 3 * HOUR, dict.fromkeys(all_three, flat))
    assert {found.detail for found in venue.findings} == {"nobody traded, nor in any other market"}


def test_the_old_judgement_is_what_it_was() -> None:
    """Sessions of older versions go on by the limits alone."""
    settings = SETTINGS.model_copy(update={"judgement": "limits", "max_depeg": None})
    monitor = QualityMonitor(settings, Timeframe.H1, ["AAA/USDT"])
    quotes: list[Quote] = [*alive(), alive()[-1], (100.0, 101.0, 60.0, 62.0, 500.0)]
    slices = [monitor.judge(START + i * HOUR, {"AAA/USDT": quote}) for i, quote in enumerate(quotes)]
    assert kinds(slices) == ["wide_bar", "frozen"]
