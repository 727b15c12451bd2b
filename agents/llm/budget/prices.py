"""The cost of a call and its upper bound: exact, in USD, and never zero because a price is unknown.

`genai-prices` gives the prices of Anthropic and OpenAI models. For a model that it does not know, and for every
compatible or local endpoint, the rates of the profile apply; these are worst cases unless the user sets better ones.
"""

from datetime import datetime
from decimal import ROUND_UP, Decimal

from agents.llm.attempt import Request, Usage
from config.sections.minds import ProviderSettings

_MILLION = Decimal(1_000_000)
_STEP = Decimal("1e-12")
"""Amounts are rounded up to this step, so that sums stay exact."""
_FRAME_TOKENS = 512
"""Upper bound for the text that a provider adds to a prompt: roles, separators, output format [tokens]."""


def cost_usd(provider: ProviderSettings, usage: Usage, at: datetime) -> Decimal:
    """Return the cost of this usage at that time [USD], rounded up to 1e-12."""
    listed = _listed(provider, usage, at)
    return _rounded(listed if listed is not None else _configured(provider, usage))


def worst_case_usd(provider: ProviderSettings, request: Request, at: datetime) -> Decimal:
    """Return the highest possible cost of a request [USD]; zero only if the profile says that the model is free.

    The bound for the input is one token for two bytes plus the provider's own text, all of it newly written to its
    cache. The bound for the output is `max_tokens`.
    """
    size = sum(len(part.encode()) for part in (request.system, request.user, request.json_schema))
    tokens = -(-size // 2) + _FRAME_TOKENS
    plain = Usage(input_tokens=tokens, output_tokens=request.max_tokens)
    cached = Usage(input_tokens=tokens, cache_write_tokens=tokens, output_tokens=request.max_tokens)
    return max(cost_usd(provider, plain, at), cost_usd(provider, cached, at))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_STEP, rounding=ROUND_UP)


def _configured(provider: ProviderSettings, usage: Usage) -> Decimal:
    billed = usage.input_tokens * provider.worst_input_usd + usage.output_tokens * provider.worst_output_usd
    return billed / _MILLION


def _listed(provider: ProviderSettings, usage: Usage, at: datetime) -> Decimal | None:
    """Return the list price; None if there is no price, or none that is plausible."""
    if provider.kind not in ("anthropic", "openai"):
        return None
    import genai_prices

    tokens = {
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens or None,
        "cache_write_tokens": usage.cache_write_tokens or None,
        "output_tokens": usage.output_tokens,
    }
    try:
        price = genai_prices.calc_price(
            genai_prices.Usage(**tokens), provider.model, provider_id=provider.kind, genai_request_timestamp=at
        ).total_price
    except (LookupError, ValueError):  # an unknown model, or more cached tokens than sent tokens
        return None
    used = usage.input_tokens + usage.output_tokens > 0
    return None if price < 0 or (used and price == 0) else price
