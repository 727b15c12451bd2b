"""Finds the account of a session at a real exchange, before anything is asked of it with a key."""

import asyncio

from agents.desk.clocked.account import keys_of
from agents.desk.clocked.book import Books, named
from agents.desk.clocked.opening import exchange_time, symbols_of
from agents.desk.clocked.takeover import refuse_older_run, stands
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
    capability_of(settings.venue.exchange, live=settings.world == "live" or settings.venue.url is not None)
    keys_of(settings, load_secrets())  # what is wrong here is said before anybody is asked
    quote = symbols_of(settings)[0].partition("/")[2]
    book = Books(state_dir(load_secrets()), key).read(named(settings), quote)
    if resumed is not None:
        refuse_older_run(resumed, book)
        cash, standing = resumed.settings.venue.starting_cash, None
    else:
        now = asyncio.run(exchange_time(settings, world.bars, clock))
        found = stands(settings, book, key, now, words)
        cash, standing = found.cash, found.standing
    venue = settings.venue.model_copy(update={"starting_cash": cash})
    return world.model_copy(update={"settings": settings.model_copy(update={"venue": venue})}), standing
