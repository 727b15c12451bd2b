"""Opens the manager of a run: its budgets, breakers and cached answers are files in this user's state folder."""

from collections.abc import Mapping
from pathlib import Path

from agents.llm.budget.budgets import SPENDING_FILE, Spending
from agents.llm.budget.provider_breakers import BREAKERS_FILE, Breakers
from agents.llm.manager import Manager
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.provider import Provider
from agents.llm.recordings.cache import CACHE_FOLDER, Cache
from agents.llm.recordings.cassette import Cassette
from config.clock import Clock
from config.sections.minds import MindsSettings


def open_spending(settings: MindsSettings, folder: Path, clock: Clock) -> Spending:
    """Return the budgets of this user. Raises OutputFault when the spending book cannot be used."""
    return Spending(folder / SPENDING_FILE, settings.budget, clock.now(), settings.warm_budget_usd)


def open_manager(
    settings: MindsSettings,
    providers: Mapping[str, Provider],
    spending: Spending,
    folder: Path,
    clock: Clock,
    record_command: str,
    identities: Mapping[str, str],
    learnt: Learnt | None = None,
) -> Manager:
    """Return a manager over `providers`.

    `clock` is the machine's. `record_command` is the command that records this run. `identities` distinguish setups
    of a provider (see `Breakers`); `learnt` is what is known of the servers.

    Raises OutputFault when the recorded answers cannot be written, ReplayMiss when
    they are missing, and JournalFault when they are damaged.
    """
    return Manager(
        settings,
        providers,
        spending=spending,
        breakers=Breakers(
            folder / BREAKERS_FILE, settings.breaker_failures, settings.breaker_open_s, clock, identities
        ),
        cache=Cache(folder / CACHE_FOLDER, settings.cache_ttl_s, clock) if settings.transcripts == "cached" else None,
        cassette=_cassette(settings, record_command),
        clock=clock,
        learnt=learnt,
    )


def _cassette(settings: MindsSettings, record_command: str) -> Cassette | None:
    if settings.cassette is None:
        return None
    path = Path(settings.cassette)
    match settings.transcripts:
        case "record":
            return Cassette.recording(path, record_command)
        case "replay":
            return Cassette.playing(path, record_command)
        case "live" | "cached":
            return None
