"""Models in a session: which providers are asked, with which keys, and which prompts the journal keeps.

A session does not start if some role has no provider with a key, since the other roles would be paid for nothing. If each role
has at least one provider with a key, the session uses those.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from agents.court.prompts.prompt import form_of, load_prompts
from agents.llm.asking import Asker
from agents.llm.attempt import ROLES, Role
from agents.llm.budget.budgets import Spending
from agents.llm.manager import Manager
from agents.llm.preflight import Seat, barred, check_seats, known_seat
from agents.llm.providers.factory import (
    build_providers,
    identities,
    missing_keys,
    names_in_use,
    unanswerable,
    without_key,
)
from agents.llm.providers.learnt import LEARNT_FILE, Learnt, places
from agents.llm.providers.provider import Provider
from agents.llm.setup import open_manager, open_spending
from agents.records.record import Prompts, Session
from agents.shadow.seat import asks_models, read_seat
from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import Secrets, state_dir
from config.sections.minds import MindsSettings, ProviderSettings
from config.settings import Settings


def prompts(session: Session) -> Prompts:
    """The constant prompt of each role in a session, with its version, and that of an answer to an attack."""
    court = session.settings.court
    told = {
        form: (prompt.version, prompt.text)
        for form, prompt in load_prompts(session.settings.minds, court, session.own_prompts).items()
    }
    return Prompts(roles={role: told[form_of(role, court)] for role in ROLES}, rebuttal=told.get("rebuttal"))


def sits(settings: Settings) -> bool:
    """Whether models sit in the court."""
    return settings.court.mind == "models"


def refuse_without_keys(settings: Settings, secrets: Secrets) -> None:
    """Raise UsageFault, saying what to set, if no provider in some role's chain could answer, in the court or in its shadow."""
    seat = read_seat(settings)
    if asks_models(seat) and seat is not None and seat.minds.transcripts != "replay":
        silent = unanswerable(seat.minds, secrets)
        wanted = {name for chain in silent.values() for name in missing_keys(seat.minds, secrets, chain)}
        if silent:
            raise UsageFault(
                f"No model of the shadow court {seat.name} can answer as {' or '.join(silent).replace('_', ' ')}; nothing was "
                f"started. Set {' or '.join(sorted(wanted)) or 'a provider for each role there'} in the environment or in .env, "
                "or leave out court.shadow."
            )
    minds = settings.minds
    if not sits(settings) or minds.transcripts == "replay":
        return
    used = names_in_use(minds)
    if used and without_key(minds, secrets) == used:
        wanting = " or ".join(missing_keys(minds, secrets))
        raise UsageFault(
            f"No model of the court has a key; nothing was started. Set {wanting} in the environment or in .env, or "
            "use --mind rules."
        )
    silent = unanswerable(minds, secrets)
    if silent:
        raise UsageFault(" ".join(_never_heard(minds, secrets, role, chain) for role, chain in silent.items()))


def _never_heard(minds: MindsSettings, secrets: Secrets, role: Role, chain: tuple[str, ...]) -> str:
    """The message for one role that no model can answer, with the remedies."""
    other = f"give that role to the rules mind with --set minds.roles.{role}=[rules]"
    if not chain:
        return (
            f"The chain of the {role} names no provider, and minds.outage is abstain, so the court could never rule; nothing was "
            f"started. Name a provider in minds.roles.{role}, or {other}."
        )
    wanting = " or ".join(missing_keys(minds, secrets, chain))
    return (
        f"No model of the {role} has a key, and the other roles would be paid for nothing; nothing was started. Set {wanting} "
        f"in the environment or in .env, or {other}."
    )


class Opened(NamedTuple):
    """The models of one setup that can be asked, and what is paid for them."""

    manager: Manager
    spending: Spending
    learnt: Learnt
    providers: Mapping[str, Provider]

    async def close(self) -> None:
        """End what is open."""
        await self.manager.close()
        self.spending.close()


def open_models(settings: Settings, secrets: Secrets) -> Opened:
    """Open the models of these settings. Nobody is asked. Raises UsageFault, OutputFault, ReplayMiss, JournalFault."""
    minds = settings.minds
    folder, clock = state_dir(secrets), SystemClock()
    folder.mkdir(parents=True, exist_ok=True)
    learnt = learnt_in(minds, secrets)
    providers: Mapping[str, Provider] = {} if minds.transcripts == "replay" else build_providers(minds, secrets, learnt)
    spending = open_spending(minds, folder, clock)
    who = identities(minds, secrets)
    manager = open_manager(minds, providers, spending, folder, clock, _record_command(settings), who, learnt)
    return Opened(manager, spending, learnt, providers)


def unfit(minds: MindsSettings, secrets: Secrets) -> dict[str, str]:
    """Why a model in use can surely not sit, by the name of its provider; found out without asking it."""
    learnt, keyless, now = learnt_in(minds, secrets), without_key(minds, secrets), SystemClock().now()
    return barred([known_seat(name, minds, learnt, keyless, now) for name in names_in_use(minds)])


def place_of(minds: MindsSettings, name: str) -> ProviderSettings | None:
    """The provider of this name if some role may ask it; None if none does."""
    return minds.providers[name] if name in names_in_use(minds) else None


Heard = Callable[[tuple[Seat, ...]], None]
"""Is told who can sit, before the first decision. It may raise UsageFault to end the session there."""


@asynccontextmanager
async def models_of(settings: Settings, secrets: Secrets, heard: Heard | None = None) -> AsyncIterator[Asker | None]:
    """The asker that answers for the models of a session; None if the court sits with the rules mind. It is closed at the end.

    With `heard`, each model is asked one cheap question first (`agents.llm.preflight`), and those that cannot sit are not asked
    again. Recorded answers need no such question.
    """
    if not sits(settings):
        yield None
        return
    opened = open_models(settings, secrets)
    manager, minds = opened.manager, settings.minds
    try:
        if heard is not None and opened.providers:
            keyless, names = without_key(minds, secrets), tuple(opened.providers)
            seats = await check_seats(minds, manager.live, opened.learnt, keyless, names, SystemClock().now())
            manager.unseat(barred(seats))
            heard(seats)
        yield manager
    finally:
        await opened.close()


@asynccontextmanager
async def shadow_models_of(
    settings: Settings, secrets: Secrets, heard: Heard | None = None
) -> AsyncIterator[Asker | None]:
    """The same for the shadow court of a session; None if there is none, or the rules mind sits there."""
    seat = read_seat(settings)
    if seat is None:
        yield None
        return
    async with models_of(seat.within(settings), secrets, heard) as asker:
        yield asker


def key_variables(settings: Settings) -> tuple[str, ...]:
    """The environment variables that hold keys of models, in the court and in its shadow. Raises UsageFault as `read_seat`."""
    seat = read_seat(settings)
    return (*settings.minds.key_variables, *(() if seat is None else seat.minds.key_variables))


async def seats_of(minds: MindsSettings, secrets: Secrets) -> tuple[Seat, ...]:
    """Ask each model in the chains one cheap question, outside any session. Raises TribunalError where no call can be paid."""
    folder, clock, learnt = state_dir(secrets), SystemClock(), learnt_in(minds, secrets)
    folder.mkdir(parents=True, exist_ok=True)
    providers = build_providers(minds, secrets, learnt)
    spending = open_spending(minds, folder, clock)
    live = minds.model_copy(update={"transcripts": "live", "cassette": None})
    manager = open_manager(live, providers, spending, folder, clock, "", identities(minds, secrets), learnt)
    try:
        return await check_seats(
            minds, manager.live, learnt, without_key(minds, secrets), tuple(providers), clock.now()
        )
    finally:
        await manager.close()
        spending.close()


def learnt_in(minds: MindsSettings, secrets: Secrets) -> Learnt:
    """What is known of the servers of these providers, in this user's state folder."""
    return Learnt(state_dir(secrets) / LEARNT_FILE, places(minds))


def _record_command(settings: Settings) -> str:
    chain = settings.minds.chain[0] if settings.minds.chain else "NAME"
    return f"tribunal run --mind {chain} --set minds.transcripts=record minds.cassette={settings.minds.cassette} ..."
