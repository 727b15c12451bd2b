"""Circuit breakers and the valuation of the book: what `risk.breakers` does, in the order in which the trader calls it.

A breaker holds the time at which it lifts, in microseconds since 1970 UTC; 0 means that it is not tripped. The drawdown breaker
never lifts. A new UTC day starts a new measurement and lifts no breaker. The loss streak trips in `execution.kernel.book`, where
round trips end; it is read only after the bar.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.margined.sides import side_of
from execution.kernel.records import Both, Record, Records
from risk.breakers import PRIOR_LOSERS, PRIOR_TRADES


@compiled
def equity_of(both: Both, rules: Records, account: Record, places: Records) -> float:
    """Equity: cash plus positions at their marks [quote].

    `rules`, `places`: records of RULE and PLACE, both of shape (n_symbols,); `account`: one record of ACCOUNT.
    """
    total = account.cash_quote
    for s in range(len(places)):
        if places[s].held:
            total += side_of(both, places[s]) * places[s].held * rules[s].lot[0] * places[s].mark
    return float(total)


@compiled
def is_shut(account: Record) -> bool:
    """Whether any breaker forbids new risk."""
    return bool(
        account.halted or account.daily_until or account.weekly_until or account.turbulent_until or account.streak_until
    )


@compiled
def is_shut_on(both: Both, limits: Record, account: Record, place: Record, side: int) -> bool:
    """Whether any breaker forbids new risk in this symbol, on perpetuals that of a side: a rise pauses short sales alone."""
    if both is None:
        return bool(is_shut(account) or place.turbulent_until > account.now_us)
    if account.halted or account.daily_until or account.weekly_until or account.streak_until:
        return True
    if side > 0 or not limits.by_symbol:
        return bool(account.turbulent_until or place.turbulent_until > account.now_us)
    return bool(account.risen_until or place.risen_until > account.now_us)


@compiled
def streak_limit(limits: Record, trades: int, wins: int) -> float:
    """How many losing trades in a row pause: `risk.breakers.streak_limit`."""
    if limits.streak_log == 0.0:
        return float(limits.loss_streak)
    losing = (trades - wins + PRIOR_LOSERS) / (trades + PRIOR_TRADES)
    return float(max(float(limits.loss_streak), np.ceil(limits.streak_log / np.log(losing))))


@compiled
def observe(limits: Record, account: Record, day: int, equity: float, sigma: float, rise: float) -> None:
    """Update all breakers at a bar close.

    In this order: lift those whose time is over; trip on the losses of the day and the week; start a new day or week; trip on
    drawdown and on the largest move. `equity` in quote units. `sigma` in standard
    deviations: the largest move, or, where symbols are paused one by one, the fall of the market; `rise`: the rise of one that
    may be sold short, 0 for any other.
    """
    now = account.now_us
    if account.daily_until <= now:
        account.daily_until = 0
    if account.weekly_until <= now:
        account.weekly_until = 0
    if account.turbulent_until <= now:
        account.turbulent_until = 0
    if account.risen_until <= now:
        account.risen_until = 0
    if account.streak_until <= now:
        account.streak_until = 0
    if not account.daily_until and fall(account.day_start, equity) >= limits.max_daily_loss:
        account.daily_until = now + limits.daily_pause_us
    if not account.weekly_until and fall(account.week_start, equity) >= limits.max_weekly_loss:
        account.weekly_until = now + limits.weekly_pause_us
    if day != account.day:
        account.day = day
        account.day_start = equity
    week = week_of(day)
    if week != account.week:
        account.week = week
        account.week_start = equity
    account.peak = max(account.peak, equity)
    if fall(account.peak, equity) >= limits.max_drawdown:
        account.halted = 1
    if sigma >= (limits.fall_sigma if limits.by_symbol else limits.turbulence_sigma):
        account.turbulent_until = now + limits.turbulence_pause_us
    if limits.by_symbol and rise >= limits.fall_sigma:
        account.risen_until = now + limits.turbulence_pause_us


@compiled
def week_of(day: int) -> int:
    """Number of the week that a day since 1970 lies in; weeks begin on Monday, and 1970 on a Thursday."""
    return int((day + w.MONDAY_TO_THURSDAY) // w.DAYS_A_WEEK)


@compiled
def fall(top: float, now: float) -> float:
    """How far equity has fallen below an earlier value, as a fraction of that value."""
    return (top - now) / top if top > 0.0 else 1.0
