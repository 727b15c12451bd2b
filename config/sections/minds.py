"""`minds:`: the language models of the court, with their budgets and deadlines.

A profile never contains an API key: each provider names the environment variable that holds it.
"""

import json
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from config.frozen import Frozen, absent, empty
from config.sections.clashes import Clash, contradiction
from config.sections.kinds import Fraction, Money, OneOf

RoleName = Literal["analyst", "risk_agent", "devils_advocate", "supervisor"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model may think, in the words of both APIs."""
Reply = Literal["json_schema", "json_object", "fenced"]
"""How a server is asked for JSON: with the schema; for JSON alone, with the schema in the prompt; or in the prompt alone."""
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""Languages in which a model may be asked to reason, by their code of ISO 639-1."""
TokensParameter = Literal["max_tokens", "max_completion_tokens"]


class ProviderKind(NamedTuple):
    """One kind of provider. `adapter` names what builds it (see `agents.llm.providers.factory`).

    A kind with a `base_url` is a preset: it needs nothing but the name of a model.
    """

    adapter: str
    key_variable: str | None = None
    """The environment variable of its key, where the profile names no other."""
    has_key: bool = True
    """Whether it ever takes a key."""
    base_url: str | None = None
    """Its address, where the profile names no other."""
    prices: str | None = None
    """Its name in genai-prices; None where no list has its prices."""
    is_free: bool = False
    """Whether it runs on the user's own machine, so that no call is billed."""
    reply: Reply = "json_schema"
    """The most that its servers take; what one of them refuses is learnt (`agents.llm.providers.refusals`)."""
    samples: bool = True
    """Whether it takes `temperature` and `seed`."""
    tokens_parameter: TokensParameter = "max_tokens"


_CHAT = "agents.llm.providers.openai:OpenAIProvider"
PROVIDERS = {
    "anthropic": ProviderKind(
        "agents.llm.providers.anthropic:AnthropicProvider", "ANTHROPIC_API_KEY", prices="anthropic", samples=False
    ),
    "openai": ProviderKind(
        _CHAT, "OPENAI_API_KEY", prices="openai", samples=False, tokens_parameter="max_completion_tokens"
    ),
    "compatible": ProviderKind(_CHAT),
    "local": ProviderKind("agents.llm.providers.local.provider:local_provider", has_key=False, is_free=True),
    "ollama": ProviderKind(_CHAT, base_url="http://127.0.0.1:11434/v1", is_free=True),
    "vllm": ProviderKind(_CHAT, base_url="http://127.0.0.1:8000/v1", is_free=True),
    "lmstudio": ProviderKind(_CHAT, base_url="http://127.0.0.1:1234/v1", is_free=True),
    "llamacpp": ProviderKind(_CHAT, base_url="http://127.0.0.1:8080/v1", is_free=True),
    "openrouter": ProviderKind(
        _CHAT, "OPENROUTER_API_KEY", base_url="https://openrouter.ai/api/v1", prices="openrouter"
    ),
    "deepseek": ProviderKind(
        _CHAT, "DEEPSEEK_API_KEY", base_url="https://api.deepseek.com", prices="deepseek", reply="json_object"
    ),
    "groq": ProviderKind(_CHAT, "GROQ_API_KEY", base_url="https://api.groq.com/openai/v1", prices="groq"),
    "gemini": ProviderKind(
        _CHAT,
        "GEMINI_API_KEY",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai/",
        prices="google",
    ),
}
"""Each kind of provider once: what a profile may name, and what builds it."""
PRESETS = tuple(name for name, kind in PROVIDERS.items() if kind.base_url is not None)
"""The kinds that need only the name of a model."""
_OURS_IN_A_BODY = frozenset(
    {
        "model", "messages", "stream", "n", "response_format", "max_tokens", "max_completion_tokens", "temperature", "seed",
        "reasoning_effort", "system", "output_config", "thinking_budget", "tools", "tool_choice",
    }
)  # fmt: skip
"""What this program sends itself, or could not read the answer to."""


def _as_json(given: object) -> object:
    """A mapping as JSON text, so that it stays as it was read; anything else as it is."""
    if not isinstance(given, dict):
        return given
    try:
        return json.dumps(given, allow_nan=False)
    except (TypeError, ValueError):
        return "null"  # which is refused with a sentence


class ProviderSettings(Frozen):
    """One model at one provider. Model names are settings, because providers add and remove models."""

    kind: Annotated[str, OneOf(PROVIDERS)] = Field(
        description="whose API it speaks; local: a GGUF file on this machine"
    )
    model: str = Field(min_length=1, max_length=200, description="model name; for kind local, a label")
    base_url: str | None = Field(default=None, description="address of the API, if it is not the provider's default")
    api_key_env: str | None = Field(default=None, description="environment variable that holds the key")
    effort: Effort | None = Field(
        default=None, exclude_if=absent, description="how much the model thinks; null: as the provider has it"
    )
    role_effort: dict[RoleName, Effort] = Field(
        default_factory=dict, exclude_if=empty, description="another `effort` for one role"
    )
    max_output_tokens: Annotated[int, Field(ge=64, le=200_000)] | None = Field(
        default=None,
        exclude_if=absent,
        description="longest answer with its thinking; null: minds.max_output_tokens, and room for the effort [tokens]",
    )
    reply: Reply | None = Field(
        default=None,
        exclude_if=absent,
        description="how JSON is asked for; fenced: in words, and prose around one fenced object is accepted",
    )
    omit: tuple[Literal["temperature", "seed"], ...] = Field(
        default=(), exclude_if=empty, description="parameters that this server is never sent"
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, exclude_if=absent, description="randomness of the answers; null: 0, where the provider takes it"
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        default=None, exclude_if=absent, description="seed of the answers; null: 7, where the provider takes it"
    )
    tokens_parameter: TokensParameter | None = Field(
        default=None, exclude_if=absent, description="name under which the longest answer is sent; null: the kind's own"
    )
    extra_body: Annotated[str, BeforeValidator(_as_json)] | None = Field(
        default=None,
        exclude_if=absent,
        description="a mapping, or JSON: more fields of each request, for a server of OpenAI's protocol; no key belongs here",
    )
    path: str | None = Field(default=None, description="GGUF file, for kind local")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="threads of a local model")
    context_tokens: Annotated[int, Field(ge=512, le=200_000)] = Field(
        default=4096, description="context length of a local model [tokens]"
    )
    concurrency: Annotated[int, Field(ge=1, le=100)] = Field(default=20, description="calls at the same time")
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = Field(default=600, description="rate limit [calls]")
    worst_input_usd: Annotated[Decimal, Field(ge=0)] | None = Field(
        default=None,
        description="price where genai-prices has none; null: then the model does not sit [USD a million input tokens]",
    )
    worst_output_usd: Annotated[Decimal, Field(ge=0)] | None = Field(
        default=None,
        description="price where genai-prices has none; null: then the model does not sit [USD a million output tokens]",
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

    @model_validator(mode="after")
    def _body_is_an_addition(self) -> Self:
        try:
            added = self.body_added
        except ValueError:
            added = None
        if not isinstance(added, dict):
            raise contradiction([(("extra_body",), "must be a mapping of plain JSON values")])
        taken = sorted(_OURS_IN_A_BODY & added.keys())
        if taken:
            why = f"must not hold {', '.join(taken)}, which the court sends itself"
            raise contradiction([(("extra_body",), why)])
        return self

    @property
    def body_added(self) -> dict[str, Any]:
        """The fields of `extra_body`. Raises ValueError for a text that is no JSON."""
        return json.loads(self.extra_body or "{}")  # type: ignore[no-any-return]

    @property
    def address(self) -> str | None:
        """Where it is asked: the profile's address, or that of its kind; None for that of the SDK."""
        return self.base_url or PROVIDERS[self.kind].base_url

    def effort_of(self, role: RoleName) -> Effort | None:
        """How much it thinks as this role."""
        return self.role_effort.get(role, self.effort)


class BudgetSettings(Frozen):
    """Budgets of the models. A call is not made when its highest possible cost exceeds a budget."""

    decision_usd: Money = Field(description="one decision, all roles [USD]")
    day_usd: Money = Field(description="one UTC day, all runs of this user [USD]")
    month_usd: Money = Field(description="one UTC month, all runs of this user [USD]")
    warn_at: Annotated[float, Field(gt=0, le=1)] = Field(
        description="used share of a budget at which a warning is given, and the cheapest provider is asked [fraction]"
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
    roles: dict[RoleName, tuple[str, ...]] = Field(
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
    case: Literal["brief", "whole"] = Field(
        description="what models are shown: indicators, news and book (brief), or also the trade, the path of prices, the limits "
        "and what is held (whole)"
    )
    prompts: str | None = Field(
        default=None,
        exclude_if=absent,
        description="folder of your own prompts: preamble.md and NAME.md of roles, or some of them; null: ours",
    )
    language: Annotated[str, OneOf(LANGUAGES)] | None = Field(
        default=None,
        exclude_if=absent,
        description="language of the reasoning, and of nothing else; null: English [ISO 639-1]",
    )
    fast_path_conviction: Fraction = Field(
        description="conviction from which the rules mind decides alone, or, with court.fast_share, on a share of a purchase; 1 "
        "for never [0..1]"
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

    def is_fast(self, conviction: float) -> bool:
        """Whether a purchase of this conviction takes the fast path."""
        return self.fast_path_conviction < 1.0 and conviction >= self.fast_path_conviction

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables of the providers' keys: those that they name, or those of their kinds."""
        named = (one.api_key_env or PROVIDERS[one.kind].key_variable for one in self.providers.values())
        return tuple(dict.fromkeys(name for name in named if name))

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
