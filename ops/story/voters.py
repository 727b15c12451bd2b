"""The voters of a run, from its journal alone: what each said, who could not, and what was taken from each.

A voter of the user's own is counted and never run: reading a journal executes no text that it holds.
"""

from agents.memory.outcomes import HORIZON_BARS
from agents.strategies.contexts import build_contexts
from agents.strategies.readiness import who_cannot_vote
from config.frozen import Frozen
from config.sections.strategies import OWN, names_of
from evidence.rulings.taken import ALL, Taken, TakenReport, taken_from
from ops.story.story import Story
from risk.proposal import Direction


class VoterFigures(Frozen):
    """Votes of one voter, each for one market at one bar. `cannot_vote`: why it could not at the first bar; empty if it could,
    or if it is the user's own.
    """

    purchase: int
    sale: int
    cannot_vote: str = ""


def voters_of(story: Story) -> dict[str, VoterFigures]:
    """What each voter said, by name; those that are switched off left out."""
    session, votes = story.session, story.tally.votes
    entries = session.settings.strategies
    built_in = tuple(
        entry.model_copy(update={"enabled": False}) if entry.strategy == OWN else entry for entry in entries
    )
    warmup = session.settings.market.warmup_bars
    why = who_cannot_vote(build_contexts(built_in, session.symbols), len(session.symbols), warmup, story.known_days)
    return {
        name: VoterFigures(
            purchase=votes[name, Direction.LONG],
            sale=votes[name, Direction.SHORT],
            cannot_vote=why.get(name, ""),
        )
        for name, entry in zip(names_of(entries), entries, strict=True)
        if entry.is_on
    }


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
