"""The values between a role and a model: the request, the reply, and the outcome of each attempt.

Every attempt is kept with its bytes: the parts of the request, and the reply as it came. The outcomes are a closed
set, so that different failures stay apart: a missing recording is not an outage, and an outage is not an opinion.
"""

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from config.errors import TribunalError
from config.frozen import Frozen, Journaled, absent, empty
from config.sections.minds import Effort

Role = Literal["analyst", "risk_agent", "devils_advocate", "supervisor"]
ROLES: tuple[Role, ...] = ("analyst", "risk_agent", "devils_advocate", "supervisor")
Question = Literal["rebuttal"]
"""What a role is asked beside its opinion: the analyst, to answer the heaviest attack."""


WATCHLIST = "watchlist"
"""The budget for outlooks, which are asked ahead of a hearing."""


class Request(Frozen):
    """The question to a model. `system` is constant for a role and prompt version (cacheable); `user` holds the case."""

    role: Role
    prompt_version: str
    system: str
    user: str
    schema_name: str
    json_schema: str
    """Canonical JSON of the answer schema."""
    max_tokens: int = Field(gt=0)
    """The answer's longest, as the court asks for it; a provider may be given more room (`agents.llm.budget.room`)."""
    effort: Effort | None = Field(default=None, exclude_if=absent)
    """How much the model is asked to think; None leaves it to the provider."""
    question: Question | None = Field(default=None, exclude_if=absent)
    """What the role is asked; None for its opinion."""

    def key(self, provider: str, model: str) -> str:
        """Return the SHA-256 of everything that can change the answer: no clock, no ids, no API key."""
        body = "\x1f".join((provider, model, self.canonical().decode()))
        return hashlib.sha256(body.encode()).hexdigest()


class Usage(Frozen):
    """Tokens as the provider billed them. `input_tokens` includes tokens that were read from or written to a cache."""

    input_tokens: int = Field(ge=0)
    cache_read_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(ge=0)


class Stop(StrEnum):
    """The reason why a model stopped."""

    END = "end"
    LENGTH = "length"
    REFUSAL = "refusal"
    OTHER = "other"


class Completion(Frozen):
    """A reply as it came: the unchanged text, the stop reason, and the usage. `usage` is None if the provider did not
    report it.
    """

    text: str
    stop: Stop
    usage: Usage | None
    request_id: str | None = None
    thinking: str | None = Field(default=None, exclude_if=absent)
    """What the model thought aloud. It is kept, and nothing is read out of it."""


class AttemptOutcome(StrEnum):
    """The outcome of an attempt. Only `OK` has an opinion. For `SKIPPED_*` no request was sent and nothing was paid."""

    OK = "ok"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    AUTH = "auth"
    TOO_LARGE = "too_large"
    BAD_REQUEST = "bad_request"
    SERVER_ERROR = "server_error"
    CONNECTION = "connection"
    NONSENSE = "nonsense"
    """The answer does not follow the provider's protocol: HTML, broken JSON, or another structure."""
    SKIPPED_BUDGET = "skipped_budget"
    SKIPPED_BREAKER = "skipped_breaker"
    SKIPPED_DEADLINE = "skipped_deadline"
    SKIPPED_NO_KEY = "skipped_no_key"
    SKIPPED_NO_SEAT = "skipped_no_seat"
    """The provider does not sit in this run, as was said at its start: its price is not known, or its key is refused."""
    LATE = "late"
    """The deadline of the decision came before the answer: the role has abstained."""
    SKIPPED_LATE = "skipped_late"
    """The deadline of the decision came before the request: the role has abstained."""

    @property
    def was_sent(self) -> bool:
        """Whether a request was sent."""
        return not self.value.startswith("skipped_")


TRANSIENT = frozenset(
    {
        AttemptOutcome.TIMEOUT,
        AttemptOutcome.RATE_LIMITED,
        AttemptOutcome.OVERLOADED,
        AttemptOutcome.SERVER_ERROR,
        AttemptOutcome.CONNECTION,
        AttemptOutcome.NONSENSE,
    }
)
"""Failures that may pass: the request may be sent once more, if the deadline allows it."""
ABSTAINED = frozenset({AttemptOutcome.LATE, AttemptOutcome.SKIPPED_LATE})
"""The time of the decision was over: nobody speaks in place of the model."""
UNUSABLE = frozenset(
    {AttemptOutcome.REFUSED, AttemptOutcome.TRUNCATED, AttemptOutcome.MALFORMED, AttemptOutcome.INVALID}
)
"""A reply came and cost money, but has no opinion: one more request shows the error to the model, or allows a longer answer."""


class ProviderFault(Exception):
    """A provider gave no completion. `retry_after_s` is the wait that the provider asked for [s], or None.

    `sent` is False where the request surely never left, so that nothing can have been billed. `parameter` is the one that an
    error names as its cause, where it names one.
    """

    def __init__(
        self,
        outcome: AttemptOutcome,
        detail: str,
        retry_after_s: float | None = None,
        usage: Usage | None = None,
        *,
        sent: bool = True,
        parameter: str | None = None,
    ) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.usage = usage
        self.sent = sent
        self.parameter = parameter


class ReplayMiss(TribunalError):
    """A required recording does not exist. This is an error, and never counts as an outage."""

    exit_code = 8


class BudgetWarning(Frozen):
    """A budget that is almost used up [USD]. `period` names the UTC day or month; it is empty for the budget of a
    decision.
    """

    budget: str
    period: str
    spent_usd: Decimal
    limit_usd: Decimal
    cheapest: str | None = Field(default=None, exclude_if=absent)
    """The provider that each chain goes to from here on; None where there is no other, or an older version wrote this."""

    @property
    def text(self) -> str:
        then = "the next model of the chain or the rules mind speaks"
        if self.budget == WATCHLIST:
            then = "no outlook is asked ahead until the next UTC day"
        share, of = self.spent_usd / self.limit_usd, f", {self.period}" if self.period else ""
        saved = (
            "" if self.cheapest is None else f" From here on {self.cheapest} is asked first, the cheapest of the chain."
        )
        return (
            f"{share:.0%} of the {self.budget}'s budget for models is used ({self.spent_usd:f} of {self.limit_usd} USD{of}). "
            f"When it is used up, {then}.{saved}"
        )


class Attempt(Journaled):
    """One attempt to get a role's opinion from one provider, as the journal stores it ("transcript")."""

    event_kind: ClassVar[str] = "transcript"
    event_version: ClassVar[int] = 2

    decision_id: str
    role: Role
    number: int = Field(ge=1)
    """Number of the attempt for this role, decision and question, over all providers."""
    provider: str
    model: str
    prompt_version: str
    system_sha256: str
    user: str
    max_tokens: int
    request_key: str
    outcome: AttemptOutcome
    detail: str
    reply: str | None
    usage: Usage | None
    cost_usd: Decimal
    latency_ms: int = Field(ge=0)
    from_cache: bool = False
    warnings: tuple[BudgetWarning, ...] = Field(default=(), exclude_if=empty)
    """Budgets that this attempt found to be almost used up."""
    effort: Effort | None = Field(default=None, exclude_if=absent)
    """How much the model was asked to think."""
    thinking: str | None = Field(default=None, exclude_if=absent)
    """What it thought aloud, beside its reply."""
    is_fenced: bool = Field(default=False, exclude_if=empty)
    """Whether the profile accepts prose around the one fenced object of this provider's replies."""
    question: Question | None = Field(default=None, exclude_if=absent)
    """What the role was asked; None for its opinion."""
