"""The words that a human must type before the program does what cannot be undone: trade real money, raise its ramp, begin anew.

The settings decide whether they are needed; the name of the profile does not. The words name what is at stake, so they cannot be
typed from habit. The user types them on a terminal or passes them with `--confirm`. A pipe, an environment variable or a `--yes`
does not count.
"""

from decimal import Decimal
from typing import TextIO

from config.errors import NotConfirmed
from config.sections.venue import VenueSettings
from config.settings import Settings


def live_words(settings: Settings, usable: Decimal, quote: str) -> str:
    """The words for real money: how much of it may be used now, of how much, and where. `usable` [quote]."""
    places = " AND ".join(_place(each) for each in (settings.venue.members or {"": settings.venue}).values())
    return f"TRADE REAL MONEY: {_plain(usable)} OF {_plain(settings.live.capital)} {quote} ON {places}"


def _place(venue: VenueSettings) -> str:
    return venue.exchange if venue.url is None else f"{venue.exchange} AT {venue.url}"


def refuse_without_terminal(settings: Settings, stdin: TextIO, given: str | None) -> None:
    """Raise NotConfirmed where real money is to be traded, and nobody can be asked and no words were given."""
    if settings.world == "live" and given is None and not stdin.isatty():
        raise NotConfirmed(
            f"The profile {settings.profile!r} trades real money, and there is no terminal on which to confirm that. Nothing "
            'was started. Start it from a terminal, or add --confirm "WORDS" with the words that it asks for there.'
        )


def confirm(words: str, told: str, stdin: TextIO, stderr: TextIO, given: str | None = None) -> None:
    """Return when the user has typed exactly these words; otherwise raise NotConfirmed. `told`: what will happen, in a sentence.

    `given` is the value of `--confirm`. When it is present, the function checks it and asks no question.
    """
    if given is not None:
        _check(given, words, "--confirm")
        return
    if not stdin.isatty():
        raise NotConfirmed(
            f"{told} There is no terminal on which to confirm that, so nothing was done. Start it from a terminal, or add "
            f'--confirm "{words}".'
        )
    stderr.write(f"{told}\nType {words} to continue, anything else to stop: ")
    stderr.flush()
    _check(stdin.readline().rstrip("\r\n"), words, "The answer")


def _check(typed: str, words: str, source: str) -> None:
    if typed != words:
        raise NotConfirmed(f"{source} was not exactly {words!r}; nothing was done.")


def _plain(amount: Decimal) -> str:
    """An amount without an exponent and without zeros that say nothing."""
    return f"{amount.normalize():f}"
