"""Whether orders leave this program, and what an exchange said when a session was to begin there.

It loads nothing of an exchange, which most sessions do not need.
"""

from typing import NamedTuple

from agents.records.account import Standing
from agents.records.record import AccountAt
from config.settings import Settings
from market.instrument import Instrument


class Opened(NamedTuple):
    """What an exchange said when a session was to begin: its name for the journal, and the rules of its markets."""

    account: AccountAt
    instruments: dict[str, Instrument]
    standing: Standing | None = None
    """How the account stands; None for a run that is resumed, whose journal says so."""


def trades_there(settings: Settings) -> bool:
    """Whether orders leave this program."""
    return settings.venue.kind == "ccxt"
