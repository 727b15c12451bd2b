"""What the decisions of the index were worth: the purchases that were let pass, beside those that court and gate have stopped.

Each purchase is measured alike, bought or not: from the next open to its stop, its first target or its longest time, after the
fees of both sides (`agents.memory.outcomes`). A group that was stopped and would have lost was stopped rightly.
"""

import math
from collections.abc import Iterable, Sequence

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


class Beside(Frozen):
    """The court and its shadow on the same proposals. `mean_bps`: what the shadow would have left of a trade more than the court,
    times what the trade made after fees [bps of the gate's size]; above 0 where the shadow ruled better."""

    cases: int = Field(description="proposals that both have ruled on")
    alike: int = Field(description="of them, those of which both left the same size")
    known: int = Field(description="of them, those whose outcome is known")
    mean_bps: float | None = Field(description="mean difference of a case [bps]; null without one")
    low_bps: float | None = Field(description="lower end of its 95 % interval, as if cases were independent [bps]")
    high_bps: float | None = Field(description="upper end [bps]")


def beside_of(decisions: Iterable[Decision]) -> Beside | None:
    """The court beside its shadow; None where no shadow has ruled."""
    both = [(each, each.shadow) for each in decisions if each.shadow is not None and each.direction != "none"]
    if not both:
        return None
    taken = [(shadow - each.scale) * each.outcome_bps for each, shadow in both if each.outcome_bps is not None]
    mean, low, high = _interval(taken)
    return Beside(
        cases=len(both),
        alike=sum(each.scale == shadow for each, shadow in both),
        known=len(taken),
        mean_bps=mean,
        low_bps=low,
        high_bps=high,
    )


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
    mean, low, high = _interval(returns)
    return Group(
        fate=fate,
        cases=len(members),
        known=len(returns),
        targets=sum(each.outcome == "target" for each in members),
        stops=sum(each.outcome == "stop" for each in members),
        mean_bps=mean,
        low_bps=low,
        high_bps=high,
    )


def _interval(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Their mean with its 95 % interval, as if they were independent; None for what cannot be said."""
    n = len(values)
    if not n:
        return None, None, None
    mean = sum(values) / n
    if n == 1:
        return mean, None, None
    half = _Z_95 * math.sqrt(sum((each - mean) ** 2 for each in values) / (n - 1) / n)
    return mean, mean - half, mean + half
