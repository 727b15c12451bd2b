"""Where a session finds the words of its operator: in the mailbox of its run, each looked at between two bars.

A word is obeyed once: its file goes when it is in the journal and on the disk, and a session that was killed between the two
knows from its journal which words it has heard. Whoever gave a word reads in the mailbox what became of it, when that is on the
disk too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from agents.desk.steered.parts import Parts
from agents.desk.steered.profile import Reread
from agents.records.record import SessionEnd
from agents.records.steered import SteerDone, Steered
from config.clock import Clock
from config.errors import TribunalError
from config.frozen import Journaled
from execution.steering.mailbox import Answer, Mailbox
from execution.steering.words import OLD, SteerVerb

Asked = Callable[[datetime], Steered | None]
"""Gives the next word of an operator at a time of the session; None if there is none."""


def nobody_asks(at: datetime) -> None:
    """For a session without a mailbox."""


class Flushes(Protocol):
    """A journal that is open, or is about to be (`Journal`, `ResumingSink`)."""

    @property
    def opened(self) -> "Opened | None": ...


class Opened(Protocol):
    def flush(self) -> None: ...


class SteerSource:
    """The words of one session's mailbox, for the session; and a listener of its journal, which answers them."""

    def __init__(
        self,
        mailbox: Mailbox,
        clock: Clock,
        tell: Callable[[str], None],
        reread: Reread,
        journal: Flushes | None = None,
    ) -> None:
        """`reread` reads the profile again; `journal`: what is flushed before anybody is told that a word was heard, None where
        every event is written at once."""
        self._mailbox, self._clock, self._tell, self._reread = mailbox, clock, tell, reread
        self._journal = journal
        self._heard: set[str] = set()

    @property
    def parts(self) -> Parts:
        """What a changed profile replaces in this session."""
        return self._reread.parts

    def __call__(self, at: datetime) -> Steered | None:
        """The next word, as it is journaled."""
        word = self._mailbox.take(self._tell, self._heard)
        if word is None:
            return None
        if word.is_too_old(self._clock.now()):
            kind = "is a proposal" if word.row.has_direction else "takes a brake off"
            why = f"it {kind} and is older than {OLD.seconds} s"
            return Steered(at_utc=at, word=word, not_obeyed=why)
        if word.verb is not SteerVerb.RELOAD:
            return Steered(at_utc=at, word=word)
        try:
            return Steered(at_utc=at, word=word, profile=self._reread(word.word_id))
        except TribunalError as fault:
            why = str(fault)
        except Exception as fault:  # noqa: BLE001  the boundary of a reload: nothing that a profile says may end a session
            why = f"it could not be read ({type(fault).__name__}: {fault})"
        return Steered(at_utc=at, word=word, not_obeyed=f"the profile cannot be taken over: {why}")

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event of the session."""
        match event:
            case Steered(word=word):
                self._heard.add(word.word_id)
                self._reread.took(event)
                if not past:
                    self._flush()
                    self._mailbox.heard(word.word_id)
                    told = f"{word.verb.value} was heard and is being obeyed."
                    self._mailbox.answer(
                        Answer(word_id=word.word_id, state="heard", told=told, at_utc=event.at_utc)
                    )  # fmt: skip
            case SteerDone():
                self._flush()
                self._mailbox.answer(
                    Answer(word_id=event.word_id, state=event.outcome, told=event.told, at_utc=event.at_utc)
                )  # fmt: skip
            case SessionEnd() if not past:
                self._mailbox.close(self._tell, event.portfolio.as_of_utc)

    def _flush(self) -> None:
        opened = None if self._journal is None else self._journal.opened
        if opened is not None:
            opened.flush()
