"""What the court, each breaker, each rule of the gate and the adjuster took from each voter in a run: from its journal alone."""

from agents.memory.outcomes import HORIZON_BARS
from evidence.rulings.taken import ALL, Taken, TakenReport, taken_from
from ops.story.story import Story


def taken_table(story: Story) -> TakenReport:
    """What was taken from each voter. The same story gives the same report."""
    return taken_from(
        story.throttled,
        story.columns.symbols,
        n_bars=len(story.columns.close_ms),
        horizon_bars=HORIZON_BARS,
        seed=story.session.settings.seed,
    )


def whole(report: TakenReport) -> tuple[Taken, ...]:
    """One row a throttle: all voters together, or the only one."""
    first: dict[str, Taken] = {}
    for row in report.rows:
        if row.voter == ALL or row.by not in first:
            first[row.by] = row
    return tuple(first.values())
