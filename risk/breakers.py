"""Circuit breakers: latches that stop new risk. They never stop an exit.

Their state is a frozen value. The journal stores it with every cycle, so that it survives a restart. How each breaker lifts:

    drawdown      halt        only when a human lifts it
    daily_loss    close-only  `daily_loss_pause_h` after it tripped; midnight does not lift it
    weekly_loss   close-only  `weekly_loss_pause_h` after it tripped; it trips again while the week's loss is above the limit
    turbulence    pause       `turbulence_pause_h` after the last such bar; on perpetuals a fall pauses purchases, a rise shorts
    loss_streak   pause       `loss_streak_pause_h` after it tripped; the count then starts at zero

The baseline of a day is the equity at 00:00 UTC. The bar that closes at 00:00 is measured against the day that it ends; then it
becomes the baseline of the next day. A day that begins while the daily-loss breaker is tripped gets its new baseline too, but
the breaker stays tripped for its full time. A week is measured in the same way, from Monday 00:00 UTC.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from config.sections.limits import RiskLimits

Breaker = Literal["drawdown", "weekly_loss", "daily_loss", "turbulence", "loss_streak"]
Pause = Literal["long", "short"]
"""The side of the entries that a breaker forbids, where it does not forbid both."""


class Latch(Frozen):
    """A breaker that has tripped. `until_utc` is None when only a human can lift it."""

    breaker: Breaker
    since_utc: UtcTime
    until_utc: UtcTime | None
    why: str
    symbol: str | None = Field(default=None, exclude_if=absent)
    """The only symbol whose entries it forbids; None if it forbids those of all."""
    against: Pause | None = Field(default=None, exclude_if=absent)
    """The only side whose entries it forbids; None if it forbids both, as ever on spot."""

    def forbids(self, symbol: str, side: Pause) -> bool:
        """Whether it forbids new risk in this symbol on this side."""
        return self.symbol in (None, symbol) and self.against in (None, side)


class BreakerEvent(Journaled):
    """A breaker tripped or was lifted."""

    event_kind: ClassVar[str] = "breaker"
    event_version: ClassVar[int] = 3

    breaker: Breaker
    at_utc: UtcTime
    action: Literal["tripped", "extended", "lifted"]
    why: str
    symbol: str | None = Field(default=None, exclude_if=absent)
    """The only symbol that it pauses; None if it is the breaker of the account."""
    against: Pause | None = Field(default=None, exclude_if=absent)
    """The only side that it pauses; None if it pauses both, as ever on spot."""


class BreakerState(Frozen):
    """The state of all breakers. Money is in quote units."""

    peak_equity: Decimal
    day_utc: str
    day_start_equity: Decimal
    week_utc: str
    """Year and number of the ISO week, which begins on Monday: `2024-W09`."""
    week_start_equity: Decimal
    losses_in_a_row: int = 0
    trades: int = Field(default=0, exclude_if=empty)
    """Closed trades, counted where `loss_streak_chance` asks for the win rate."""
    wins: int = Field(default=0, exclude_if=empty)
    """Closed trades with a profit, counted likewise."""
    latches: tuple[Latch, ...] = ()

    @classmethod
    def fresh(cls, equity: Decimal, at: datetime) -> "BreakerState":
        """The state of an account that has not traded yet. `equity` [quote]."""
        return cls(
            peak_equity=equity,
            day_utc=_day(at),
            day_start_equity=equity,
            week_utc=_week(at),
            week_start_equity=equity,
        )

    @property
    def open(self) -> Latch | None:
        """The most severe latch that forbids all new risk, or None."""
        return min(
            (latch for latch in self.latches if latch.symbol is None and latch.against is None),
            key=lambda latch: _GRAVITY[latch.breaker],
            default=None,
        )

    def open_on(self, symbol: str, side: Pause = "long") -> Latch | None:
        """The most severe latch that forbids new risk in this symbol on this side, or None."""
        own = next((latch for latch in self.latches if latch.forbids(symbol, side)), None)
        return self.open or own


_GRAVITY: dict[Breaker, int] = {
    "drawdown": 0, "weekly_loss": 1, "daily_loss": 2, "turbulence": 3, "loss_streak": 4,
}  # fmt: skip

TAIL_WEIGHT, TAIL_EXPONENT = 0.32, 3.1
"""Falls of one bar beyond s sigmas: TAIL_WEIGHT x s^-TAIL_EXPONENT of all bars. See `fall_sigmas`."""

PRIOR_TRADES, PRIOR_LOSERS = 20, 12
"""What is assumed of the win rate before there are trades."""

_DAYS_A_YEAR = 365.0

Step = tuple[BreakerState, tuple[BreakerEvent, ...]]


def observe_equity(state: BreakerState, at: datetime, equity: Decimal, limits: RiskLimits) -> Step:
    """Update the breakers with the equity [quote] at a bar close.

    Lifts breakers whose time has ended, checks the losses of the day and the week, moves both baselines when a day or week
    ends, and checks the drawdown.
    """
    state, events = _lift(state, at)
    for check in (_daily, _weekly):
        state, tripped = check(state, at, equity, limits)
        events += tripped
    if (day := _day(at)) != state.day_utc:
        state = state.model_copy(update={"day_utc": day, "day_start_equity": equity})
        if (week := _week(at)) != state.week_utc:
            state = state.model_copy(update={"week_utc": week, "week_start_equity": equity})
    if equity > state.peak_equity:
        state = state.model_copy(update={"peak_equity": equity})
    drawdown = _fall(state.peak_equity, equity)
    if drawdown >= limits.max_drawdown and not _has(state, "drawdown"):
        why = f"equity is {drawdown:.2%} below its peak, limit {limits.max_drawdown:.2%}"
        state, tripped = _trip(state, "drawdown", at, None, why)
        events += tripped
    return state, events


def observe_move(state: BreakerState, at: datetime, symbol: str, sigmas: float | None, limits: RiskLimits) -> Step:
    """Trip or extend the turbulence breaker when a bar moved `sigmas` times the volatility before it.

    The volatility is the EWMA of RiskMetrics (1996). `sigmas` is None when it is not known; nothing changes then.
    """
    if sigmas is None or sigmas < limits.turbulence_sigma:
        return state, ()
    why = f"{symbol} moved {sigmas:.1f} sigmas in one bar, limit {limits.turbulence_sigma:g}"
    return _trip(state, "turbulence", at, limits.turbulence_pause_h, why)


def fall_sigmas(bars_per_day: float, limits: RiskLimits) -> float:
    """How large the fall of one bar must be to pause [sigmas], so that a market has `turbulence_alarms` of them a year.

    Falls of crypto markets in units of their EWMA volatility (decay 0.94) follow a power law whose exponent is near three
    (Gopikrishnan et al. 1998, the inverse cubic law): the chance that a bar falls by more than s is 0.32 s^-3.1, measured on 43
    years of seven markets at 1h, 4h and 1d and 2.7 years of two at 5m. `docs/sizing.md` has the alarms that were counted.
    """
    bars_a_year = bars_per_day * _DAYS_A_YEAR
    return float((TAIL_WEIGHT * bars_a_year / limits.turbulence_alarms) ** (1.0 / TAIL_EXPONENT))


def observe_falls(
    state: BreakerState,
    at: datetime,
    moves: Mapping[str, float | None],
    least: float,
    limits: RiskLimits,
    *,
    both_sides: bool = False,
) -> Step:
    """Pause each symbol that fell by at least `least` sigmas in a bar, and the account if the mean of them all did.

    `moves`: the signed move of each symbol with a bar, in standard deviations of those before; None where unknown. `both_sides`:
    there are shorts, so a fall pauses purchases alone, and a rise by as much pauses shorts.
    """
    known = {symbol: move for symbol, move in moves.items() if move is not None}
    if not both_sides:
        return _observe_side(state, at, known, least, limits, None)
    state, falls = _observe_side(state, at, known, least, limits, "long")
    state, rises = _observe_side(state, at, {s: -move for s, move in known.items()}, least, limits, "short")
    return state, (*falls, *rises)


def _observe_side(
    state: BreakerState,
    at: datetime,
    moves: Mapping[str, float],
    least: float,
    limits: RiskLimits,
    against: Pause | None,
) -> Step:
    """`observe_falls` for one side. `moves`: those of shorts have the other sign."""
    events: tuple[BreakerEvent, ...] = ()
    went, hours = "rose" if against == "short" else "fell", limits.turbulence_pause_h
    for symbol, move in moves.items():
        if -move >= least:
            why = f"{symbol} {went} {-move:.1f} sigmas in one bar, limit {least:.1f}"
            state, tripped = _trip(state, "turbulence", at, hours, why, symbol, against)
            events += tripped
    total = 0.0
    for move in moves.values():
        total += move
    mean, count = -total / max(len(moves), 1), len(moves)
    if count > 1 and mean >= least:
        why = f"the market {went} {mean:.1f} sigmas in one bar, the mean of {count}, limit {least:.1f}"
        state, tripped = _trip(state, "turbulence", at, hours, why, against=against)
        events += tripped
    return state, events


def streak_limit(trades: int, wins: int, limits: RiskLimits) -> int:
    """How many losing trades in a row pause [trades].

    With a chance q of a loss, m of them in a row have the chance q^m. It is the least m at which that is at most
    `loss_streak_chance`, but not below `loss_streak`. q is the share of losers, with 20 trades counted to it of which 12 lost.
    """
    if limits.loss_streak_chance is None:
        return limits.loss_streak
    losing = (trades - wins + PRIOR_LOSERS) / (trades + PRIOR_TRADES)
    return max(limits.loss_streak, math.ceil(math.log(limits.loss_streak_chance) / math.log(losing)))


def observe_trade(state: BreakerState, at: datetime, pnl: Decimal, limits: RiskLimits) -> Step:
    """Count a closed trade with profit `pnl` [quote]. Trip after too many losses in a row."""
    losses = state.losses_in_a_row + 1 if pnl < 0 else 0
    most = streak_limit(state.trades, state.wins, limits)
    state = state.model_copy(update={"losses_in_a_row": losses})
    if limits.loss_streak_chance is not None:
        state = state.model_copy(update={"trades": state.trades + 1, "wins": state.wins + (pnl > 0)})
    if losses < most:
        return state, ()
    state = state.model_copy(update={"losses_in_a_row": 0})
    return _trip(state, "loss_streak", at, limits.loss_streak_pause_h, f"{losses} losing trades in a row")


def carried(state: BreakerState, at: datetime, equity: Decimal) -> BreakerState:
    """The state of an account that is found again at a later time with this equity [quote]: its peak, its count of losses and
    its breakers go on, and a day or week that has begun since has its baseline here."""
    changes: dict[str, object] = {}
    if (day := _day(at)) != state.day_utc:
        changes |= {"day_utc": day, "day_start_equity": equity}
    if (week := _week(at)) != state.week_utc:
        changes |= {"week_utc": week, "week_start_equity": equity}
    return state.model_copy(update=changes)


def drawdown(state: BreakerState, equity: Decimal) -> float:
    """The drawdown: fall of equity below its peak [fraction]."""
    return _fall(state.peak_equity, equity)


def _daily(state: BreakerState, at: datetime, equity: Decimal, limits: RiskLimits) -> Step:
    loss = _fall(state.day_start_equity, equity)
    if loss < limits.max_daily_loss or _has(state, "daily_loss"):
        return state, ()
    why = f"equity fell {loss:.2%} since 00:00 UTC, limit {limits.max_daily_loss:.2%}"
    return _trip(state, "daily_loss", at, limits.daily_loss_pause_h, why)


def _weekly(state: BreakerState, at: datetime, equity: Decimal, limits: RiskLimits) -> Step:
    loss = _fall(state.week_start_equity, equity)
    if loss < limits.max_weekly_loss or _has(state, "weekly_loss"):
        return state, ()
    why = f"equity fell {loss:.2%} since Monday 00:00 UTC, limit {limits.max_weekly_loss:.2%}"
    return _trip(state, "weekly_loss", at, limits.weekly_loss_pause_h, why)


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _week(at: datetime) -> str:
    year, number, _ = at.isocalendar()
    return f"{year}-W{number:02d}"


def _fall(top: Decimal, now: Decimal) -> float:
    if now == top > 0:
        return 0.0
    return float((top - now) / top) if top > 0 else 1.0


def _has(state: BreakerState, breaker: Breaker) -> bool:
    return any(latch.breaker == breaker and latch.symbol is None for latch in state.latches)


def _trip(
    state: BreakerState,
    breaker: Breaker,
    at: datetime,
    hours: float | None,
    why: str,
    symbol: str | None = None,
    against: Pause | None = None,
) -> Step:
    until = at + timedelta(hours=hours) if hours is not None else None
    latch = Latch(breaker=breaker, since_utc=at, until_utc=until, why=why, symbol=symbol, against=against)
    same = (breaker, symbol, against)
    others = tuple(held for held in state.latches if (held.breaker, held.symbol, held.against) != same)
    action: Literal["tripped", "extended"] = "extended" if len(others) < len(state.latches) else "tripped"
    event = BreakerEvent(breaker=breaker, at_utc=at, action=action, why=why, symbol=symbol, against=against)
    return state.model_copy(update={"latches": (*others, latch)}), (event,)


def _lift(state: BreakerState, at: datetime) -> Step:
    if not state.latches:
        return state, ()
    over = tuple(latch for latch in state.latches if latch.until_utc is not None and latch.until_utc <= at)
    if not over:
        return state, ()
    kept = tuple(latch for latch in state.latches if latch not in over)
    events = tuple(
        BreakerEvent(
            breaker=latch.breaker,
            at_utc=at,
            action="lifted",
            why="its time has run",
            symbol=latch.symbol,
            against=latch.against,
        )
        for latch in over
    )
    return state.model_copy(update={"latches": kept}), events
