"""`minds:`: the models of the court: who they are, what they may cost, how long they may take.

No key stands in a profile: a provider names the environment variable that holds it.
"""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import Clash, contradiction
from config.sections.kinds import Fraction, Money


class ProviderSettings(Frozen):
    """One model at one provider. Names of models are settings: they come and go."""

    kind: Literal["anthropic", "openai", "compatible", "local"] = Field(
        description="whose API it speaks; local: a GGUF file on this machine"
    )
    model: str = Field(min_length=1, max_length=200, description="model name; for kind local, a label")
    base_url: str | None = Field(default=None, description="address of the API, where it is not the provider's own")
    api_key_env: str | None = Field(default=None, description="environment variable that holds the key")
    path: str | None = Field(default=None, description="GGUF file, for kind local")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="threads of a local model")
    context_tokens: Annotated[int, Field(ge=512, le=200_000)] = Field(
        default=4096, description="context of a local model [tokens]"
    )
    concurrency: Annotated[int, Field(ge=1, le=100)] = Field(default=20, description="calls at the same time")
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = Field(default=600, description="rate limit [calls]")
    worst_input_usd: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal("15"), description="price where the model's own is not known [USD a million input tokens]"
    )
    worst_output_usd: Annotated[Decimal, Field(ge=0)] = Field(
        default=Decimal("75"), description="price where the model's own is not known [USD a million output tokens]"
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
    """What models may cost. A call whose worst case does not fit is not made."""

    decision_usd: Money = Field(description="one decision, all roles [USD]")
    day_usd: Money = Field(description="one UTC day, all runs of this user [USD]")
    month_usd: Money = Field(description="one UTC month, all runs of this user [USD]")
    warn_at: Annotated[float, Field(gt=0, le=1)] = Field(description="share of a budget that is told [fraction]")


class DeadlineSettings(Frozen):
    """How long may be waited. A later answer is worth nothing."""

    call_s: Annotated[float, Field(gt=0, le=600)] = Field(description="one request [seconds]")
    role_s: Annotated[float, Field(gt=0, le=1200)] = Field(description="one role, all attempts [seconds]")
    decision_s: Annotated[float, Field(gt=0, le=3600)] = Field(description="one decision, all roles [seconds]")


class DeriskStep(Frozen):
    """One line of the schedule on which the book is reduced while models are silent."""

    after_h: Annotated[float, Field(gt=0, le=8760)] = Field(
        description="time since the first decision of the outage [hours]"
    )
    keep_fraction: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="what stays of each position, of the most that was held since then [fraction]"
    )


class MindsSettings(Frozen):
    """Models in the court, and what they are asked ahead of it. `chain` and `roles` name entries of `providers`; the rules
    mind stands behind them."""

    watchlist: tuple[str, ...] = Field(
        default=(), description="markets whose outlook is asked before they are proposed; `*` for all"
    )
    warm_within: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="netted vote for a purchase from which one is asked [share of court.net_threshold]"
    )
    warm_budget_usd: Annotated[Decimal, Field(gt=0)] = Field(
        default=Decimal("0.20"), description="outlooks of one UTC day, all runs of this user, within day_usd [USD]"
    )
    warm_wait: bool = Field(
        default=True, description="wait for outlooks at the end of a bar, where bars follow at once"
    )
    outlook_ttl_bars: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="age of a usable outlook [bars]"
    )
    outlook_move_atr: Annotated[float, Field(gt=0, le=20)] = Field(
        default=1.0, description="move of the close from which an outlook is void [ATRs]"
    )

    providers: dict[str, ProviderSettings] = Field(description="models by a name of your own")
    chain: tuple[str, ...] = Field(description="who is asked, in this order")
    roles: dict[Literal["analyst", "risk_agent", "devils_advocate", "supervisor"], tuple[str, ...]] = Field(
        default_factory=dict, description="another chain for a role; `rules` alone for the rules mind"
    )
    outage: Literal["rules", "abstain"] = Field(description="when no model answers: the rules mind speaks, or nobody")
    derisk: tuple[DeriskStep, ...] = Field(
        default=(), max_length=20, description="how the book is reduced in an outage; empty: held with its stops"
    )
    blind: bool = Field(description="hide asset names and dates, index prices, in what models read")
    fast_path_conviction: Fraction = Field(
        description="conviction from which the rules mind rules alone; 1 for never [0..1]"
    )
    max_output_tokens: Annotated[int, Field(ge=64, le=8192)] = Field(description="longest answer [tokens]")
    requests_a_provider: Annotated[int, Field(ge=1, le=2)] = Field(description="requests to one provider for one role")
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = Field(description="failures in a row that open its breaker")
    breaker_open_s: Annotated[float, Field(gt=0, le=86_400)] = Field(description="rest before one probe [seconds]")
    transcripts: Literal["live", "record", "replay", "cached"] = Field(description="where answers come from")
    retrieval: Literal["features", "embedding"] = Field(
        default="features", description="similar past cases by their numbers, or by how they read too"
    )
    cassette: str | None = Field(default=None, description="file of recorded answers, for record and replay")
    cache_ttl_s: Annotated[float, Field(ge=0, le=31_536_000)] = Field(description="age of a cached answer [seconds]")
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
