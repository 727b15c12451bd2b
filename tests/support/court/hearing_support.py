"""Bars, hearings and outcomes for the tests of finished rulings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from court_support import AT, SETTINGS, advocate, analyst, case, officer, supervisor

from agents.court.hearing import Hearing
from agents.court.ruling import rule
from agents.memory.outcomes import Barriers
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.verdict import Outcome, Reaction, RuleCode, RuleReport, Verdict
from rl.adjustment import Adjustment

HOUR = timedelta(hours=1)
BTC = "BTC/USDT"
Ohlc = tuple[float, float, float, float]


def barriers(horizon: int = 72, fee_bps: float = 10.0) -> Barriers:
    return Barriers(SETTINGS.limits, SETTINGS.exits, {BTC: fee_bps, "ETH/USDT": fee_bps}, horizon)


def slice_of(bar: Ohlc | None, close: datetime, symbol: str = BTC) -> Slice:
    if bar is None:
        return Slice(close_utc=close, bars={})
    o, h, low, c = bar
    return Slice(
        close_utc=close,
        bars={
            symbol: Bar(
                symbol=symbol, timeframe=Timeframe.H1, close_utc=close, open=o, high=h, low=low, close=c, volume=1.0
            )
        },
    )  # fmt: skip


def tape(bars: Sequence[Ohlc | None], start: datetime = AT) -> list[Slice]:
    """One slice an hour; the first closes an hour after `start`. None: no bar."""
    return [slice_of(bar, start + (place + 1) * HOUR) for place, bar in enumerate(bars)]


def flat(price: float) -> Ohlc:
    return (price, price, price, price)


def hearing(
    mind: str = "rules", caps: tuple[str, ...] = (), refused_by: RuleCode | None = None, **words: Any
) -> Hearing:
    """Return a hearing with these opinions, ruled by the court; with `caps` [quote] the gate signs."""
    what = words.pop("case", None) or case()
    spoken = {
        "analyst": analyst(), "risk_agent": officer(), "advocate": advocate(), "supervisor": supervisor(),
    } | words  # fmt: skip
    ruling = rule(what.proposal.direction, *spoken.values(), short=what.proposal.is_short)
    return Hearing(
        mind=mind, case=what, **spoken, struck=(), ruling=ruling, adjustment=Adjustment(adjuster="off", scale=1.0),
        verdict=_verdict(what.decision_id, caps, refused_by),
    )  # fmt: skip


def _verdict(decision_id: str, caps: tuple[str, ...], refused_by: RuleCode | None) -> Verdict:
    rules = [
        RuleReport(code=code, number=None, limit=None, unit="", reaction=Reaction.PASS, notional_cap=Decimal(cap))
        for code, cap in zip(("position", "kelly", "cash"), caps, strict=False)
    ]
    if refused_by:
        rules.append(RuleReport(code=refused_by, number=None, limit=None, unit="", reaction=Reaction.REFUSE))
    return Verdict(
        decision_id=decision_id, symbol=BTC, as_of_utc=AT, outcome=Outcome.REFUSED, binding_rule=refused_by or "min_notional",
        rules=tuple(rules),
    )  # fmt: skip
