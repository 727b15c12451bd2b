"""Where an exchange with a provider comes from: from the provider, or from a recording. The manager cannot tell."""

import hashlib
from decimal import Decimal
from typing import NamedTuple, Protocol, Self

from agents.llm.attempt import AttemptOutcome, BudgetWarning, Completion, ProviderFault, Request, Usage
from config.frozen import Frozen


class Call(NamedTuple):
    """One request to one provider. Times are of the event loop [s].

    `pause_s` is waited first, and the call is not made when it would then begin after `latest`. What is asked `ahead` of a
    trial gives way to the court.
    """

    decision_id: str
    provider: str
    model: str
    request: Request
    until: float
    latest: float
    pause_s: float = 0.0
    ahead: bool = False

    @property
    def key(self) -> str:
        return self.request.key(self.provider, self.model)


class CallResult(Frozen):
    """What came of a call: a completion, or the outcome that stands for none and what is known of it."""

    completion: Completion | None = None
    outcome: AttemptOutcome | None = None
    detail: str = ""
    usage: Usage | None = None
    cost_usd: Decimal = Decimal(0)
    latency_ms: int = 0
    retry_after_s: float | None = None
    from_cache: bool = False
    warnings: tuple[BudgetWarning, ...] = ()
    """Budgets that came near their end with it."""

    @classmethod
    def skipped(cls, outcome: AttemptOutcome, why: str) -> Self:
        """Nobody was asked."""
        return cls(outcome=outcome, detail=why)

    @classmethod
    def failed(cls, fault: ProviderFault) -> Self:
        """Somebody was asked, and gave no completion."""
        return cls(outcome=fault.outcome, detail=fault.detail, usage=fault.usage, retry_after_s=fault.retry_after_s)


class CallSource(Protocol):
    """Whoever carries out calls."""

    async def send(self, call: Call) -> CallResult:
        """Carry out one call, at once or within its times. Raises ReplayMiss when a recording is missing, and nothing else."""
        ...


def sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
