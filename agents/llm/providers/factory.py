"""Builds providers from settings: only those that some role can ask, and reports missing keys.

The SDKs are loaded here, before the session begins, and not during a decision. A replay builds no provider.
"""

import hashlib
from collections.abc import Collection
from typing import cast

from pydantic import SecretStr

from agents.llm.attempt import ROLES, Role
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.provider import Provider
from config.secrets import Secrets
from config.sections.minds import PROVIDERS, MindsSettings, ProviderSettings
from config.sections.rows import named

RULES = "rules"


def build_providers(minds: MindsSettings, secrets: Secrets, learnt: Learnt | None = None) -> dict[str, Provider]:
    """Return the providers in the chains of the roles, by name. A provider without a key is built and reports this
    when it is asked. `learnt` is what is known of their servers.

    Raises UsageFault when a local model or the package that runs it is missing.
    """
    known = learnt or Learnt()
    return {name: _build(name, minds.providers[name], secrets, known) for name in names_in_use(minds)}


def missing_keys(minds: MindsSettings, secrets: Secrets, names: Collection[str] | None = None) -> list[str]:
    """Return the variables to set, one line each: "ANTHROPIC_API_KEY (for anthropic, model claude-haiku-5-5)".

    `names` selects providers; None selects all that are in use.
    """
    wanting: dict[str, list[str]] = {}
    for name in without_key(minds, secrets):
        if names is not None and name not in names:
            continue
        settings = minds.providers[name]
        wanting.setdefault(str(key_variable(settings)), []).append(f"{name}, model {settings.model}")
    return [f"{variable} (for {' and '.join(models)})" for variable, models in wanting.items()]


def without_key(minds: MindsSettings, secrets: Secrets) -> tuple[str, ...]:
    """Return the providers in use that need a key and have none."""
    used = {name: minds.providers[name] for name in names_in_use(minds)}
    return tuple(name for name, one in used.items() if key_variable(one) is not None and _key(one, secrets) is None)


def unanswerable(minds: MindsSettings, secrets: Secrets) -> dict[Role, tuple[str, ...]]:
    """Return the roles whose chain can never give an opinion, with the providers of the chain.

    Every provider in such a chain needs a key and has none, or the chain is empty and the rules mind does not speak
    in an outage. A chain with `rules` in it is always answered, by the rules mind.
    """
    keyless = set(without_key(minds, secrets))
    found: dict[Role, tuple[str, ...]] = {}
    for role in ROLES:
        chain = minds.roles.get(role, minds.chain)
        if keyless.issuperset(chain) and (chain or minds.outage == "abstain"):
            found[role] = chain
    return found


def identities(minds: MindsSettings, secrets: Secrets) -> dict[str, str]:
    """Return what distinguishes setups of a provider, by name: its model, its address, and a digest of its key."""
    found = {}
    for name in names_in_use(minds):
        settings = minds.providers[name]
        key = _key(settings, secrets)
        digest = hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:8] if key else "no key"
        found[name] = f"{name}: {settings.model} at {settings.address or settings.path or settings.kind}, {digest}"
    return found


def names_in_use(minds: MindsSettings) -> tuple[str, ...]:
    """Return the names in the chains of all roles, in the order of their first mention. A provider after `rules` is
    never asked.
    """
    names: dict[str, None] = {}
    for role in ROLES:
        for name in minds.roles.get(role, minds.chain):
            if name == RULES:
                break
            names[name] = None
    return tuple(names)


def key_variable(settings: ProviderSettings) -> str | None:
    """The environment variable that holds the provider's key; None where it wants none."""
    kind = PROVIDERS[settings.kind]
    return settings.api_key_env or kind.key_variable if kind.has_key else None


def _build(name: str, settings: ProviderSettings, secrets: Secrets, learnt: Learnt) -> Provider:
    """Raises UsageFault when a local model or the package that runs it is not there."""
    adapter = named(PROVIDERS[settings.kind].adapter)
    return cast(Provider, adapter(name, settings, _key(settings, secrets), learnt))


def _key(settings: ProviderSettings, secrets: Secrets) -> SecretStr | None:
    """Return the provider's key from the environment or `.env`; None if it is missing or blank."""
    variable = key_variable(settings)
    held = secrets.held().get(variable) if variable is not None else None
    return held if held is not None and held.get_secret_value().strip() else None
