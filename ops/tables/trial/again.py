"""One decision that was recomputed, for a person or a script to read."""

from rich.console import Console

from ops.story.trials.again import DecidedAgain, GateWord, JudgedAgain
from ops.tables.grid import boxed
from ops.tables.plain import money, percent
from ops.tables.replayed import how_compared
from ops.tables.trial.paper import figure
from risk.verdict import RuleReport

NOT_FOLLOWED = (
    "The case, the ruling, the policy's word, the prices and the book are those of then. What another order would have led to is "
    "not followed, and nothing is written."
)


def decided_lines(told: DecidedAgain) -> list[str]:
    """What was recomputed, and whether it is the same."""
    if told.deviation is not None:
        off = told.deviation
        where = f"event {off.event} ({off.kind})" if off.event else f"after its last event, a new {off.kind}"
        of = f" of decision {off.decision_id}" if off.decision_id else ""
        return [f"{told.decision_id}: different. The first difference is at {where}{of}.", *off.lines]
    lines = [
        f"{told.decision_id}: identical. It and what it follows from were recomputed: {told.bars:,} bars, {told.events:,} "
        f"events, {how_compared(told.by_value)}."
    ]
    if told.policy_not_recomputed is not None:
        lines.append(
            f"The answers of the policy {told.policy_not_recomputed} were taken from the journal: its model was not found."
        )
    return lines


def asked_line(told: DecidedAgain) -> str:
    """The limits that were asked about."""
    changed = ", ".join(f"{each.name} {each.asked} instead of {each.then}" for each in told.limits)
    return f"Under other limits ({changed})" if changed else "Under the same limits"


def show_decided(told: DecidedAgain, console: Console, *, asks: bool) -> None:
    """Print it. `asks`: other limits were asked about."""
    for line in decided_lines(told):
        console.print(line, markup=False, highlight=False)
    if not asks or told.deviation is not None:
        return
    console.print(f"\nWHAT WOULD HAVE BEEN. {asked_line(told)}:", markup=False, highlight=False)
    if not told.judged:
        console.print("  No gate has judged this decision: a review of what is held goes to none.")
    for judged in told.judged:
        what = "the part that was entered at once" if judged.at_once else "the gate"
        for line in (
            f"  {what} then: {said(judged.then, told.quote)}",
            f"  under these: {said(judged.asked, told.quote)}",
        ):
            console.print(line, markup=False, highlight=False)
        if judged.rules:
            table = boxed("Rules that report otherwise", ("<rule", "then", "under these"))
            for row in rule_rows(judged):
                table.add_row(*row)
            console.print(table)
    console.print(NOT_FOLLOWED, markup=False, highlight=False)


def said(word: GateWord, quote: str) -> str:
    """The gate's word in a few words: `signed 1,200.00 USDT, sized by position`."""
    if word.outcome == "signed":
        return f"signed {money(word.notional)} {quote}, sized by {word.rule}"
    return f"refused by {word.rule}"


def rule_rows(judged: JudgedAgain) -> list[tuple[str, str, str]]:
    """The rules that report otherwise: name, report of then, report under the other limits."""
    return [(each.asked.code, _reported(each.then), _reported(each.asked)) for each in judged.rules]


def _reported(report: RuleReport | None) -> str:
    if report is None:
        return "-"
    parts = [str(report.reaction).replace("_", " ")]
    if report.number is not None:
        measured = percent if report.unit == "of equity" else figure
        limit = "" if report.limit is None else f" of {measured(report.limit)}"
        parts.append(f"{measured(report.number)}{limit}")
    if report.notional_cap is not None:
        parts.append(f"leaves {money(report.notional_cap)}")
    if report.note:
        parts.append(report.note)
    return ", ".join(parts)
