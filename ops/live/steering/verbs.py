"""Every verb that page, REST and chat offer: those of session and latch, out of their one table, and two for petitions.

A surface has no list of its own. What it offers, refuses and tests is derived from `VERBS`. A proposal is not among them: it says
long or short, which no form of theirs carries, and what asks for new risk shall take more than a click. It is given on the
command line, in a file, or by an agent (`Steering.propose`).
"""

from enum import StrEnum
from typing import Final, NamedTuple

from execution.steering.words import ROWS, Row, Target


class Way(StrEnum):
    """How a verb reaches the session."""

    WORD = "word"
    """Through its mailbox."""
    LATCH = "latch"
    """Through the latch of the kill switch, for all sessions."""
    PETITION = "petition"
    """As the answer to a petition that waits."""


class Offered(NamedTuple):
    """A verb as a surface offers it."""

    name: str
    way: Way
    target: Target | None
    """What it is about; None for the decision of a petition."""
    is_brake: bool
    """Whether it lowers risk. The others need a reason, and in the chat a one-time code."""
    what: str


def _offered(row: Row) -> Offered:
    return Offered(row.name, Way.LATCH if row.of_latch else Way.WORD, row.target, row.is_brake, row.what)


VERBS: Final[tuple[Offered, ...]] = (
    *(_offered(row) for row in ROWS if not row.has_direction),
    Offered("approve", Way.PETITION, None, is_brake=False, what="let a position be opened that waits for a yes"),
    Offered("reject", Way.PETITION, None, is_brake=True, what="refuse a position that waits for a yes"),
)
OFFERED: Final = {verb.name: verb for verb in VERBS}
"""By name."""
PROPOSE: Final = next(_offered(row) for row in ROWS if row.has_direction)
"""What agents may be allowed, and the window does not offer."""
GIVEN: Final = tuple(verb for verb in VERBS if verb.way is not Way.PETITION)
"""Those that are given to a session or to the latch."""
