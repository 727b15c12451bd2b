"""How long an answer may be: the court's own length, room for thinking, and more room after an answer that was cut off.

A model that thinks writes its thoughts within the same limit, so an answer of 300 tokens needs a limit far above that. The limit
is what a budget reserves, not what is billed: unused room costs nothing.
"""

from agents.llm.attempt import Request
from config.sections.minds import Effort, ProviderSettings

THINKING: dict[Effort, int] = {
    "none": 0, "minimal": 1_000, "low": 2_000, "medium": 4_000, "high": 8_000, "xhigh": 16_000, "max": 32_000,
}  # fmt: skip
"""Room for thinking beside the answer, where the profile names no limit of the provider's own [tokens]."""
MOST = 64_000
"""No answer is given more room than this by itself [tokens]."""
_STEPS = (4, 2)


def room(provider: ProviderSettings, request: Request) -> int:
    """Return the longest answer of a first request, its thinking included [tokens]."""
    if provider.max_output_tokens is not None:
        return provider.max_output_tokens
    return request.max_tokens + THINKING[request.effort or "none"]


def wider(provider: ProviderSettings, cut_at: int) -> tuple[int, ...]:
    """Return the limits for a second request after an answer that was cut off, the widest first; empty where none is left.

    A model on this machine shares its context between prompt and answer, so at most half of it is room.
    """
    most = provider.context_tokens // 2 if provider.kind == "local" else MOST
    return tuple(cut_at * step for step in _STEPS if cut_at * step <= most)
