"""The decisions of the manager as pure functions, without time or network, so that a replay makes the same ones.

They decide which providers are asked, the outcome of a reply, whether and how to ask again, and the reason when
nobody answered.
"""

from typing import Generic, NamedTuple

from agents.llm.asking import Accept, Unacceptable, Word
from agents.llm.attempt import TRANSIENT, UNUSABLE, Attempt, AttemptOutcome, Completion, Request, Role, Stop
from agents.llm.source import CallResult
from agents.llm.strict_json import fenced_object
from agents.llm.thought import begins_with_thought
from config.sections.minds import MindsSettings

RULES = "rules"
NO_MODEL = "rules: the profile's chain names no model for this role"
THOUGHT_UNENDED = "its thinking has no end, so no answer follows it"
REASONED_FIRST = (
    "reasoning (<think>) stands before the JSON object; answer without it, or use a server that parts the two"
)
"""What versions that could not part thinking from an answer said of such a reply."""
_MAX_WHY = 500
_REFUSED = (AttemptOutcome.REFUSED, "the model refused to answer; the task is only to judge the data that is given")
_SHORTER = "the answer was cut off at its longest; be shorter"
_UNDONE = "the model stopped before it was done"
_TOLD_ABOUT = frozenset({_SHORTER, _UNDONE})
"""What older versions said to a model whose answer was cut off, in the second request. It did not help one that thinks."""


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


def judge(done: CallResult, accept: Accept[Word], *, is_fenced: bool = False) -> Judged[Word]:
    """Return the outcome of a call: the stop reason is checked first, then the text. `is_fenced`: see `judge_text`."""
    if done.completion is None:
        return Judged(done.outcome or AttemptOutcome.NONSENSE, done.detail[:_MAX_WHY])
    text, older = done.completion.text, done.max_tokens is None
    unread: Judged[Word] | None = judge_stop(done.completion, done.max_tokens) or judge_thought(text, older=older)
    return unread or judge_text(text, accept, is_fenced=is_fenced)


def judge_stop(completion: Completion, max_tokens: int | None) -> Judged[Word] | None:
    """Return the failure if the model did not end its answer; its text then does not matter.

    `max_tokens` is the longest answer that was allowed; None for a recording of an older version, which is judged in its words.
    """
    match completion.stop:
        case Stop.END:
            return None
        case Stop.REFUSAL:
            return Judged(*_REFUSED)
        case Stop.LENGTH:
            return Judged(AttemptOutcome.TRUNCATED, _SHORTER if max_tokens is None else _cut(completion, max_tokens))
        case Stop.OTHER:
            stopped = "the model stopped before its answer was whole"
            return Judged(AttemptOutcome.TRUNCATED, _UNDONE if max_tokens is None else stopped)


def _cut(completion: Completion, max_tokens: int) -> str:
    thought = ", which its thinking used" if completion.thinking and not completion.text else ""
    return f"the answer was cut off at {max_tokens:,} tokens{thought}"


def judge_thought(text: str, *, older: bool = False) -> Judged[Word] | None:
    """Return MALFORMED if thinking stands in the text: the adapters part it from the answer, unless it has no end."""
    if not begins_with_thought(text):
        return None
    return Judged(AttemptOutcome.MALFORMED, REASONED_FIRST if older else THOUGHT_UNENDED)


def judge_text(text: str, accept: Accept[Word], *, is_fenced: bool = False) -> Judged[Word]:
    """Return OK with the opinion, or MALFORMED or INVALID with what to correct.

    `is_fenced`: prose may stand around the one fenced object, because the profile says so of this provider.
    """
    try:
        return Judged(AttemptOutcome.OK, "", Accepted(accept(fenced_object(text) if is_fenced else text)))
    except Unacceptable as fault:
        return Judged(fault.outcome, fault.why[:_MAX_WHY])


def again(request: Request, outcome: AttemptOutcome, why: str) -> Request | None:
    """Return the next request to the same provider: the same, or the same with the error shown; None if it would not
    help.

    An answer that was cut off is asked for again as it was, with more room (`Call.cut_at`).
    """
    if outcome in TRANSIENT or (outcome is AttemptOutcome.TRUNCATED and why not in _TOLD_ABOUT):
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
