"""A whole trial, on a console and as JSON: the one form in which `ask`, `show` and `--watch` tell of it."""

import json
from typing import Any, Final, Literal

from rich.console import Console
from rich.text import Text

from agents.court.case import Case, lookup
from agents.court.hearing import Argued, Review
from agents.court.opinion import Evidence
from agents.llm.attempt import Role
from config.frozen import Frozen
from config.silence import Abstained
from ops.story.trials.trial import Trial
from ops.tables.plain import PURPOSES, moment, money, price, quantity, signed_money
from ops.tables.trial.held import what_stays
from ops.tables.trial.judged import bounds_of, gate_lines, order_lines, paid_lines, policy_lines, ruling_lines
from ops.tables.trial.paper import columns, heading, told
from ops.tables.trial.said import proposed_lines, shown_lines, title_of, word_lines
from ops.tables.trial.shadow import shadow_lines

REBUTTAL: Final = "rebuttal"
Spoken = Role | Literal["rebuttal"]


def show_trial(trial: Trial, console: Console) -> None:
    """Print it, as wide as the console is."""
    for line in trial_lines(trial, console.width):
        console.print(line, soft_wrap=True)


def trial_lines(trial: Trial, width: int) -> list[Text]:
    """A trial from its proposal to its order and its cost, none of its lines wider than `width` [columns]."""
    hearing = trial.hearing
    case = hearing.case
    lines = [*title_of(case, trial.source, width, traded=trial.traded), *proposed_lines(case, trial.unproposed, width)]
    if trial.latest_proposal_utc is not None:
        at = trial.latest_proposal_utc
        lines += told(f"It was last proposed at {moment(at)} UTC: `--at {at:%Y-%m-%dT%H:%M}` hears that case.", width)
    lines += [*shown_lines(case, width), *_at_once(trial, width)]
    struck = struck_of(hearing)
    for role, word in words_of(hearing):
        speaker = hearing.speaker("analyst" if role == REBUTTAL else role)
        lines += word_lines(case, role, word, struck.get(role, ()), width, speaker=speaker)
    lines += ruling_lines(hearing, width)
    if trial.shadow is not None:
        lines += shadow_lines(trial.shadow, trial.shadow_name, width)
    if isinstance(hearing, Review):
        lines += heading("POSITION", what_stays(hearing), width)
    else:
        lines += policy_lines(hearing.adjustment, width)
        lines += gate_lines(hearing, trial.quote, width)
        lines += order_lines(hearing.verdict, trial.quote, width, sent=trial.traded, costs=_costs(trial))
    lines += _followed(trial, width)
    budget = "" if trial.day_budget_usd is None else f"models may cost {trial.day_budget_usd} USD in a day"
    return [*lines, *paid_lines(trial.attempts, width, budget=budget)]


def _at_once(trial: Trial, width: int) -> list[Text]:
    """What was entered before the models had ruled; nothing where nothing was."""
    if trial.fast is None:
        return []
    verdict = trial.fast.verdict
    what = f"the gate refused it by {verdict.decided_by}"
    if verdict.order is not None:
        what = f"{verdict.order.side} {quantity(verdict.order.quantity)} {verdict.symbol} was sent"
    size, at = f"{trial.fast.ruling.scale:.0%} of the size", moment(verdict.as_of_utc)
    lines = heading(
        "AT ONCE", f"the rules mind let {size} be entered at {at} UTC, before the models had ruled: {what}", width
    )
    if trial.unruled:
        lines += told(f"Nothing followed from their ruling: {trial.unruled}. What is below is the rules mind's.", width)
    return lines


def trial_json(trial: Trial) -> str:
    """A trial as JSON: its values, the bounds of the ruling, and what the case says where a citation was struck out."""
    whole: dict[str, Any] = trial.model_dump(mode="json")
    hearing = trial.hearing
    for heard in (whole["hearing"], whole.get("fast")):
        if heard is not None and (order := heard.get("verdict", {}).get("order")):
            del order["seal"]
    whole["bounds"] = [{"role": role, "scale": scale} for role, scale in bounds_of(hearing)]
    whole["struck"] = [
        {"role": role, **item.model_dump(mode="json"), "case_says": _actual(hearing.case, item)}
        for role, items in struck_of(hearing).items()
        for item in items
    ]
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def words_of(hearing: Argued) -> tuple[tuple[Spoken, Frozen | Abstained], ...]:
    """What each role said, in the order in which they speak; with the analyst's answer to the attack, if one was asked for."""
    answer = hearing.rebuttal
    return (
        ("analyst", hearing.analyst),
        ("risk_agent", hearing.risk_agent),
        ("devils_advocate", hearing.advocate),
        *(() if answer is None else ((REBUTTAL, answer),)),
        ("supervisor", hearing.supervisor),
    )


def struck_of(hearing: Argued) -> dict[str, tuple[Evidence, ...]]:
    """The evidence that was struck out, by role."""
    return {struck.role: struck.evidence for struck in hearing.struck}


def _actual(case: Case, item: Evidence) -> object:
    try:
        return lookup(case, item.field)
    except KeyError:
        return None


def _costs(trial: Trial) -> list[str]:
    said = []
    if trial.costs is not None:
        made, quote = trial.costs, trial.quote
        said.append(
            f"costs {money(made.entry_fee)} {quote} of fee and {money(made.entry_spread)} of spread to enter, "
            f"{money(made.round_trip)} for the round trip (as the profile declares)"
        )
    if trial.asks_above is not None:
        said.append(f"a human would be asked first: it is above {money(trial.asks_above)} {trial.quote}")
    if trial.approval is not None:
        verb = "approved" if trial.approval.approved else "refused"
        said.append(f"{verb} by {trial.approval.who}: {trial.approval.why}")
    return said


def _followed(trial: Trial, width: int) -> list[Text]:
    """What came of it in its run: its fills, and how a purchase of it ended."""
    lines = []
    if trial.fills:
        pnl = "" if trial.pnl is None else f"{signed_money(trial.pnl)} {trial.quote} after fees"
        sold = isinstance(trial.hearing, Review)
        lines += heading("SOLD" if sold else "TRADE", pnl or ("" if sold else "still open"), width)
        rows = [
            (
                PURPOSES.get(fill.purpose, fill.purpose),
                moment(fill.at_utc),
                quantity(fill.quantity),
                price(fill.price),
                f"fee {money(fill.fee)}",
            )
            for fill in trial.fills
        ]
        lines += columns(rows, width, left=2)
    if trial.outcome is not None:
        lines += heading("OUTCOME", _outcome(trial), width)
    return lines


def _outcome(trial: Trial) -> str:
    found = trial.outcome
    assert found is not None
    end = {1: "its target", -1: "its stop", 0: "the end of its time"}[found.label]
    return f"a purchase of this case made {found.return_bps:+.0f} bps after fees, and ended at {end}"
