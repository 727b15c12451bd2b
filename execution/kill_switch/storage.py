"""A kill switch that is down, too, while the session's journal cannot be written.

So a lost journal is what a latch is: an input that is journaled when it is read, in its place among the events that wait. The
gate refuses new risk, entries are withdrawn, positions keep their stops and their voters, and a replay reads the same at the same
look. It lifts itself when the journal is written again; no command does.
"""

from execution.journal.lasting import LastingJournal
from execution.kill_switch.halting import Halt, Lifted, Reading, Switch

JOURNAL_LOST = "this journal"
"""The scope of this latch. No profile has a blank in its name."""
_WHO = "tribunal"


class StorageSwitch:
    """The latches of another switch, and that of the journal."""

    def __init__(self, switch: Switch, journal: LastingJournal, *, cancels: bool = True) -> None:
        """`cancels`: whether entries under way are withdrawn."""
        self._switch = switch
        self._journal = journal
        self._cancels = cancels
        self._was_down = False

    def read(self, look: int) -> Reading:
        found, own = self._switch.read(look), journal_halts(self._journal, cancels=self._cancels)
        lifted = found.lifted
        if self._was_down and not own:
            lifted = (*lifted, Lifted(scope=JOURNAL_LOST, who=_WHO, given_utc=None, why="the journal is written again"))
        self._was_down = bool(own)
        return Reading((*found.halts, *own), lifted)


def journal_halts(journal: LastingJournal, *, cancels: bool = True) -> tuple[Halt, ...]:
    """The latch of a journal that cannot be written. Tries to write it, if it is time."""
    journal.try_again()
    if journal.lost is None:
        return ()
    why = f"the journal cannot be written ({journal.lost.why})"
    down = Halt(
        scope=JOURNAL_LOST, who=_WHO, given_utc=journal.lost.since_utc, why=why, flatten=False, cancels=cancels
    )  # fmt: skip
    return (down,)
