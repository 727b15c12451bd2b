"""One exception class for each reaction, not for each cause; and every exit code of every command.

    TribunalError              what happened, what the system did, what the user can do
    ├── UsageFault        2    settings or arguments are wrong: nothing was started
    │   └── StrategyFault 10   a voter of the user's own failed, or cannot be believed: nothing it said is used
    ├── DataFault         3    market or news data cannot be trusted: it was refused, not repaired
    ├── JournalFault      4    the journal is damaged, forged, of another key or version: nothing in it is used
    ├── OutputFault       5    results cannot be written: the run stops and takes its half-written folder away
    ├── NotConfirmed      6    a dangerous act was not confirmed in words: it was not done
    ├── InvariantBroken   7    money does not add up: no new risk, stop at once
    └── ReplayMiss        8    a recorded answer of a model is missing: no model is asked instead

The number is the exit code of a command that such an error ends. `StrategyFault` lies in `agents/strategies/own.py`, `ReplayMiss`
in `agents/llm/attempt.py`: who alone can raise an error owns it. A command that no error ends has one of these codes:

    0      done
    1      done, and the answer is not the hoped-for one:
             `tribunal replay`: a difference, which is shown
             `tribunal doctor`: something is to be mended, which is named last
             `tribunal models`: --check has found no model that can sit
             `tribunal alert`: a destination did not take the test
             `tribunal halt`: PARTLY, the latch is down, and its reason, --flatten or log entry could not be kept
             `tribunal unhalt`: STILL_HALTED, lifted, and another latch still stops these sessions
             `tribunal steer`: the session has refused it, could not do it, or has not heard it in time
    9      CUT_SHORT, `tribunal replay`: identical as far as the journal goes, which has no closing event
    11     NOT_SHOWN, `tribunal evaluate`: done, and the policy has not met the criterion under which it may change sizes
    130    INTERRUPTED: Ctrl-C, SIGTERM or SIGHUP; what was finished before it is kept

An error of the program itself, which is no TribunalError, leaves a traceback and the code 1 of Python.
"""


class TribunalError(Exception):
    """Base of every error that a user may see. Its text is one or more whole sentences and needs no traceback."""

    exit_code = 1


class UsageFault(TribunalError):
    """Settings or arguments are wrong."""

    exit_code = 2


class DataFault(TribunalError):
    """Data is missing, unreadable, inconsistent or too short."""

    exit_code = 3


class JournalFault(TribunalError):
    """The journal cannot be trusted: its chain is broken, its key or version is another, or its file is damaged."""

    exit_code = 4


class OutputFault(TribunalError):
    """The run folder cannot be written."""

    exit_code = 5


class NotConfirmed(TribunalError):
    """The user did not type the confirmation that was asked for."""

    exit_code = 6


class InvariantBroken(TribunalError):
    """An accounting identity or another invariant does not hold; nothing after it can be trusted."""

    exit_code = 7
