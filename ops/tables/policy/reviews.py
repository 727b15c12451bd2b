"""The table of the policy's reviews of what is held: beside the rulings, on a console and in the report."""

from collections.abc import Sequence

from rich.console import Group

from ops.story.policy.reviews import Reviewed
from ops.tables.grid import Grid
from ops.tables.plain import DASH, moment, ratio

_SHOWN = 12
_COLUMNS = ("At, UTC", "Market", "Held", "Wanted", "Left", "Base", "Factor", "Followed", "Why its base stood in")
_KEY = (
    "Shares of a full position. Held: what the position stands for. Wanted: by the voters. Left: of that, by the policy. "
    "Base: what its base alone would leave. Followed: what was done at that close."
)


def reviews_part(reviews: Sequence[Reviewed], number: int) -> Group:
    """The latest reviews for a console, with their key. `number`: how many there were in all."""
    return Group(reviews_grid(reviews[-_SHOWN:], number).table(), reviews_key(reviews))


def reviews_grid(reviews: Sequence[Reviewed], number: int) -> Grid:
    """These reviews, oldest first. `number`: how many there were in all."""
    more = f" (the last {len(reviews):,} of {number:,})" if len(reviews) < number else ""
    rows = tuple(_row(each) for each in reviews)
    wide = len(_COLUMNS) if any(row[-1] for row in rows) else len(_COLUMNS) - 1  # a column without a word says nothing
    return Grid(
        f"Reviews of what was held{more}",
        _COLUMNS[:wide],
        tuple(row[:wide] for row in rows),
        left=2,
        prose=(7, 8),
        yields=(*_COLUMNS[8:wide], "Factor", "Base"),
    )


def reviews_key(reviews: Sequence[Reviewed]) -> str:
    """What the columns mean, in sentences; and that an adviser did nothing."""
    adviser = any(each.mode == "advisory" for each in reviews)
    return _KEY + (" An advisory policy changed nothing: what followed is the voters' will alone." if adviser else "")


def _row(review: Reviewed) -> tuple[str, ...]:
    broke = review.advised is None
    return (
        moment(review.as_of_utc),
        review.symbol,
        f"{review.held:.0%}",
        f"{review.wanted:.0%}",
        f"{review.left:.0%}",
        DASH if review.base_left is None else f"{review.base_left:.0%}",
        ratio(review.advised),
        DASH if review.followed is None else review.followed.value,
        "the policy broke, and changed nothing" if broke else review.fallback or "",
    )
