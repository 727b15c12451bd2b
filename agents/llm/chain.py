"""The decisions of the manager as pure functions, without time or network, so that a replay makes the same ones.

They decide which providers are asked, the outcome of a reply, whether and how to ask again, and the reason when
nobody answered.
"""

import re
from typing import Generic, NamedTuple

from agents.llm.asking import Accept, Unacceptable, Word
from agents.llm.attempt import TRANSIENT, UNUSABLE, Attempt, AttemptOutcome, Completion, Request, Role, Stop
from agents.llm.source import CallResult
from config.sections.minds import MindsSettings

RULES = "rules"
NO_MODEL = "rules: the profile's chain names no model for this role"
REASONED_FIRST = (
    "reasoning (<think>) stands before the JSON object; answer without it, or use a server that parts the two"
)
_MAX_WHY = 500
_REASONING = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|◁think▷|\[THINK\])", re.IGNORECASE)
_STOPPED = {
    Stop.REFUSAL: (
        AttemptOutcome.REFUSED,
        "the model refused to answer; the task is only to judge the data that is given",
    ),
    Stop.LENGTH: (AttemptOutcome.TRUNCATED, "the answer was cut off at its longest; be shorter"),
    Stop.OTHER: (AttemptOutcome.TRUNCATED, "the model stopped before it was done"),
}


class Accepted(NamedTuple, Generic[Word]):
    """An accepted opinion."""

    word: Word


class Judged(NamedTuple, Generic[Word]):
    """The outcome of a call."""

    outcome: AttemptOutcome
    detail: str
    accepted: Accepted[Word] | None = None


def chain_of(settings: MindsSettings, role: Role) -> tuple[str, ...]:
    """Return the providers for a role, in their order; `rules` ends the chain."""
    names = settings.roles.get(role, settings.chain)
    return names[: names.index(RULES)] if RULES in names else names


def judge(done: CallResult, accept: Accept[Word]) -> Judged[Word]:
    """Return the outcome of a call: the stop reason is checked first, then the text."""
    if done.completion is None:
        return Judged(done.outcome or AttemptOutcome.NONSENSE, done.detail[:_MAX_WHY])
    text = done.completion.text
    return judge_stop(done.completion) or judge_reasoning(text) or judge_text(text, accept)


def judge_stop(completion: Completion) -> Judged[Word] | None:
    """Return the failure if the model did not end its answer; its text then does not matter."""
    stopped = _STOPPED.get(completion.stop)
    return Judged(*stopped) if stopped else None


def judge_reasoning(text: str) -> Judged[Word] | None:
    """Return MALFORMED if the model reasoned aloud before its object, as models behind servers without a parser do."""
    return Judged(AttemptOutcome.MALFORMED, REASONED_FIRST) if _REASONING.match(text) else None


def judge_text(text: str, accept: Accept[Word]) -> Judged[Word]:
    """Return OK with the opinion, or MALFORMED or INVALID with what to correct."""
    try:
        return Judged(AttemptOutcome.OK, "", Accepted(accept(text)))
    except Unacceptable as fault:
        return Judged(fault.outcome, fault.why[:_MAX_WHY])


def again(request: Request, outcome: AttemptOutcome, why: str) -> Request | None:
    """Return the next request to the same provider: the same, or the same with the error shown; None if it would not
    help.
    """
    if outcome in TRANSIENT:
        return request
    if outcome in UNUSABLE:
        error = (
            f"Your answer to this could not be used: {why}.\nAnswer again, with the one JSON object and nothing else."
        )
        return request.model_copy(update={"user": f"{request.user}\n\n{error}"})
    return None


def why_silent(attempts: tuple[Attempt, ...]) -> str:
    """Return why there is no opinion: the last outcome of each provider. It depends only on the attempts."""
    last = {attempt.provider: attempt for attempt in attempts}
    if not last:
        return NO_MODEL
    said = (f"{name} {attempt.outcome}{_in_brackets(attempt.detail)}" for name, attempt in last.items())
    return "no model gave an opinion: " + "; ".join(said)


def _in_brackets(detail: str) -> str:
    return f" ({detail[:160]})" if detail else ""
