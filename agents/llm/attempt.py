"""The words between a role and a model: what is asked, what came back, and what each attempt was worth.

Every attempt is kept, with its bytes: the request by its parts, the reply as it came. An outcome is a closed set, so that no
failure can pass for another: a missing recording is no outage, and an outage is no opinion.
"""

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from config.errors import TribunalError
from config.frozen import Frozen, Journaled

Role = Literal["analyst", "risk_agent", "devils_advocate", "supervisor"]
ROLES: tuple[Role, ...] = ("analyst", "risk_agent", "devils_advocate", "supervisor")


WATCHLIST = "watchlist"
"""The budget of what is asked ahead of a trial."""


class Request(Frozen):
    """What a model is asked. `system` is constant for a role and prompt version (cacheable); `user` holds the case."""

    role: Role
    prompt_version: str
    system: str
    user: str
    schema_name: str
    json_schema: str
    """Canonical JSON of the wire schema."""
    max_tokens: int = Field(gt=0)

    def key(self, provider: str, model: str) -> str:
        """SHA-256 of all that can change the answer: no clock, no ids, no key."""
        body = "\x1f".join((provider, model, self.canonical().decode()))
        return hashlib.sha256(body.encode()).hexdigest()


class Usage(Frozen):
    """Tokens as the provider billed them. `input_tokens` includes what was read from or written to a cache."""

    input_tokens: int = Field(ge=0)
    cache_read_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(ge=0)


class Stop(StrEnum):
    """Why a model stopped."""

    END = "end"
    LENGTH = "length"
    REFUSAL = "refusal"
    OTHER = "other"


class Completion(Frozen):
    """A reply as it came: its text, untouched, why it stopped, and what it used. `usage` None: not told."""

    text: str
    stop: Stop
    usage: Usage | None
    request_id: str | None = None


class Outcome(StrEnum):
    """What became of an attempt. Only `OK` carries an opinion; `SKIPPED_*` cost nothing and asked nobody."""

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
    """The provider answered with something that is not its protocol: HTML, broken JSON, another shape."""
    SKIPPED_BUDGET = "skipped_budget"
    SKIPPED_BREAKER = "skipped_breaker"
    SKIPPED_DEADLINE = "skipped_deadline"
    SKIPPED_NO_KEY = "skipped_no_key"


TRANSIENT = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.RATE_LIMITED,
        Outcome.OVERLOADED,
        Outcome.SERVER_ERROR,
        Outcome.CONNECTION,
        Outcome.NONSENSE,
    }
)
"""May be asked again, once, when the deadline allows."""
UNUSABLE = frozenset({Outcome.REFUSED, Outcome.TRUNCATED, Outcome.MALFORMED, Outcome.INVALID})
"""A reply came and cost money, and holds no opinion: one re-ask that shows the error."""


class ProviderFault(Exception):
    """A provider gave no completion. `retry_after_s` is what it asked for, if it did."""

    def __init__(
        self, outcome: Outcome, detail: str, retry_after_s: float | None = None, usage: Usage | None = None
    ) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.usage = usage


class ReplayMiss(TribunalError):
    """A recording was asked for that is not there. A hard error, and never an outage."""

    exit_code = 8


class BudgetWarning(Frozen):
    """A budget that is nearly used up [USD]. `period` names the UTC day or month; it is empty for a decision's budget."""

    budget: str
    period: str
    spent_usd: Decimal
    limit_usd: Decimal

    @property
    def text(self) -> str:
        then = "the next model of the chain or the rules mind speaks"
        if self.budget == WATCHLIST:
            then = "no outlook is asked ahead until the next UTC day"
        share, of = self.spent_usd / self.limit_usd, f", {self.period}" if self.period else ""
        return (
            f"{share:.0%} of the {self.budget}'s budget for models is used ({self.spent_usd:f} of {self.limit_usd} USD{of}). "
            f"When it is used up, {then}."
        )


class Attempt(Journaled):
    """One attempt to get a role's word from one provider, as it stands in the journal ("transcript")."""

    event_kind: ClassVar[str] = "transcript"

    decision_id: str
    role: Role
    number: int = Field(ge=1)
    """Counts the attempts for this role and decision, over all providers."""
    provider: str
    model: str
    prompt_version: str
    system_sha256: str
    user: str
    max_tokens: int
    request_key: str
    outcome: Outcome
    detail: str
    reply: str | None
    usage: Usage | None
    cost_usd: Decimal
    latency_ms: int = Field(ge=0)
    from_cache: bool = False
    warnings: tuple[BudgetWarning, ...] = Field(default=(), exclude_if=lambda warnings: not warnings)
    """Budgets of which it was noticed with this attempt that they are nearly used up."""
