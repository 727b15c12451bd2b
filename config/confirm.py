"""The confirmation that the user must type before the program trades real money.

The settings decide whether it is needed; the name of the profile does not. The user types the exact words on a terminal
or passes them with `--confirm`. A pipe, an environment variable or a `--yes` does not count.
"""

from typing import TextIO

from config.errors import NotConfirmed
from config.settings import Settings

WORDS = "TRADE REAL MONEY"


def confirm_live(settings: Settings, stdin: TextIO, stderr: TextIO, given: str | None = None) -> None:
    """Return when the settings trade no real money or the user has confirmed; otherwise raise NotConfirmed.

    `given` is the value of `--confirm`. When it is present, the function checks it and asks no question.
    """
    if settings.world != "live":
        return
    if given is not None:
        _check(given, "--confirm")
        return
    if not stdin.isatty():
        raise NotConfirmed(
            f"The profile {settings.profile!r} trades real money, and there is no terminal on which to confirm that. Nothing "
            f'was started. Start it from a terminal, or add --confirm "{WORDS}".'
        )
    stderr.write(
        f"The profile {settings.profile!r} sends orders for real money to {settings.venue.exchange}.\n"
        f"Type {WORDS} to continue, anything else to stop: "
    )
    stderr.flush()
    _check(stdin.readline().rstrip("\r\n"), "The answer")


def _check(words: str, source: str) -> None:
    if words != WORDS:
        raise NotConfirmed(
            f"{source} was not exactly {WORDS!r}; nothing was started. Use the paper profile to trade without real money."
        )
