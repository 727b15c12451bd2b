"""Takes the raise of the ramp that a human has typed to the session that trades.

The session decides by the exchange's time whether it can be raised, whatever the clock of the machine said when it was typed. A
raise that leads from another quarter than the present one is none: it was heard already, or the ramp has fallen since.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from agents.desk.clocked.book import Books
from agents.records.account import Word
from config.errors import TribunalError
from risk.ramp import Ramp


class Raises:
    """The raises of one account. `ramp` gives where it stands; `tell` takes words for the user."""

    def __init__(
        self, books: Books, account: str, quote: str, ramp: Callable[[], Ramp | None], tell: Callable[[str], None]
    ) -> None:
        self._books, self._account, self._quote = books, account, quote
        self._ramp, self._tell = ramp, tell
        self._failed = False

    def __call__(self, at: datetime) -> Word | None:
        """The raise that takes effect at this time of the exchange; None if there is none."""
        if self._failed:
            return None
        try:
            said = self._books.said(self._account, self._quote)
        except TribunalError as fault:
            self._failed = True
            self._tell(f"{fault} The ramp was not raised, and the session goes on.")
            return None
        ramp = self._ramp()
        if said is None or ramp is None:
            return None
        with suppress(OSError):  # left behind, it leads from another quarter than the present one
            self._books.heard(self._account, self._quote)
        if said.quarters != ramp.quarters:
            return None
        if (why := ramp.why_not_raised(at)) is not None:
            self._tell(f"The ramp was not raised: {why}.")
            return None
        return said.word
