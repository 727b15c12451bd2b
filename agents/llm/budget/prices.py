"""The cost of a call and its upper bound: exact, in USD, and never zero because a price is unknown.

`genai-prices` gives the prices of the providers that it lists (`ProviderKind.prices`). For a model that it does not know, and for
a compatible endpoint, the rates of the profile apply. A model on the user's own machine costs nothing unless the profile says
otherwise. Without any of these the price is not known: then the model does not sit, and the user is told which line to write.
"""

from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Literal, NamedTuple

from agents.llm.attempt import Request, Usage
from config.sections.minds import PROVIDERS, ProviderSettings

_MILLION = Decimal(1_000_000)
_STEP = Decimal("1e-12")
"""Amounts are rounded up to this step, so that sums stay exact."""
_FRAME_TOKENS = 512
"""Upper bound for the text that a provider adds to a prompt: roles, separators, output format [tokens]."""
_WORST_INPUT, _WORST_OUTPUT = Decimal(15), Decimal(75)
"""What is assumed where no price is known and a request was made all the same [USD a million tokens]."""


class Price(NamedTuple):
    """The price of a model [USD a million tokens], and where it is from."""

    input_usd: Decimal
    output_usd: Decimal
    source: Literal["listed", "profile", "free", "unknown"]


def price_of(provider: ProviderSettings, at: datetime) -> Price:
    """Return the price of a short request at that time."""
    probe = _listed(provider, Usage(input_tokens=1_000, output_tokens=0), at)
    if probe is not None:
        more = _listed(provider, Usage(input_tokens=0, output_tokens=1_000), at) or Decimal(0)
        return Price(probe * 1_000, more * 1_000, "listed")
    if provider.worst_input_usd is not None and provider.worst_output_usd is not None:
        return Price(provider.worst_input_usd, provider.worst_output_usd, "profile")
    if PROVIDERS[provider.kind].is_free:
        return Price(Decimal(0), Decimal(0), "free")
    return Price(*_rates(provider), "unknown")


def price_unknown(name: str, provider: ProviderSettings, at: datetime) -> str | None:
    """Return why a model cannot be paid, with the line for the profile; None where its price is known."""
    if price_of(provider, at).source != "unknown":
        return None
    line = f'minds: {{providers: {{{name}: {{worst_input_usd: "IN", worst_output_usd: "OUT"}}}}}}'
    return f"the price of {provider.model} is not known; put it into the profile, in USD a million tokens: {line}"


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
    input_usd, output_usd = _rates(provider)
    return (usage.input_tokens * input_usd + usage.output_tokens * output_usd) / _MILLION


def _rates(provider: ProviderSettings) -> tuple[Decimal, Decimal]:
    """The rates of the profile, or else those of the kind [USD a million tokens]."""
    free = Decimal(0) if PROVIDERS[provider.kind].is_free else None
    input_usd = _WORST_INPUT if free is None else free
    output_usd = _WORST_OUTPUT if free is None else free
    own_input, own_output = provider.worst_input_usd, provider.worst_output_usd
    return (input_usd if own_input is None else own_input, output_usd if own_output is None else own_output)


def _listed(provider: ProviderSettings, usage: Usage, at: datetime) -> Decimal | None:
    """Return the list price; None if there is no price, or none that is plausible."""
    lister = PROVIDERS[provider.kind].prices
    if lister is None:
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
            genai_prices.Usage(**tokens), provider.model, provider_id=lister, genai_request_timestamp=at
        ).total_price
    except (LookupError, ValueError):  # an unknown model, or more cached tokens than sent tokens
        return None
    used = usage.input_tokens + usage.output_tokens > 0
    return None if price < 0 or (used and price == 0) else price
