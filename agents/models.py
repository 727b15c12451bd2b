"""Models in a session: who is asked, with which keys, and what the journal keeps of how they were told.

A session whose models all lack a key is not started; one with a key for some goes on with those.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from agents.llm.asking import Asker
from agents.llm.factory import build_providers, identities, missing_keys, names_in_use, without_key
from agents.llm.opening import open_manager, open_spending
from agents.llm.provider import Provider
from agents.llm.words import ROLES
from agents.record import Prompts
from agents.roles.prompt import load_prompt
from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import Secrets, state_dir
from config.settings import Settings


def prompts() -> Prompts:
    """What each role is told, word for word, with its version."""
    loaded = {role: load_prompt(role) for role in ROLES}
    return Prompts(roles={role: (prompt.version, prompt.text) for role, prompt in loaded.items()})


def sits(settings: Settings) -> bool:
    """Whether models sit in the court."""
    return settings.court.mind == "models"


def refuse_without_keys(settings: Settings, secrets: Secrets) -> None:
    """Raise UsageFault, saying exactly what to set, where no provider of any chain could answer."""
    if not sits(settings) or settings.minds.transcripts == "replay":
        return
    used = names_in_use(settings.minds)
    if used and without_key(settings.minds, secrets) == used:
        wanting = " or ".join(missing_keys(settings.minds, secrets))
        raise UsageFault(
            f"No model of the court has a key; nothing was started. Set {wanting} in the environment or in .env, or "
            "use --mind rules."
        )


@asynccontextmanager
async def models_of(settings: Settings, secrets: Secrets) -> AsyncIterator[Asker | None]:
    """Whoever answers for the models of a session; None where the rules mind sits. Closed at the end, with what was spent."""
    if not sits(settings):
        yield None
        return
    folder, clock = state_dir(secrets), SystemClock()
    folder.mkdir(parents=True, exist_ok=True)
    providers: Mapping[str, Provider] = (
        {} if settings.minds.transcripts == "replay" else build_providers(settings.minds, secrets)
    )
    spending = open_spending(settings.minds, folder, clock)
    who = identities(settings.minds, secrets)
    manager = open_manager(settings.minds, providers, spending, folder, clock, _record_command(settings), who)
    try:
        yield manager
    finally:
        await manager.close()
        for warning in spending.warnings():
            sys.stderr.write(f"{warning.text}\n")
        spending.close()


def _record_command(settings: Settings) -> str:
    chain = settings.minds.chain[0] if settings.minds.chain else "NAME"
    return f"python -m agents.run --mind {chain} --set minds.transcripts=record minds.cassette={settings.minds.cassette} ..."
