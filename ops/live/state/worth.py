"""What the decisions of the index were worth: the purchases that were let pass, beside those that court and gate have stopped.

Each purchase is measured alike, bought or not: from the next open to its stop, its first target or its longest time, after the
fees of both sides (`agents.memory.outcomes`). A group that was stopped and would have lost was stopped rightly.
"""

import math
from collections.abc import Iterable

from pydantic import Field

from config.frozen import Frozen
from ops.live.state.decisions import Decision

_Z_95 = 1.959963984540054


class Group(Frozen):
    """Purchases that had the same fate."""

    fate: str = Field(description="what became of them")
    cases: int = Field(description="how many there were")
    known: int = Field(description="of them, those whose outcome is known")
    targets: int = Field(description="of them, those that met their target first")
    stops: int = Field(description="of them, those that met their stop first")
    mean_bps: float | None = Field(description="mean return of a purchase after fees [bps]; null without one")
    low_bps: float | None = Field(description="lower end of its 95 % interval, as if cases were independent [bps]")
    high_bps: float | None = Field(description="upper end [bps]")


def worth_of(decisions: Iterable[Decision]) -> tuple[Group, ...]:
    """The groups of all proposals to buy, the largest first."""
    groups: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.kind == "proposal" and decision.direction != "none":
            groups.setdefault(_fate(decision), []).append(decision)
    made = [_group(fate, members) for fate, members in groups.items()]
    return tuple(sorted(made, key=lambda group: (-group.cases, group.fate)))


def _fate(decision: Decision) -> str:
    if decision.verdict == "signed":
        return "bought whole" if decision.ruling == "approved" else "bought smaller"
    if decision.ruling == "rejected":
        return "rejected by the court"
    return f"refused by the gate: {decision.rule}"


def _group(fate: str, members: list[Decision]) -> Group:
    returns = [each.outcome_bps for each in members if each.outcome_bps is not None]
    n = len(returns)
    mean = sum(returns) / n if n else None
    half = None
    if mean is not None and n > 1:
        half = _Z_95 * math.sqrt(sum((each - mean) ** 2 for each in returns) / (n - 1) / n)
    return Group(
        fate=fate,
        cases=len(members),
        known=n,
        targets=sum(each.outcome == "target" for each in members),
        stops=sum(each.outcome == "stop" for each in members),
        mean_bps=mean,
        low_bps=None if mean is None or half is None else mean - half,
        high_bps=None if mean is None or half is None else mean + half,
    )
