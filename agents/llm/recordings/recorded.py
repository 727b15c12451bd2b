"""Answers from the journal instead of a model: the attempts of a finished run, checked against what would be asked
now.

The prompt, the system text and the key of each attempt must equal those that this code makes from the same case. Each
reply is judged again: a forged reply gives another outcome or another opinion, and so appears as a difference from
the record.
"""

from collections.abc import Callable
from decimal import Decimal

from agents.llm.asking import Accept, RoleAnswer, Word
from agents.llm.attempt import Attempt, AttemptOutcome, ReplayMiss, Request, Role
from agents.llm.chain import REASONED_FIRST, THOUGHT_UNENDED, Judged, again, judge_text, judge_thought, why_silent
from agents.llm.recordings.difference import prompt_diff
from agents.llm.source import sha256

AttemptsOf = Callable[[str, Role], tuple[Attempt, ...]]
_BY_ITS_TEXT = (AttemptOutcome.OK, AttemptOutcome.MALFORMED, AttemptOutcome.INVALID)


def asked_so(attempts: tuple[Attempt, ...], request: Request) -> tuple[Attempt, ...]:
    """Return the attempts of a role that were made at this question."""
    return tuple(attempt for attempt in attempts if attempt.question == request.question)


class RecordedAsker:
    """An `Asker` over a journal. `attempts_of(decision_id, role)` returns the recorded attempts in their order."""

    def __init__(self, attempts_of: AttemptsOf, *, same_question: bool = True) -> None:
        """`same_question`: refuse an answer to another question. Without it, an answer stands for its decision whatever the book
        of the account looks like by now: that of a session which trades the same bars on another venue."""
        self._attempts_of = attempts_of
        self._same_question = same_question

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """Do nothing: time and money were spent when the run was recorded."""

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Return the recorded answer, judged now. Raises ReplayMiss if the question of today differs from the
        recorded one.
        """
        heard: list[Attempt] = []
        expected: Request | None = request
        for recorded in asked_so(self._attempts_of(decision_id, request.role), request):
            if not heard or heard[-1].provider != recorded.provider:
                expected = request.model_copy(update={"effort": recorded.effort})
            if self._same_question:
                _check(recorded, expected)
            judged = _judge(recorded, accept)
            heard.append(recorded.model_copy(update={"outcome": judged.outcome, "detail": judged.detail}))
            if judged.accepted is not None:
                return RoleAnswer(judged.accepted.word, "", tuple(heard))
            expected = again(expected, judged.outcome, judged.detail) if expected is not None else None
        return RoleAnswer(None, why_silent(tuple(heard)), tuple(heard))


def _judge(recorded: Attempt, accept: Accept[Word]) -> Judged[Word]:
    if recorded.reply is None or recorded.outcome not in _BY_ITS_TEXT:
        return Judged(recorded.outcome, recorded.detail)
    if recorded.detail in (THOUGHT_UNENDED, REASONED_FIRST):  # still older versions named no cause
        older = recorded.detail == REASONED_FIRST
        unread: Judged[Word] | None = judge_thought(recorded.reply, older=older)
        return unread or judge_text(recorded.reply, accept, is_fenced=recorded.is_fenced)
    return judge_text(recorded.reply, accept, is_fenced=recorded.is_fenced)


def _check(recorded: Attempt, expected: Request | None) -> None:
    who = f"Attempt {recorded.number} of the {recorded.role} in decision {recorded.decision_id}"
    if expected is None:
        raise ReplayMiss(
            f"{who} was recorded, but would not be made now: the attempt before it at {recorded.provider} was final. "
            "Its reply or the code was changed. Replay the run with the version that made it, or run again."
        )
    key = expected.key(recorded.provider, recorded.model)
    if (recorded.user, recorded.system_sha256, recorded.request_key) == (expected.user, sha256(expected.system), key):
        return
    raise ReplayMiss(
        f"{who} was recorded for another question than this version asks; no model was asked instead. Replay it with the "
        f"version that made it, or run again.\n{_what_changed(recorded, expected)}"
    )


def _what_changed(recorded: Attempt, expected: Request) -> str:
    named = {
        "prompt_version": (recorded.prompt_version, expected.prompt_version),
        "system_sha256": (recorded.system_sha256, sha256(expected.system)),
        "max_tokens": (recorded.max_tokens, expected.max_tokens),
    }
    changed = [f"  {name}: {then} is now {now}" for name, (then, now) in named.items() if then != now]
    if not changed and recorded.user == expected.user:
        changed = ["  the schema of the answer, the provider's name or the model's name has changed"]
    return "\n".join([*changed, prompt_diff(recorded.user, expected.user)])
