"""One decision is recomputed. It follows from all bars before it, so they are recomputed too, and nothing after it is.

The same gate may be asked again under other limits: the case, the ruling, the policy's word, the prices and the book are those of
then. What another order would have led to is not followed, and nothing is written.
"""

from collections.abc import Callable
from pathlib import Path

from agents.court.reserved.dockets import FAST
from agents.recorded.rerun import Difference, RecordedRun
from agents.records.reading import open_run
from agents.records.record import CycleRecord, Session
from config.sections.limits import RiskLimits
from ops.recomputing.session import TAKEN, Enough, adjuster_of, judged_too, recomputed
from ops.story.story import read_story
from ops.story.summary import quote_of
from ops.story.trials.again import DecidedAgain, Deviation, GateWord, JudgedAgain, LimitChange, RuleChange
from ops.story.trials.finding import decision_named, decisions_of
from ops.tables.replayed import WhatIf, decision_of, difference_lines
from risk.verdict import Verdict


def decision_again(
    folder: Path,
    key: bytes,
    typed: str,
    limits_of: Callable[[Session], RiskLimits | None],
    policy: str | None,
    *,
    quiet: bool,
) -> DecidedAgain:
    """Recompute the decision that `typed` names (see `ops.story.trials.finding`). `limits_of` gives the other limits of a
    session; None for none. Raises UsageFault for a decision that is not there and limits that cannot be read, JournalFault."""
    story = read_story(folder, key)
    decisions = decisions_of(story)
    wanted = decision_named(typed, decisions, str(folder))
    named = next(each for each in decisions if each.decision_id == wanted)
    session, warmup, events = open_run(folder, key)
    limits = limits_of(session)
    run, found = RecordedRun(events), list[WhatIf]()
    around = None if limits is None else judged_too(limits, session, key, found.append)
    adjuster, is_computed = adjuster_of(session, run, folder, policy)
    through = int((story.columns.close_ms <= named.as_of_utc.timestamp() * 1000).sum())

    def seen(record: CycleRecord) -> None:
        if any(each.case.decision_id == wanted for each in (*record.hearings, *record.reviews)):
            raise Enough

    result = recomputed(session, warmup, run, key, adjuster, around=around, seen=seen, bars=through, quiet=quiet)
    both = (wanted, f"{wanted}{FAST}")
    return DecidedAgain(
        run=folder.resolve().name,
        decision_id=wanted,
        symbol=named.symbol,
        as_of_utc=named.as_of_utc,
        quote=quote_of(story),
        identical=result.difference is None,
        bars=result.bars,
        events=run.compared + TAKEN,
        by_value=dict(run.by_value),
        policy_not_recomputed=None if is_computed or session.policy is None else session.policy.name,
        deviation=None if result.difference is None else _deviation(result.difference),
        limits=() if limits is None else _changes(session.settings.limits, limits),
        judged=tuple(_judged(each) for each in found if each.proposal.decision_id in both),
    )


def _deviation(difference: Difference) -> Deviation:
    recorded = difference.recorded
    return Deviation(
        event=None if recorded is None else recorded.seq,
        kind=difference.event.event_kind if recorded is None else recorded.row.kind,
        decision_id=decision_of(difference),
        lines=tuple(difference_lines(difference)),
    )


def _changes(then: RiskLimits, asked: RiskLimits) -> tuple[LimitChange, ...]:
    before, after = then.model_dump(mode="json"), asked.model_dump(mode="json")
    return tuple(
        LimitChange(name=name, then=_told(before[name]), asked=_told(after[name]))
        for name in before
        if before[name] != after[name]
    )


def _told(value: object) -> str:
    return "none" if value is None else str(value)


def _judged(found: WhatIf) -> JudgedAgain:
    return JudgedAgain(
        at_once=found.proposal.decision_id.endswith(FAST),
        then=GateWord.of(found.actual),
        asked=GateWord.of(found.other),
        rules=_rules(found.actual, found.other),
    )


def _rules(then: Verdict, asked: Verdict) -> tuple[RuleChange, ...]:
    """The rules that report otherwise, in the gate's order; a verdict has each of them once. Those that the gate did not come to
    under the other limits have nothing to report."""
    before = {report.code: report for report in then.rules}
    return tuple(
        RuleChange(then=before.get(report.code), asked=report)
        for report in asked.rules
        if before.get(report.code) != report
    )
