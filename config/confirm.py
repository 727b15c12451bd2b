"""The last question before real money.

It is asked by what the settings do, not by what a profile is called, and only words typed on a terminal, or given word
for word by the caller, answer it: a pipe, an environment variable or a `--yes` do not.
"""

from typing import TextIO

from config.errors import NotConfirmed
from config.settings import Settings

WORDS = "TRADE REAL MONEY"


def confirm_live(settings: Settings, stdin: TextIO, stderr: TextIO, given: str | None = None) -> None:
    """Return when nothing real is at stake, or when the user has confirmed it; else raise NotConfirmed.

    `given` is what `--confirm` was given. With it nothing is asked: the words are right or they are not.
    """
    if settings.world != "live":
        return
    if given is not None:
        _check(given, "--confirm")
        return
    if not stdin.isatty():
        raise NotConfirmed(
            f"The profile {settings.profile!r} trades real money, and there is no terminal to confirm it on; nothing was "
            f'started. Start it from a terminal, or add --confirm "{WORDS}".'
        )
    stderr.write(
        f"The profile {settings.profile!r} sends orders for real money to {settings.venue.exchange}.\n"
        f"Type {WORDS} to go on, anything else to stop: "
    )
    stderr.flush()
    _check(stdin.readline().rstrip("\r\n"), "The answer")


def _check(words: str, source: str) -> None:
    if words != WORDS:
        raise NotConfirmed(
            f"{source} was not exactly {WORDS!r}; nothing was started. Use the paper profile to try things."
        )
