"""Finds the account of a session at a real exchange, before anything is asked of it with a key."""

import asyncio

from agents.desk.clocked.account import keys_at
from agents.desk.clocked.book import Books, named
from agents.desk.clocked.opened import by_exchange
from agents.desk.clocked.opening import exchange_time, symbols_of
from agents.desk.clocked.takeover import refuse_older_run, refuse_shared, stands
from agents.desk.world import World
from agents.records.account import Standing, Word
from agents.records.record import Session
from config.clock import PacedClock
from config.secrets import load_secrets, state_dir
from execution.venues.exchange.capabilities import capability_of


def account_found(
    world: World, resumed: Session | None, key: bytes, clock: PacedClock, words: tuple[Word, ...]
) -> tuple[World, Standing | None]:
    """The world with the money that its account has, and how the account stands; `resumed`: the session of a run that goes on,
    which knows its own standing. `words`: what was typed to begin. Raises UsageFault, JournalFault, DataFault."""
    settings = world.settings
    for name, own in by_exchange(settings).items():  # what is wrong here is said before anybody is asked
        capability_of(own.venue.exchange, live=own.world == "live" or own.venue.url is not None)
        keys_at(settings, name)
    quote = symbols_of(settings)[0].partition("/")[2]
    books = Books(state_dir(load_secrets()), key)
    book = books.read(named(settings), quote)
    refuse_shared(settings, books.all())
    if resumed is not None:
        refuse_older_run(resumed, book)
        venue, standing = resumed.settings.venue, None
        cash, cash_at = venue.starting_cash, {name: own.starting_cash for name, own in venue.members.items()}
    else:
        now = asyncio.run(exchange_time(settings, world.bars, clock))
        found = stands(settings, book, key, now, words)
        cash, cash_at, standing = found.cash, found.cash_at, found.standing
    venue = settings.venue.with_cash(cash, cash_at)
    return world.model_copy(update={"settings": settings.model_copy(update={"venue": venue})}), standing
