"""One decision of a run: found by its name, by the beginning of it, or by market and time; and read with all that followed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from agents.approval.petition import Approval
from agents.court.hearing import Hearing, Review
from agents.court.reserved.dockets import FAST
from agents.llm.attempt import Attempt
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session
from agents.records.registry import Recorded
from agents.shadow.heard import ShadowHeard, ShadowWord
from config.errors import UsageFault
from market.symbols import normalise_symbol
from ops.story.executions import by_decision, executions
from ops.story.story import Story
from ops.story.summary import quote_of
from ops.story.trials.trial import Trial, TrialFill

LAST = "last"
_LISTED = 12


class Named(NamedTuple):
    """What tells one decision of a run from the others."""

    decision_id: str
    symbol: str
    as_of_utc: datetime


def decisions_of(story: Story) -> tuple[Named, ...]:
    """All decisions of a run on purchases, and its latest reviews of what it held, oldest first."""
    found = [Named(each.decision_id, each.symbol, each.as_of_utc) for each in story.court_reviews]
    found += [Named(each.decision_id, each.symbol, each.as_of_utc) for each in story.cases.heard]
    return tuple(sorted(found, key=lambda each: each.as_of_utc))


def decision_named(typed: str, cases: Sequence[Named], run: str) -> str:
    """The decision that was meant. Raises UsageFault where there is none, or more than one, with those that are near.

    `typed`: a decision_id or the beginning of one, SYMBOL@TIME (UTC; also a day, or an hour), or `last`.
    """
    if not cases:
        raise UsageFault(
            f"No case was heard in {run}, so there is no decision to show. `tribunal show {run}` shows the rest."
        )
    if typed == LAST:
        return cases[-1].decision_id
    found = _meant(typed, cases)
    if len(found) == 1:
        return found[0].decision_id
    if found:
        names = [each.decision_id for each in found]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        raise UsageFault(
            f"{typed!r} may be any of {len(names)} decisions of {run}: {', '.join(names[:_LISTED])}{more}. Nothing was shown; "
            "write more of the one that is meant."
        )
    raise UsageFault(f"{run} has no decision {typed!r}. Nothing was shown. The nearest is {_nearest(typed, cases)}.")


def trial_in(folder: Path, key: bytes, story: Story, decision_id: str) -> Trial:
    """The trial of a decision that the story names. Raises JournalFault for a journal that cannot be trusted."""
    _, _, events = open_run(folder, key)
    found = heard_in(events, decision_id, shadowed=story.session.shadow is not None)
    if found is None:
        raise UsageFault(f"{folder} no longer holds the decision {decision_id}: its journal has changed meanwhile.")
    hearing = found.hearing
    all_done = executions(story)
    if isinstance(hearing, Review):
        done = tuple(each for each in all_done if each.decision_id == decision_id)
    else:
        done = by_decision(all_done).get(decision_id, ())
    fills = tuple(
        TrialFill(
            order_id=each.order_id,
            purpose=each.purpose,
            quantity=each.quantity,
            price=each.price,
            fee=each.fee,
            at_utc=each.at_utc,
        )
        for each in done
    )
    settings = story.session.settings
    return Trial(
        source=f"{story.run}, {story.session.source}",
        quote=quote_of(story),
        hearing=hearing,
        fast=found.fast,
        unruled=found.unruled,
        traded=True,
        attempts=found.attempts,
        approval=found.approval,
        shadow=found.shadow,
        shadow_name=shadow_name(story.session),
        fills=fills,
        pnl=next((each.trip.trade.pnl for each in done if each.trip is not None), None),
        outcome=story.cases.outcomes.get(decision_id),
        day_budget_usd=settings.minds.budget.day_usd if settings.court.mind == "models" else None,
    )


class Heard(NamedTuple):
    """A hearing, with what models were asked for it, what a human answered, what was entered at once, and, where that is all of
    it, why."""

    hearing: Hearing | Review
    attempts: tuple[Attempt, ...]
    approval: Approval | None
    fast: Hearing | None = None
    unruled: str = ""
    shadow: ShadowWord | None = None


def heard_in(events: Iterable[Recorded], decision_id: str, *, shadowed: bool = False) -> Heard | None:
    """What these events tell of a decision, up to its record, or, where a shadow court sat (`shadowed`), up to its word; None
    where they do not hold it. Raises JournalFault."""
    attempts: list[Attempt] = []
    approval, fast, why = None, None, "the session ended before they had ruled"
    aside: ShadowWord | None = None
    told: Heard | None = None
    both = (decision_id, f"{decision_id}{FAST}")
    for found in events:
        event = found.event
        if isinstance(event, Attempt | Approval) and event.decision_id in both:
            if isinstance(event, Attempt):
                attempts.append(event)
            else:
                approval = event
        elif isinstance(event, ShadowHeard):
            aside = next((word for word in event.words if word.decision_id == decision_id), aside)
            if told is not None and aside is not None:
                return told._replace(shadow=aside)
        elif isinstance(event, CycleRecord):
            fast = next((each for each in event.fast if each.case.decision_id == both[1]), fast)
            why = next((gone.why for gone in event.dropped if gone.decision_id == decision_id), why)
            tried: tuple[Hearing | Review, ...] = (*event.reviews, *event.hearings)
            for hearing in tried:
                if hearing.case.decision_id == decision_id:
                    told = Heard(hearing, tuple(attempts), approval, fast, shadow=aside)
            if told is not None and (aside is not None or not shadowed):
                return told
    if told is not None:
        return told
    if fast is not None:
        case = fast.case.model_copy(update={"decision_id": decision_id})
        return Heard(fast.model_copy(update={"case": case}), tuple(attempts), approval, fast, why, aside)
    return None


def shadow_name(session: Session) -> str:
    """The name of the shadow court of a session; empty without one."""
    return "" if session.shadow is None else session.shadow.name


def _meant(typed: str, cases: Sequence[Named]) -> list[Named]:
    symbol, sign, time = typed.partition("@")
    if sign:
        asked = _as_written(time)
        return [each for each in cases if asked and _is_of(each, symbol) and _close(each).startswith(asked)]
    whole = [each for each in cases if each.decision_id == typed]
    begun = [each for each in cases if each.decision_id.lower().startswith(typed.lower())]
    return whole or begun or [each for each in cases if _is_of(each, typed)]


def _is_of(each: Named, symbol: str) -> bool:
    return each.symbol == (normalise_symbol(symbol) or symbol) or each.symbol.partition("/")[0] == symbol.upper()


def _as_written(time: str) -> str:
    """The beginning of a moment as `_close` writes it."""
    return time.strip().replace(" ", "T").removesuffix("Z").removesuffix("+00:00")


def _close(each: Named) -> str:
    return f"{each.as_of_utc:%Y-%m-%dT%H:%M:%S}"


def _nearest(typed: str, cases: Sequence[Named]) -> str:
    """The next decision of that market, or its last one; without a time the one whose name is most like it."""
    symbol, sign, time = typed.partition("@")
    named, asked = [each for each in cases if _is_of(each, symbol)], _as_written(time)
    if sign and named:
        return next((each.decision_id for each in named if _close(each) >= asked), named[-1].decision_id)
    names = [each.decision_id for each in named or cases]
    return next(iter(get_close_matches(typed, names, n=1, cutoff=0.3)), names[-1])
