"""`minds:`: the language models of the court, with their budgets and deadlines.

A profile never contains an API key: each provider names the environment variable that holds it.
"""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import Clash, contradiction
from config.sections.kinds import Fraction, Money, OneOf


class ProviderKind(NamedTuple):
    """One kind of provider. `adapter` names what builds it: called with a name, `ProviderSettings` and a key or None."""

    adapter: str
    key_variable: str | None = None
    """The environment variable of its key, where the profile names no other."""
    has_key: bool = True
    """Whether it ever takes a key."""


PROVIDERS = {
    "anthropic": ProviderKind("agents.llm.providers.anthropic:AnthropicProvider", "ANTHROPIC_API_KEY"),
    "openai": ProviderKind("agents.llm.providers.openai:OpenAIProvider", "OPENAI_API_KEY"),
    "compatible": ProviderKind("agents.llm.providers.openai:OpenAIProvider"),
    "local": ProviderKind("agents.llm.providers.local.provider:local_provider", has_key=False),
}
"""Each kind of provider once: what a profile may name, and what builds it."""


class ProviderSettings(Frozen):
    """One model at one provider. Model names are settings, because providers add and remove models."""

    kind: Annotated[str, OneOf(PROVIDERS)] = Field(
        description="whose API it speaks; local: a GGUF file on this machine"
    )
    model: str = Field(min_length=1, max_length=200, description="model name; for kind local, a label")
    base_url: str | None = Field(default=None, description="address of the API, if it is not the provider's default")
    api_key_env: str | None = Field(default=None, description="environment variable that holds the key")
    path: str | None = Field(default=None, description="GGUF file, for kind local")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="threads of a local model")
    context_tokens: Annotated[int, Field(ge=512, le=200_000)] = Field(
        default=4096, description="context length of a local model [tokens]"
    )
    concurrency: Annotated[int, Field(ge=1, le=100)] = Field(default=20, description="calls at the same time")
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = Field(default=600, description="rate limit [calls]")
    worst_input_usd: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal("15"), description="price used when the model's price is not known [USD a million input tokens]"
    )
    worst_output_usd: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal("75"),
        description="price used when the model's price is not known [USD a million output tokens]",
    )

    @model_validator(mode="after")
    def _address_is_bare(self) -> Self:
        parts = urlsplit(self.base_url or "http://none")
        if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.query:
            why = "must be http(s)://host/path without user, password or query; a key goes into the variable of api_key_env"
            raise contradiction([(("base_url",), why)])
        return self

    @model_validator(mode="after")
    def _key_is_named(self) -> Self:
        name = self.api_key_env
        if name is not None and not (name.isascii() and name.isidentifier()):
            why = "must be the name of an environment variable, such as GROQ_API_KEY; the key itself goes into that variable"
            raise contradiction([(("api_key_env",), why)])
        if name is not None and name.upper().startswith("TRIBUNAL_"):
            why = "must be a variable of the provider's own: those of TRIBUNAL_ hold this system's secrets, and go to no model"
            raise contradiction([(("api_key_env",), why)])
        return self


class BudgetSettings(Frozen):
    """Budgets of the models. A call is not made when its highest possible cost exceeds a budget."""

    decision_usd: Money = Field(description="one decision, all roles [USD]")
    day_usd: Money = Field(description="one UTC day, all runs of this user [USD]")
    month_usd: Money = Field(description="one UTC month, all runs of this user [USD]")
    warn_at: Annotated[float, Field(gt=0, le=1)] = Field(
        description="used share of a budget at which a warning is given [fraction]"
    )


class DeadlineSettings(Frozen):
    """Deadlines of the models. An answer that comes later is not used."""

    call_s: Annotated[float, Field(gt=0, le=600)] = Field(description="one request [seconds]")
    role_s: Annotated[float, Field(gt=0, le=1200)] = Field(description="one role, all attempts [seconds]")
    decision_s: Annotated[float, Field(gt=0, le=3600)] = Field(description="one decision, all roles [seconds]")


class DeriskStep(Frozen):
    """One step of the schedule that reduces positions while no model answers."""

    after_h: Annotated[float, Field(gt=0, le=8760)] = Field(
        description="time since the first decision of the outage [hours]"
    )
    keep_fraction: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="part of each position that is kept, relative to the largest since then [fraction]"
    )


class MindsSettings(Frozen):
    """The models of the court, and the outlooks that they prepare before a proposal.

    `chain` and `roles` name entries of `providers`. The rules mind answers when none of them does, if `outage` says so.
    """

    watchlist: tuple[str, ...] = Field(
        default=(), description="markets for which outlooks are prepared before a proposal; `*` for all"
    )
    warm_within: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="netted buy vote from which an outlook is requested [share of court.net_threshold]"
    )
    warm_budget_usd: Annotated[Decimal, Field(gt=0)] = Field(
        default=Decimal("0.20"),
        description="cost of outlooks in one UTC day, all runs of this user, within day_usd [USD]",
    )
    warm_wait: bool = Field(
        default=True, description="wait for outlooks at the end of a bar when the next bar follows at once"
    )
    outlook_ttl_bars: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="age of a usable outlook [bars]"
    )
    outlook_move_atr: Annotated[float, Field(gt=0, le=20)] = Field(
        default=1.0, description="move of the close that makes an outlook invalid [ATRs]"
    )

    providers: dict[str, ProviderSettings] = Field(description="models, each under a name that you choose")
    chain: tuple[str, ...] = Field(description="providers in the order in which they are asked")
    roles: dict[Literal["analyst", "risk_agent", "devils_advocate", "supervisor"], tuple[str, ...]] = Field(
        default_factory=dict, description="a different chain for one role; `rules` for the rules mind only"
    )
    outage: Literal["rules", "abstain"] = Field(
        description="when no model answers: the rules mind answers, or the role abstains"
    )
    derisk: tuple[DeriskStep, ...] = Field(
        default=(),
        max_length=20,
        description="how positions are reduced in an outage; empty: they are held with their stops",
    )
    blind: bool = Field(description="hide asset names and dates in prompts, and show prices as an index")
    fast_path_conviction: Fraction = Field(
        description="conviction from which the rules mind decides alone; 1 for never [0..1]"
    )
    max_output_tokens: Annotated[int, Field(ge=64, le=8192)] = Field(description="maximum length of an answer [tokens]")
    requests_a_provider: Annotated[int, Field(ge=1, le=2)] = Field(description="requests to one provider for one role")
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = Field(
        description="failures in a row that open a provider's circuit breaker"
    )
    breaker_open_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        description="time an open circuit breaker waits before one trial call [seconds]"
    )
    transcripts: Literal["live", "record", "replay", "cached"] = Field(description="where answers come from")
    retrieval: Literal["features", "embedding"] = Field(
        default="features", description="find similar past cases by their numbers, or by their text as well"
    )
    cassette: str | None = Field(default=None, description="file of recorded answers, for record and replay")
    cache_ttl_s: Annotated[float, Field(ge=0, le=31_536_000)] = Field(
        description="maximum age of a cached answer [seconds]"
    )
    budget: BudgetSettings
    deadlines: DeadlineSettings

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that the providers name for their keys."""
        return tuple(dict.fromkeys(one.api_key_env for one in self.providers.values() if one.api_key_env))

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        chains: dict[tuple[str, ...], tuple[str, ...]] = {("chain",): self.chain}
        chains.update({("roles", role): names for role, names in self.roles.items()})
        known = {*self.providers, "rules"}
        clashes: list[Clash] = [
            ((".".join(place),), f"names {name!r}, which is not among minds.providers")
            for place, names in chains.items()
            for name in names
            if name not in known
        ]
        if self.transcripts in ("record", "replay") and not self.cassette:
            clashes.append(
                (("transcripts", "cassette"), "record and replay need a cassette, the file of recorded answers")
            )
        steps = self.derisk
        if any(a.after_h >= b.after_h or a.keep_fraction <= b.keep_fraction for a, b in pairwise(steps)):
            clashes.append((("derisk",), "each step must come later than the one before it, and keep less"))
        if clashes:
            raise contradiction(clashes)
        return self
