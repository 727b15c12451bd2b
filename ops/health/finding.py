"""One line of the doctor: what was looked at, how it stands, and what mends it.

What could not be asked is never said to be well.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from config.errors import TribunalError


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    MEND = "mend"
    NOT_ASKED = "not asked"


class Finding(NamedTuple):
    """`check`: what was looked at. `told`: what was seen. `how`: what the user can do, where it is to be mended."""

    check: str
    state: State
    told: str
    how: str = ""

    @property
    def sentence(self) -> str:
        """What was seen, and what mends it."""
        return f"{self.told} {self.how}".rstrip()


def well(check: str, told: str) -> Finding:
    """A finding that is as it should be."""
    return Finding(check, State.OK, told)


def ill(check: str, told: str, how: str = "") -> Finding:
    """A finding that is to be mended."""
    return Finding(check, State.MEND, told, how)


def unasked(check: str, why: str) -> Finding:
    """A question that was not asked, or has no answer, and why."""
    return Finding(check, State.NOT_ASKED, why)


def tried(check: str, look: Callable[[], Finding]) -> Finding:
    """The finding of a look, or the fault that it ends in as a finding."""
    try:
        return look()
    except TribunalError as fault:
        return ill(check, str(fault))
