"""The table of the court's reviews of held positions, on a console and in the report."""

from collections.abc import Sequence

from rich.console import Group

from ops.story.held.reviews import CourtReview, ReviewFigures
from ops.tables.grid import Grid
from ops.tables.plain import moment, signed_percent

_SHOWN = 12
_COLUMNS = ("At, UTC", "Market", "Because of", "Age, bars", "Profit", "Left", "Stays", "Became", "Why")
_KEY = (
    "Because of: its schedule, a condition that came true, or voters that trimmed it. Profit: since it was opened, before fees. "
    "Left, stays: the part of what was bought, before and after. Silence keeps."
)


def court_reviews_part(reviews: Sequence[CourtReview], figures: ReviewFigures) -> Group:
    """The latest reviews for a console, with their key."""
    return Group(court_reviews_grid(reviews[-_SHOWN:], figures).table(), court_reviews_key())


def court_reviews_grid(reviews: Sequence[CourtReview], figures: ReviewFigures) -> Grid:
    """These reviews, oldest first."""
    more = f" (the last {len(reviews):,} of {figures.reviews:,})" if len(reviews) < figures.reviews else ""
    return Grid(
        f"Positions that the court reviewed{more}",
        _COLUMNS,
        tuple(_row(each) for each in reviews),
        left=3,
        prose=(7, 8),
        yields=("Why", "Left", "Age, bars"),
    )


def court_reviews_key() -> str:
    """What the columns mean, in sentences."""
    return _KEY


def _row(review: CourtReview) -> tuple[str, ...]:
    return (
        moment(review.as_of_utc),
        review.symbol,
        review.cause,
        f"{review.age_bars:,}",
        signed_percent(review.profit),
        f"{review.left:.0%}",
        f"{review.stays:.0%}",
        review.became.value,
        review.why,
    )
