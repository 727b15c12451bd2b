"""One decision with its trial, read out of the journal between its first event and its record: no more than that is read."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from agents.court.reserved.dockets import FAST
from agents.records.events import read_events
from agents.records.registry import Recorded
from execution.journal.chain import head_at
from execution.reports import Fill
from ops.live.following.window import Window
from ops.live.state.fold import Fold
from ops.story.executions import together
from ops.story.parts.booking import quote_currency
from ops.story.trials.finding import heard_in, shadow_name
from ops.story.trials.trial import Trial, TrialFill


def trial_of(window: Window, journal: Path, key: bytes, decision_id: str) -> Trial | None:
    """The trial of a decision of the index; None for one that is not in it, or not in the journal yet. Raises JournalFault."""
    with window.fold() as fold:
        place = None if fold is None else fold.decisions.events_of(decision_id)
    if fold is None or place is None:
        return None
    shadowed = fold.session.shadow is not None
    found = heard_in(_between(journal, key, *place), decision_id, shadowed=shadowed)
    if found is None:
        return None
    settings = fold.session.settings
    with window.fold():
        known = fold.decisions.one(decision_id)
        outcome, fills = fold.decisions.outcome_of(decision_id), _fills_of(fold, decision_id)
    return Trial(
        source=f"{window.run}, {fold.session.source}",
        quote=quote_currency(fold.session),
        hearing=found.hearing,
        fast=found.fast,
        unruled=found.unruled,
        traded=True,
        attempts=found.attempts,
        approval=found.approval,
        shadow=found.shadow,
        shadow_name=shadow_name(fold.session),
        fills=fills,
        pnl=None if known is None else known.pnl,
        outcome=outcome,
        day_budget_usd=settings.minds.budget.day_usd if settings.court.mind == "models" else None,
    )


def _between(journal: Path, key: bytes, first: int, last: int) -> Iterator[Recorded]:
    """The events from one number to another, verified against the one before them."""
    before = head_at(journal, first - 1)
    if before is None:
        return iter(())
    return takewhile(lambda recorded: recorded.seq <= last, read_events(journal, key, after=before))


def _fills_of(fold: Fold, decision_id: str) -> tuple[TrialFill, ...]:
    """The fills of the trade that a decision opened, or of its own orders while that is open, an order each; as `show` counts."""
    by_order: dict[str, list[Fill]] = {}
    for opened, fill in fold.fills:
        own = fill.decision_id.removesuffix(FAST) == decision_id
        of_trade = opened == decision_id if fold.decisions.has_closed(opened) else own
        if of_trade or (own and fill.purpose == "entry"):
            by_order.setdefault(fill.order_id, []).append(fill)
    return tuple(
        TrialFill(
            order_id=each.order_id,
            purpose=each.purpose,
            quantity=each.quantity,
            price=each.price,
            fee=each.fee,
            at_utc=each.at_utc,
        )
        for each in (together(fills, None) for fills in by_order.values())
    )
