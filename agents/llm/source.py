"""The source of a call: a provider or a recording. The manager treats both alike."""

import hashlib
from decimal import Decimal
from typing import NamedTuple, Protocol, Self

from agents.llm.attempt import AttemptOutcome, BudgetWarning, Completion, ProviderFault, Request, Usage
from config.frozen import Frozen


class Call(NamedTuple):
    """One request to one provider. Times are of the event loop [s].

    The caller first waits `pause_s`; the call is not made if it would then begin after `latest`. A call that is asked `ahead`
    of a hearing gives way to the court. `cut_at` is the limit at which the answer to the same question was cut off [tokens],
    `decision_until` the deadline of the whole decision, `cheapest` the provider that the chain goes to when a budget is nearly
    used.
    """

    decision_id: str
    provider: str
    model: str
    request: Request
    until: float
    latest: float
    pause_s: float = 0.0
    ahead: bool = False
    cut_at: int | None = None
    decision_until: float = float("inf")
    cheapest: str | None = None

    @property
    def key(self) -> str:
        return self.request.key(self.provider, self.model)


class CallResult(Frozen):
    """The result of a call: a completion, or the outcome of the failure and its details."""

    completion: Completion | None = None
    outcome: AttemptOutcome | None = None
    detail: str = ""
    usage: Usage | None = None
    cost_usd: Decimal = Decimal(0)
    latency_ms: int = 0
    retry_after_s: float | None = None
    from_cache: bool = False
    sent: bool = True
    """False where the request surely never left this machine."""
    warnings: tuple[BudgetWarning, ...] = ()
    """Budgets that this call brought near their limit."""
    max_tokens: int | None = None
    """The longest answer that was allowed [tokens]; None where no request was sent, or an older version recorded it."""

    @classmethod
    def skipped(cls, outcome: AttemptOutcome, why: str) -> Self:
        """Return the result of a call for which no request was sent."""
        return cls(outcome=outcome, detail=why)

    @classmethod
    def failed(cls, fault: ProviderFault) -> Self:
        """Return the result of a request without a completion."""
        return cls(
            outcome=fault.outcome,
            detail=fault.detail,
            usage=fault.usage,
            retry_after_s=fault.retry_after_s,
            sent=fault.sent,
        )


class CallSource(Protocol):
    """Anything that carries out calls."""

    async def send(self, call: Call) -> CallResult:
        """Carry out one call, at once or within its times. Raises ReplayMiss when a recording is missing, and no
        other error.
        """
        ...

    def saves(self, first: Call, cheapest: Call) -> bool:
        """Whether so much of a budget is used that the cheapest provider is asked before the first of the chain."""
        ...


def sha256(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
