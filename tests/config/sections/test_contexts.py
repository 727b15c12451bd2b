"""What a context may set of its own: only what is tighter than the profile's, and nothing that older journals would show."""

from pathlib import Path
from typing import Any

import pytest

from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.limits import TIGHTENED, RiskLimits, Tighter, hours_open
from config.sections.strategies import ContextLimits, StrategyContext, names_of
from config.settings import Settings

SET: dict[str, Any] = {
    "limits.max_entries_per_day": 5,
    "limits.max_stressed_loss": 0.1,
    "limits.volatility_target": 0.5,
    "limits.max_positions": 3,
    "limits.trading_hours_utc": [8, 20],
}
"""Limits that the profile leaves open, closed here, so that something can be looser."""
LIMITS: RiskLimits = load_profile("paper", SET).limits


def context(**own: Any) -> dict[str, Any]:
    return {"strategy": "ema_cross", **own}


def loaded(*contexts: dict[str, Any]) -> Settings:
    return load_profile("paper", SET | {"strategies": list(contexts)})


def refusal(*contexts: dict[str, Any]) -> str:
    with pytest.raises(UsageFault) as caught:
        loaded(*contexts)
    return str(caught.value)


def moved(name: str, *, looser: bool) -> float:
    """A value a little looser or tighter than the profile's."""
    ours = getattr(LIMITS, name)
    up = looser == (TIGHTENED[name] is Tighter.LOWER)
    if isinstance(ours, int):
        return ours + 1 if up else ours - 1
    return float((ours + 1.0) / 2 if up and 0.9 <= ours < 1.0 else ours * (1.01 if up else 0.99))


@pytest.mark.parametrize("name", TIGHTENED)
def test_a_limit_that_is_looser_than_the_profiles_is_refused_with_its_place_and_both_values(name: str) -> None:
    value = moved(name, looser=True) if name not in ("max_gross_leverage", "max_net_leverage") else 1.5
    told = refusal(context(), context(limits={name: value}))
    assert f"strategies.1.limits.{name}: {value} is looser than limits.{name} of the profile" in told
    assert f"which is {getattr(LIMITS, name)}" in told


@pytest.mark.parametrize("name", TIGHTENED)
def test_a_limit_that_is_tighter_or_the_same_is_taken(name: str) -> None:
    for value in (moved(name, looser=False), getattr(LIMITS, name)):
        (entry,) = loaded(context(limits={name: value})).strategies
        assert getattr(entry.limits, name) == value


@pytest.mark.parametrize("name", TIGHTENED)
def test_a_limit_of_a_context_has_the_range_of_the_profiles(name: str) -> None:
    assert f"strategies.0.limits.{name}" in refusal(context(limits={name: -1}))


@pytest.mark.parametrize("name", ["max_spread_bps", "max_slippage", "entry_price_cap_bps"])
def test_a_limit_under_which_a_context_could_never_buy_is_refused(name: str) -> None:
    told = refusal(context(limits={name: 1e-6}))
    assert f"strategies.0.limits.{name}: at 1e-06 nothing could be bought where venue.spread_bps is 2" in told


def test_any_number_is_tighter_than_a_limit_that_is_switched_off() -> None:
    open_ended = load_profile("paper", {"strategies": [context(limits={"max_entries_per_day": 90}, max_positions=9)]})
    assert open_ended.limits.max_entries_per_day is None


def test_breakers_and_measures_belong_to_the_account_and_not_to_a_context() -> None:
    assert set(ContextLimits.model_fields) == set(TIGHTENED)
    told = refusal(context(limits={"max_daily_loss": 0.01}))
    assert "strategies.0.limits.max_daily_loss: unknown key" in told


def test_more_positions_than_the_profile_allows_are_refused() -> None:
    assert "strategies.0.max_positions: 4 is looser than limits.max_positions" in refusal(context(max_positions=4))
    assert loaded(context(max_positions=3)).strategies[0].max_positions == 3


@pytest.mark.parametrize(
    ("hours", "taken"),
    [((8, 20), True), ((9, 19), True), ((7, 20), False), ((8, 21), False), ((22, 10), False), ((19, 8), False)],
)
def test_hours_lie_within_those_of_the_profile(hours: tuple[int, int], taken: bool) -> None:
    wanted = context(trading_hours_utc=list(hours))
    if taken:
        assert loaded(wanted).strategies[0].trading_hours_utc == hours
    else:
        assert "strategies.0.trading_hours_utc" in refusal(wanted)
        assert "is looser than limits.trading_hours_utc of the profile, which is [8, 20]" in refusal(wanted)


def test_hours_that_end_when_they_begin_are_none() -> None:
    assert "trading hours that end when they begin are none" in refusal(context(trading_hours_utc=[9, 9]))


def test_hours_may_pass_midnight() -> None:
    assert hours_open((22, 2)) == {22, 23, 0, 1}
    assert hours_open((0, 24)) == frozenset(range(24))


def test_the_refusal_names_the_line_of_both_values(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "extends: paper\nlimits:\n  risk_per_trade: 0.001\nstrategies:\n  - strategy: ema_cross\n"
        "    limits:\n      risk_per_trade: 0.002\n"
    )
    with pytest.raises(UsageFault) as caught:
        load_profile(str(file))
    assert "mine.yaml, line 7" in str(caught.value)
    assert "mine.yaml, line 3" in str(caught.value)


def test_somebody_votes() -> None:
    told = refusal(context(enabled=False), context(enabled=False))
    assert "every context is switched off, so nobody would vote" in told


def test_what_a_context_does_not_set_is_not_written() -> None:
    plain = StrategyContext.model_validate(context())
    assert set(plain.model_dump()) == {"strategy", "file", "name", "symbols", "weight", "params"}
    assert StrategyContext.model_validate(context(limits={"risk_per_trade": 0.001})).model_dump()["limits"] == {
        "risk_per_trade": 0.001
    }


def test_a_name_does_not_depend_on_who_is_switched_off() -> None:
    entries = loaded(context(enabled=False), context(), {"strategy": "golden_cross"}).strategies
    assert names_of(entries) == ("ema_cross#0", "ema_cross#1", "golden_cross")
