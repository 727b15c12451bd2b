"""The models as a table and in sentences: who can sit; who spoke how often, requests, cost, and each outage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from agents.llm.attempt import ROLES
from agents.llm.preflight import Seat
from config.sections.minds import BudgetSettings, Reply
from ops.story.models import NOT_MODELS, BarFigures, ModelFigures, SpeakerFigures, failures
from ops.story.spells import Spell
from ops.tables.grid import boxed
from ops.tables.plain import DASH, count, listed, moment, percent

if TYPE_CHECKING:
    from ops.story.summary import Summary

_COLUMNS = ("<Model", ">Words", ">Attempts", "Failures", ">Tokens in/out", ">USD", ">ms p50/p95")


def models_table(figures: ModelFigures, budget: BudgetSettings) -> Group | str:
    """Return the table; below it who spoke instead and why, and one sentence for each outage."""
    if not figures.words:
        return asked_ahead(figures) or "Models were available, but they were not called."
    table = boxed("Models", _COLUMNS, yields=("ms p50/p95", "Tokens in/out"))
    for speaker in figures.speakers:
        table.add_row(*_row(speaker))
    said, ahead = spoke_instead(figures), asked_ahead(figures)
    own = [f"{each.speaker} {percent(each.cache_share)}" for each in figures.speakers if each.from_cache]
    theirs = [
        f"{each.speaker} {percent(each.cached_input_tokens / each.input_tokens)}"
        for each in figures.speakers
        if each.cached_input_tokens
    ]
    lines = (
        f"Cost: {usd(figures.cost_usd)} USD for {figures.requests:,} requests, of a day's budget of {budget.day_usd} USD.",
        *([a_bar(figures.per_bar)] if figures.per_bar else []),
        f"Words of other speakers: {said}." if said else "Every word came from a model.",
        *([ahead] if ahead else []),
        *([f"Answers from our own cache: {', '.join(own)}."] if own else []),
        *([f"Input tokens from the providers' caches: {', '.join(theirs)}."] if theirs else []),
        *outages(figures, budget),
    )
    return Group(table, *lines) if figures.speakers else Group(*lines[1:])


_SEATS = ("<Model", "<Seat", "<Key", "<JSON by", ">USD a million", ">Longest", ">s")
_ASKED: dict[Reply, str] = {"json_schema": "schema", "json_object": "object", "fenced": "words"}


def seats_table(seats: Sequence[Seat]) -> Group:
    """Return who can sit, one model a row; below it a line for each that cannot, and for what its server refuses.

    "JSON by" is how the model was asked for JSON: with the schema, for JSON alone, or in words. "USD a million" is the price
    of tokens in and out, "Longest" the most tokens of one answer, "s" the time of the one question.
    """
    table = boxed("Models that can sit", _SEATS, yields=("Longest", "s"))
    for seat in seats:
        table.add_row(*_seat(seat))
    lines = [
        *(f"{seat.provider}: {seat.why}." for seat in seats if seat.why),
        *(
            f"{seat.provider} refuses {', '.join(seat.refused)}; it is not sent again."
            for seat in seats
            if seat.refused
        ),
    ]
    return Group(table, *map(Text, lines))


def _seat(seat: Seat) -> tuple[str, ...]:
    thinks = f"{seat.effort} " if seat.effort is not None else ""
    return (
        f"{seat.provider}/\n{seat.model}",
        {"sits": "yes", "silent": "silent", "barred": "no"}[seat.state],
        seat.key,
        DASH if seat.reply is None else _ASKED[seat.reply],
        {"free": "free", "unknown": "unknown"}.get(
            seat.price, f"{float(seat.input_usd):.4g}/{float(seat.output_usd):.4g}"
        ),
        f"{thinks}{seat.max_tokens:,}",
        DASH if seat.latency_s is None else f"{seat.latency_s:.1f}",
    )


def _row(speaker: SpeakerFigures) -> tuple[str, ...]:
    latency = DASH if speaker.latency_p50_ms is None else f"{speaker.latency_p50_ms:,}/{speaker.latency_p95_ms:,}"
    return (
        speaker.speaker.replace("/", "/\n", 1),
        f"{speaker.words:,}",
        f"{sum(speaker.attempts.values()):,}",
        outcome_counts(failures(speaker.attempts)) or "none",
        f"{speaker.input_tokens:,}/{speaker.output_tokens:,}",
        usd(speaker.cost_usd),
        latency,
    )


SENTENCES_SHOWN = 8


_INSTEAD = {"rules": "the rules mind", "nobody": "nobody"}


def minds_line(summary: "Summary") -> str:
    """Return who sat, short enough for a cell."""
    if summary.models is None:
        return ", ".join(f"{name} {said}" for name, said in summary.minds.items())
    if not summary.models.words:
        return "models, not called"
    by_models = sum(said for name, said in summary.models.words.items() if name not in NOT_MODELS)
    others = "".join(f", {name} {summary.models.words[name]:,}" for name in NOT_MODELS if name in summary.models.words)
    return f"models {by_models:,}{others}"


def usd(amount: Decimal) -> str:
    """Return US dollars: exact to a hundredth of a cent, and a positive amount is never shown as zero."""
    shown = f"{amount:,.4f}"
    return f"{amount.normalize():f}" if amount and not float(shown.replace(",", "")) else shown


def a_bar(figures: BarFigures) -> str:
    """Return what models cost at a bar, and how many bars cost nothing."""
    quiet = (
        f"; at {figures.quiet_bars:,} of {count(figures.bars, 'bar')} nobody was asked, and they cost nothing"
        if figures.quiet_bars
        else ""
    )
    return (
        f"A bar on average: {figures.requests:,.2f} requests, {figures.input_tokens:,.0f} tokens in and "
        f"{figures.output_tokens:,.0f} out, {usd(figures.cost_usd)} USD{quiet}."
    )


def spoke_instead(figures: ModelFigures) -> str:
    """Return why opinions did not come from a model; empty if all did."""
    parts = (
        f"{name} {sum(why.values()):,} ({', '.join(f'{reason} {number:,}' for reason, number in why.items())})"
        for name, why in figures.instead.items()
    )
    return "; ".join(parts)


def asked_ahead(figures: ModelFigures) -> str | None:
    """Return how many outlooks were warmed, used and wasted, and their cost; None if no market was watched."""
    found = figures.outlooks
    if found is None:
        return None
    return (
        f"Outlooks asked ahead: {found.asked:,}; {found.warmed:,} warmed, {found.used:,} used, {found.wasted:,} wasted. "
        f"They cost {usd(found.cost_usd)} USD, of which {usd(found.wasted_usd)} for outlooks that no hearing read."
    )


def outages(figures: ModelFigures, budget: BudgetSettings) -> tuple[str, ...]:
    """Return a sentence for each period without a usable answer or without money, in the order of their beginning.

    If there are many, the longest and those that lasted to the end are described, and the others are counted.
    """
    told = [(spell, _failing(spell)) for spell in figures.failing]
    told += [(spell, _unheard(spell, budget)) for spell in _together(figures.unheard)]
    worst = sorted(told, key=lambda each: (each[0].until_utc is not None, -sum(each[0].why.values())))[:SENTENCES_SHOWN]
    left = len(told) - len(worst)
    sentences = (sentence for _, sentence in sorted(worst, key=lambda each: (each[0].from_utc, each[1])))
    return (*sentences, *([f"And {count(left, 'more such spell')}."] if left else []))


def outcome_counts(counts: Mapping[str, int]) -> str:
    """Return counts as text: `overloaded 3, skipped breaker 12`."""
    return ", ".join(f"{outcome.replace('_', ' ')} {number:,}" for outcome, number in counts.items())


def _failing(spell: Spell) -> str:
    return f"{_when(spell)} {spell.who} gave no usable answer ({outcome_counts(spell.why)})."


def _together(spells: tuple[Spell, ...]) -> tuple[Spell, ...]:
    """Combine spells of several roles with the same duration and the same causes."""
    alike: dict[tuple[object, ...], list[Spell]] = {}
    for spell in spells:
        alike.setdefault((spell.from_utc, spell.until_utc, *sorted(spell.why)), []).append(spell)
    return tuple(_as_one(group) for group in alike.values())


def _as_one(group: list[Spell]) -> Spell:
    why: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    for spell in group:
        why.update(spell.why)
        spoken.update(spell.spoken)
    roles = tuple(spell.who.replace("_", " ") for spell in group)
    who = "in every role" if len(roles) == len(ROLES) else f"as {listed(roles)}"
    return group[0].model_copy(update={"who": who, "why": dict(why), "spoken": dict(spoken)})


def _unheard(spell: Spell, budget: BudgetSettings) -> str:
    """Return the sentence of a spell; a used-up budget is named as the cause, whatever else failed."""
    spent = [why for why in spell.why if why in _budgets(budget)]
    if spent:
        limits = _budgets(budget)
        cause = f"the {listed(tuple(f'{why} of {limits[why]} USD' for why in spent))} was used up"
    else:
        cause = f"no model gave an opinion ({outcome_counts(spell.why)})"
    spoke = ", ".join(
        f"{_INSTEAD[name]} spoke {spell.who} ({count(said, 'word')})" for name, said in spell.spoken.items()
    )
    return f"{_when(spell)} {cause}; {spoke}."


def _when(spell: Spell) -> str:
    if spell.until_utc is None:
        return f"From {moment(spell.from_utc)} on"
    return f"From {moment(spell.from_utc)} to {moment(spell.until_utc)}"


def _budgets(budget: BudgetSettings) -> dict[str, Decimal]:
    return {"decision budget": budget.decision_usd, "day budget": budget.day_usd, "month budget": budget.month_usd}
