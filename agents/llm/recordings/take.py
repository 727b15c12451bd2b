"""The lines of a cassette: requests with their results, and each system text once."""

from decimal import Decimal

from pydantic import Field

from agents.llm.attempt import AttemptOutcome, BudgetWarning, Completion, Role, Usage
from agents.llm.source import Call, CallResult, sha256
from config.frozen import Frozen, absent


class RecordedRequest(Frozen):
    """The request of a line, for a reader and to show what changed."""

    decision_id: str
    role: Role
    prompt_version: str
    system_sha256: str
    schema_sha256: str
    max_tokens: int
    user: str


class RecordedFault(Frozen):
    """The failure of a call without a completion."""

    outcome: AttemptOutcome
    detail: str
    usage: Usage | None


class Told(Frozen):
    """The constant part of a role's prompt, so that a change of it can be shown."""

    system_sha256: str
    system: str


class Take(Frozen):
    """One line: the n-th call for a key."""

    key: str
    n: int
    provider: str
    model: str
    request: RecordedRequest
    completion: Completion | None
    fault: RecordedFault | None
    cost_usd: Decimal
    latency_ms: int
    warnings: tuple[BudgetWarning, ...] = ()
    max_tokens: int | None = Field(default=None, exclude_if=absent)
    """The longest answer that was allowed [tokens]; None where nothing was sent, or an older version recorded it."""


def asked_of(call: Call) -> RecordedRequest:
    """Return the request of a call in its recorded form."""
    request = call.request
    return RecordedRequest(
        decision_id=call.decision_id,
        role=request.role,
        prompt_version=request.prompt_version,
        system_sha256=sha256(request.system),
        schema_sha256=sha256(request.json_schema),
        max_tokens=request.max_tokens,
        user=request.user,
    )


def take_of(call: Call, n: int, done: CallResult) -> Take:
    """Return the line that records the result of a call."""
    failed = done.completion is None
    return Take(
        key=call.key,
        n=n,
        provider=call.provider,
        model=call.model,
        request=asked_of(call),
        completion=done.completion,
        fault=RecordedFault(outcome=done.outcome or AttemptOutcome.NONSENSE, detail=done.detail, usage=done.usage)
        if failed
        else None,
        cost_usd=done.cost_usd,
        latency_ms=done.latency_ms,
        warnings=done.warnings,
        max_tokens=done.max_tokens,
    )
