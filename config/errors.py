"""One exception class for each reaction, not for each cause.

    TribunalError            what happened, what the system did, what the user can do
    ├── UsageFault      2    settings or arguments are wrong: nothing was started
    ├── DataFault       3    market or news data cannot be trusted: it was refused, not repaired
    ├── JournalFault    4    the journal is damaged, forged, of another key or version: nothing in it is believed
    ├── OutputFault     5    results cannot be written: the run stops and takes its half-written folder away
    ├── NotConfirmed    6    a dangerous act was not confirmed in words: it was not done
    ├── InvariantBroken 7    money does not add up: no new risk, stop at once

The number is the exit code of a command that ends so. `130` is Ctrl-C before a session has begun.
"""


class TribunalError(Exception):
    """Base of every error that a user may see; its text is one whole sentence or more, and needs no traceback."""

    exit_code = 1


class UsageFault(TribunalError):
    """Settings or arguments are wrong."""

    exit_code = 2


class DataFault(TribunalError):
    """Data is missing, unreadable, inconsistent or too short."""

    exit_code = 3


class JournalFault(TribunalError):
    """The journal cannot be believed or read: broken chain, foreign key, damaged file, events of another version."""

    exit_code = 4


class OutputFault(TribunalError):
    """The run folder cannot be written."""

    exit_code = 5


class NotConfirmed(TribunalError):
    """A typed confirmation was asked for and not given."""

    exit_code = 6


class InvariantBroken(TribunalError):
    """An accounting identity or another invariant does not hold; nothing after it can be trusted."""

    exit_code = 7
