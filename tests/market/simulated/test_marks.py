"""Marks and funding of the simulated market: by seed, near the traded price, and only for perpetuals."""

from itertools import pairwise

import pytest

from config.reading.load import load_profile
from market.tape import Tape, simulated_tape

DAYS = {"market.session_days": 4, "market.symbols": ["BTC/USDT", "SOL/USDT"]}


def drawn(profile: str = "perp", **changed: object) -> Tape:
    return simulated_tape(load_profile(profile, DAYS | changed))


def test_marks_are_near_the_traded_price_and_take_part_in_its_wicks_only_in_part() -> None:
    slices = list(drawn(seed=11).slices())
    pairs = [(shown.bars[symbol], shown.marks[symbol]) for shown in slices for symbol in shown.bars]
    assert len(pairs) == 2 * 96
    assert all(abs(mark.close / bar.close - 1) < 0.003 for bar, mark in pairs)
    assert all(mark.low <= min(mark.open, mark.close) <= max(mark.open, mark.close) <= mark.high for _, mark in pairs)
    wicks = [(each.high - max(each.open, each.close) for each in pair) for pair in pairs]
    taken = [mark / bar for bar, mark in wicks if bar > 1.0]
    assert len(taken) > 20
    assert taken == pytest.approx([0.85] * len(taken), rel=1e-6)


def test_marks_open_where_they_closed() -> None:
    slices = list(drawn(seed=11).slices())
    for before, after in pairwise(slices):
        assert after.marks["BTC/USDT"].open == pytest.approx(before.marks["BTC/USDT"].close)


def test_the_same_seed_draws_the_same_marks_and_another_one_others() -> None:
    one, same, other = (next(drawn(seed=seed).slices()) for seed in (11, 11, 12))
    assert one == same
    assert one.marks != other.marks


def test_funding_is_due_at_the_moment_at_which_it_is_known() -> None:
    due = [(shown.close_utc, rate) for shown in drawn(seed=11).slices() for rate in shown.funding]
    assert {rate.at_utc.hour for _, rate in due} == {0, 8, 16}
    assert len(due) == 2 * (3 * 4 - 1)
    assert all((close - rate.at_utc).total_seconds() == 3600 for close, rate in due)
    assert all(abs(rate.rate) < 0.003 for _, rate in due)


def test_a_spot_session_of_the_same_seed_has_the_same_bars_and_no_marks() -> None:
    spot = list(drawn("backtest", world="simulated", seed=11, **{"market.instruments": INSTRUMENTS}).slices())
    perpetual = list(drawn(seed=11).slices())
    assert [shown.bars for shown in spot] == [shown.bars for shown in perpetual]
    assert not any(shown.marks or shown.funding for shown in spot)


INSTRUMENTS = {
    name: rules.model_dump(mode="json", exclude={"perpetual"})
    for name, rules in load_profile("perp").market.instruments.items()
}


def test_an_exchange_tells_rates_of_the_week_before_and_the_session_itself_knows_none_of_them() -> None:
    tape = drawn(seed=11)
    past = [rate for rate in tape.past_funding if rate.symbol == "BTC/USDT"]
    assert len(past) == 21
    assert past[-1].at_utc == tape.start_utc
    assert all(rate.at_utc > tape.start_utc for shown in tape.slices() for rate in shown.funding)
    assert drawn("backtest", seed=11, world="simulated").past_funding == ()
