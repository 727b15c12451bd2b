"""What a replay found, for a person or a script to read."""

import difflib
import json
import sys
from collections.abc import Mapping
from typing import NamedTuple

from agents.recorded.rerun import Difference
from agents.records.record import Policy
from execution.journal.anchors.marks import Agreement
from ops.tables.grid import boxed, open_console
from risk.proposal import Proposal
from risk.verdict import Outcome, Verdict

_MOST_LINES = 60


class WhatIf(NamedTuple):
    """One proposal, what the gate said, and what it says under other limits, on the same book."""

    proposal: Proposal
    actual: Verdict
    other: Verdict


class Counted(NamedTuple):
    """What was recomputed: bars and events; by kind and version, how many of these were compared by value and not by byte, and
    which of their fields were not compared, since a rule has changed. `not_asked`: the policy whose model was not at hand, so
    that its answers were taken from the journal; None if there is none."""

    bars: int
    events: int
    by_value: Mapping[str, int]
    left_out: Mapping[str, tuple[str, ...]]
    not_asked: Policy | None = None
    anchored: Agreement | None = None
    """How far the journal agrees with its anchors; None without any."""


def show_identical(run: str, counted: Counted, *, ended: bool, as_json: bool) -> None:
    """Say that everything came out the same."""
    bars, events, by_value, left_out, not_asked, anchored = counted
    if as_json:
        found = {"run": run, "identical": True, "bars": bars, "events": events, "ended": ended}
        older = {"by_value": dict(by_value), "left_out": dict(left_out)} if by_value else {}
        missing = {"policy_not_recomputed": {"name": not_asked.name, "sha256": not_asked.sha256}} if not_asked else {}
        kept = {"anchored": anchored.part()} if anchored else {}
        sys.stdout.write(json.dumps(found | older | missing | kept) + "\n")
        return
    sys.stdout.write(f"{run}: identical. {bars:,} bars and {events:,} events recomputed, {how_compared(by_value)}.\n")
    for kind, paths in left_out.items():
        sys.stdout.write(f"Of {_in_words(kind)} not compared, since a rule has changed: {', '.join(paths)}.\n")
    if not_asked is not None:
        sys.stdout.write(
            f"The answers of the policy {not_asked.name} were taken from the journal and not recomputed: its model, with the "
            f"hash {not_asked.sha256}, was not found. Give its folder with --policy.\n"
        )
    if anchored is not None:
        sys.stdout.write(f"{anchored.words()}\n")
    if not ended:
        sys.stdout.write(
            "The journal has no closing event: the run was killed, or its end was cut off. "
            "`tribunal run --resume RUN`, with its original options, resumes it.\n"
        )


def how_compared(by_value: Mapping[str, int]) -> str:
    """How events were compared: to the byte, but for what an older version wrote."""
    if not by_value:
        return "every byte the same"
    older = ", ".join(f"{number:,} of {_in_words(kind)}" for kind, number in by_value.items())
    return f"every byte the same but those of older versions, of which every value is the same ({older})"


def _in_words(kind: str) -> str:
    name, _, number = kind.partition("@")
    return f"{name} version {number or 1}"


def show_difference(run: str, difference: Difference) -> None:
    """Show the first event that came out otherwise, as a diff of its fields."""
    recorded, decision = difference.recorded, decision_of(difference)
    where = (
        f"event {recorded.seq} ({recorded.row.kind})"
        if recorded
        else f"after its last event, a new {difference.event.event_kind}"
    )
    sys.stdout.write(f"{run}: different at {where}{f' of decision {decision}' if decision else ''}.\n")
    for line in difference_lines(difference):
        sys.stdout.write(line + "\n")


def decision_of(difference: Difference) -> str | None:
    """The decision that the differing event names, if it names one."""
    recorded = difference.recorded
    named = json.loads(recorded.payload if recorded else difference.event.canonical()).get("decision_id")
    return None if named is None else str(named)


def difference_lines(difference: Difference) -> list[str]:
    """The fields of the differing event, recorded and recomputed; no more than 60 lines of them."""
    recorded = difference.recorded
    before = _lines(recorded.payload) if recorded else []
    now = _lines(difference.event.canonical())
    lines = list(difflib.unified_diff(before, now, "recorded", "recomputed", lineterm="", n=2))
    more = len(lines) - _MOST_LINES
    return lines if more <= 0 else [*lines[:_MOST_LINES], f"... and {more} more lines"]


def show_what_if(found: list[WhatIf], *, as_json: bool) -> None:
    """Tabulate what other limits would have changed."""
    changed = [item for item in found if _said(item.actual)[:2] != _said(item.other)[:2]]
    if as_json:
        sys.stdout.write(json.dumps({"proposals": len(found), "changed": [_row(item) for item in changed]}) + "\n")
        return
    sys.stdout.write(
        f"{len(found)} proposals reached the gate; these limits change its word on {len(changed)}. "
        "Each is judged on the book as it was then: what a changed trade would have led to is not followed.\n"
    )
    if not changed:
        return
    columns = ("decision", "<then", ">its notional", "<its rule", "<under these", ">notional", "<rule")
    table = boxed("The gate under other limits", columns, yields=("its rule", "its notional"))
    for item in changed:
        table.add_row(item.proposal.decision_id, *_said(item.actual), *_said(item.other))
    open_console(sys.stdout).print(table)


def _said(verdict: Verdict) -> tuple[str, str, str]:
    amount = f"{verdict.notional:,.2f}" if verdict.outcome is Outcome.SIGNED else "-"
    return str(verdict.outcome), amount, verdict.binding_rule


def _row(item: WhatIf) -> dict[str, object]:
    return {"decision": item.proposal.decision_id, "actual": _said(item.actual), "other": _said(item.other)}


def _lines(payload: bytes) -> list[str]:
    return json.dumps(json.loads(payload), indent=1, ensure_ascii=False).splitlines()
