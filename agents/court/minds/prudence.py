"""The rules mind as risk officer: reasons in the account for a smaller trade. The gate applies the limits themselves."""

from collections.abc import Iterator
from typing import NamedTuple

from agents.court.case import Case
from agents.court.opinion import Evidence, ScalePercent
from config.sections.limits import RiskLimits


class Concern(NamedTuple):
    """A reason for a smaller trade, and the largest scale that it allows."""

    scale_pct: ScalePercent
    evidence: Evidence


def concerns(case: Case, limits: RiskLimits) -> tuple[Concern, ...]:
    """Return all concerns about the present account. About a position under review, those about its market alone: that there is
    no room for more is no reason to sell what is held.
    """
    return tuple(_of_market(case, limits) if case.review is not None else _find(case, limits))


def _find(case: Case, limits: RiskLimits) -> Iterator[Concern]:
    book = case.book
    if book.breaker is not None:
        yield _concern(0, "book.breaker", book.breaker, "a breaker is open")
    if book.drawdown > limits.max_drawdown / 2:
        yield _concern(50, "book.drawdown", book.drawdown, f"drawdown {book.drawdown:.1%} is over half its limit")
    if book.day_return < -limits.max_daily_loss / 2:
        yield _concern(50, "book.day_return", book.day_return, f"the day stands at {book.day_return:.1%}")
    if book.var_1d > 0.75 * limits.max_var_1d:
        yield _concern(75, "book.var_1d", book.var_1d, f"VaR uses {book.var_1d / limits.max_var_1d:.0%} of its limit")
    if book.deployed_fraction > 0.75 * limits.max_deployed_fraction:
        claim = f"{book.deployed_fraction:.1%} of equity is deployed already"
        yield _concern(75, "book.deployed_fraction", book.deployed_fraction, claim)
    refusing = limits.correlation == "refuse"  # a cluster has a limit of its own
    if refusing and book.worst_correlation is not None and book.worst_correlation > 0.8 * limits.max_correlation:
        claim = f"it moves with what is held (correlation {book.worst_correlation:.2f})"
        yield _concern(50, "book.worst_correlation", book.worst_correlation, claim)
    yield from _of_market(case, limits)
    fixed = limits.loss_streak_chance is None  # else a streak is judged by the win rate, which the case does not tell
    if fixed and book.losses_in_a_row >= max(2, limits.loss_streak - 1):
        claim = f"{book.losses_in_a_row} losses in a row"
        yield _concern(75, "book.losses_in_a_row", book.losses_in_a_row, claim)


def _of_market(case: Case, limits: RiskLimits) -> Iterator[Concern]:
    sigma = case.book.last_sigma
    if sigma is not None and sigma > 0.6 * limits.turbulence_sigma:
        yield _concern(50, "book.last_sigma", sigma, f"the last bar was {sigma:.1f} sigmas")


def _concern(scale: ScalePercent, field: str, value: float | int | str, claim: str) -> Concern:
    return Concern(scale, Evidence(field=field, value=value, claim=claim))
