"""The lines of a file of recorded answers: what was asked and what came of it, and once each what a role was told."""

from decimal import Decimal

from agents.llm.attempt import AttemptOutcome, BudgetWarning, Completion, Role, Usage
from agents.llm.source import Call, CallResult, sha256
from config.frozen import Frozen


class RecordedRequest(Frozen):
    """The request of a line, for people and for showing what changed."""

    decision_id: str
    role: Role
    prompt_version: str
    system_sha256: str
    schema_sha256: str
    max_tokens: int
    user: str


class RecordedFault(Frozen):
    """How an exchange ended that gave no completion."""

    outcome: AttemptOutcome
    detail: str
    usage: Usage | None


class Told(Frozen):
    """The constant part of a role's prompt, so that a change of it can be shown and not only noticed."""

    system_sha256: str
    system: str


class Take(Frozen):
    """One line: the n-th exchange for a key."""

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


def asked_of(call: Call) -> RecordedRequest:
    """The request of a call, as it is recorded."""
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
    """The line that records what came of a call."""
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
    )
