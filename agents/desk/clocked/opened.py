"""Whether orders leave this program, and what an exchange said when a session was to begin there.

It loads nothing of an exchange, which most sessions do not need.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from agents.records.account import Standing
from agents.records.record import AccountAt, ExchangeAt
from config.settings import Settings
from market.instrument import Instrument


class Opened(NamedTuple):
    """What an exchange said when a session was to begin: its name for the journal, and the rules of its markets."""

    account: AccountAt
    instruments: dict[str, Instrument]
    standing: Standing | None = None
    """How the account stands; None for a run that is resumed, whose journal says so."""
    exchanges: Mapping[str, ExchangeAt] = MappingProxyType({})
    """What each of several exchanges said, by name."""


def by_exchange(settings: Settings) -> dict[str, Settings]:
    """The settings as each exchange of a session has them, by name; those of one exchange have no name."""
    venues = settings.venue.members or {"": settings.venue}
    return {name: settings.model_copy(update={"venue": venue}) for name, venue in venues.items()}


def trades_there(settings: Settings) -> bool:
    """Whether orders leave this program."""
    return settings.venue.is_real
