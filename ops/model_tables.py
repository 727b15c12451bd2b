"""The console's table of models: who was asked, what came of it, and what it cost. Refuses to exist where none sat."""

from rich.console import Group

from config.sections.minds import BudgetSettings
from ops.boxes import boxed
from ops.model_words import asked_ahead, outages, outcome_counts, spoke_instead, usd
from ops.models import ModelFigures, SpeakerFigures, failures
from ops.plain import DASH, percent

_COLUMNS = ("<Model", ">Words", ">Attempts", "Failures", ">Tokens in/out", ">USD", ">ms p50/p95")


def models_table(figures: ModelFigures, budget: BudgetSettings) -> Group | str:
    """The table, and below it who spoke instead and why, and each outage in a sentence."""
    if not figures.words:
        return asked_ahead(figures) or "Models sat, and were not called."
    table = boxed("Models", _COLUMNS)
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
        f"Words of others: {said}." if said else "Every word was a model's.",
        *([ahead] if ahead else []),
        *([f"Answers from our own cache: {', '.join(own)}."] if own else []),
        *([f"Input tokens from the providers' caches: {', '.join(theirs)}."] if theirs else []),
        *outages(figures, budget),
    )
    return Group(table, *lines) if figures.speakers else Group(*lines[1:])


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
