"""A position under review: why it is heard again, how it stands, the thesis that opened it, and what its review came to."""

from rich.text import Text

from agents.court.hearing import Review
from agents.court.thesis import ReviewView
from ops.tables.plain import count, moment, percent, signed_percent
from ops.tables.trial.paper import heading, told


def held_lines(view: ReviewView, width: int) -> list[Text]:
    """What is reviewed: in place of a proposal."""
    thesis = view.thesis
    lines = heading("REVIEW", f"of a position that is held, because {view.told}", width)
    stop = "no stop" if view.to_stop is None else f"its stop {percent(view.to_stop)} below the last price"
    lines += told(
        f"{signed_percent(view.profit)} before fees since {count(view.age_bars, 'bar')}, {stop}; "
        f"{view.left:.0%} of what was bought is left",
        width,
    )
    lines += told(
        f"{moment(thesis.opened_utc)} UTC, decision {thesis.decision_id}, {thesis.ruled:.0%} of the size: {thesis.why}",
        width,
        mark="opened  ",
    )
    lines += told(thesis.argued, width, mark="argued  ")
    return [*lines, *told(thesis.attacked, width, mark="against ")]


def what_stays(review: Review) -> str:
    """What a review came to, in one line."""
    scale = review.ruling.scale
    if review.sold:
        return "closed: all of it is sold" if scale <= 0.0 else f"shrunk: {scale:.0%} of what was bought stays"
    view = review.case.review
    left = 1.0 if view is None else view.left
    if scale < left:
        return f"kept: {scale:.0%} of what was bought may stay, {left:.0%} is left; nothing was sold"
    may = "" if scale == left else f", and {scale:.0%} may stay"
    return f"kept: {left:.0%} of what was bought is left{may}"
