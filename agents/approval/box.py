"""The petitions of a run that wait for a human, as files: a session lays them down, and a page, a program or a chat answers.

    RUN/petitions/ID.json          a petition that waits, with its deadline
    RUN/petitions/ID.answer.json   the first answer to it; no second one is taken
    RUN/petitions/there/NAME       is locked by a surface on which somebody may answer; the kernel frees it with its process

An answer names the decision and the amount that it is about: one about another amount is refused here, and is a no where it
reaches the session all the same. Whatever is left of a session that was killed is asked anew.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from pydantic import Field, ValidationError

from agents.approval.petition import Petition
from config.clock import Clock, SystemClock
from config.errors import OutputFault, UsageFault
from config.files import write_once, write_whole
from config.frozen import Frozen, UtcTime
from execution.steering.words import LONGEST, LONGEST_NAME, Via, line_of

FOLDER: Final = "petitions"
_THERE = "there"
_ANSWER, _PETITION = ".answer.json", ".json"
_LARGEST = 65_536
_MOST = 64
Known = TypeVar("Known", bound=Frozen)


class Waiting(Frozen):
    """A petition that waits."""

    petition: Petition
    asked_utc: UtcTime = Field(description="when it was asked, by the clock of the machine")
    until_utc: UtcTime = Field(description="its deadline: silence until then is a no")


class Said(Frozen):
    """An answer to a petition. `notional`: the amount that whoever answered was shown [quote]."""

    decision_id: str
    notional: Decimal
    approved: bool
    who: str = Field(min_length=1, max_length=LONGEST_NAME)
    via: Via
    why: str = Field(max_length=LONGEST)
    given_utc: UtcTime


class Petitions:
    """The petitions of the run in `folder`."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.path = folder / FOLDER
        self._clock = clock or SystemClock()

    # for surfaces

    def waiting(self) -> tuple[Waiting, ...]:
        """Those that may still be answered, the oldest first."""
        now = self._clock.now()
        found = (_read(file, Waiting) for file in self._files())
        left = [
            each
            for each in found
            if each is not None and each.until_utc > now and not self._answer(each.petition.decision_id).exists()
        ]
        return tuple(sorted(left, key=lambda each: (each.asked_utc, each.petition.decision_id)))

    def one(self, decision_id: str) -> Waiting | None:
        """The petition about a decision, while it may be answered."""
        return next((each for each in self.waiting() if each.petition.decision_id == decision_id), None)

    def changed_ns(self) -> int:
        """When a petition or an answer was laid down or taken away last [ns since 1970]; 0 for never."""
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0

    def say(self, decision_id: str, notional: Decimal, *, approved: bool, who: str, via: Via, why: str) -> Said:
        """Answer a petition. Raises UsageFault where none waits, for another amount, and where somebody was faster; OutputFault
        where the answer cannot be written. Nothing is approved then."""
        asked = self.one(decision_id)
        if asked is None:
            raise UsageFault(
                f"No petition about {line_of(decision_id, 60)} waits: it was answered, or its time is over, which is a no. "
                "Nothing was approved."
            )
        if asked.petition.notional != notional:
            raise UsageFault(
                f"The petition about {decision_id} is for {asked.petition.notional:,.2f}, and the answer about {notional:,.2f}. "
                "Nothing was approved. Look at it again."
            )
        said = Said(
            decision_id=decision_id,
            notional=notional,
            approved=approved,
            who=line_of(who, LONGEST_NAME) or "unknown",
            via=via,
            why=line_of(why) or ("said yes" if approved else "said no"),
            given_utc=self._clock.now(),
        )
        try:
            write_once(self._answer(decision_id), said.canonical())
        except FileExistsError:
            raise UsageFault(
                f"Somebody was faster: the petition about {decision_id} has an answer already. Yours counts for nothing."
            ) from None
        except OSError as fault:
            raise OutputFault(
                f"The answer cannot be left in {self.path} ({fault.strerror}). Nothing was approved; silence is a no."
            ) from fault
        return said

    @contextmanager
    def attended(self, name: str) -> Iterator[None]:
        """A block while which somebody may answer on the surface `name`. Where that cannot be noted, nobody is asked there."""
        descriptor = -1
        with suppress(OSError):
            folder = self.path / _THERE
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = folder / f"{_plain(name)}-{os.getpid()}"
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            if descriptor >= 0:
                os.close(descriptor)
                with suppress(OSError):
                    place.unlink()
                    place.parent.rmdir()  # where it is empty, as beside a run that has ended
                    self.path.rmdir()

    # for the session

    def is_attended(self) -> bool:
        """Whether somebody may answer on some surface."""
        with suppress(OSError):
            return any(_is_locked(place) for place in (self.path / _THERE).iterdir())
        return False

    def ask(self, petition: Petition, until_utc: datetime) -> None:
        """Lay a petition down; an answer that is left of a killed session goes. Raises OSError."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        self._answer(petition.decision_id).unlink(missing_ok=True)
        waiting = Waiting(petition=petition, asked_utc=self._clock.now(), until_utc=until_utc)
        write_whole(self._petition(petition.decision_id), waiting.canonical(), private=True)

    def answer_to(self, decision_id: str) -> Said | None:
        """The answer to a petition; None while there is none. One that cannot be read is none."""
        return _read(self._answer(decision_id), Said)

    def settle(self, decision_id: str) -> None:
        """A petition is answered, or its time is over: nobody can answer it any more."""
        for file in (self._petition(decision_id), self._answer(decision_id)):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        try:
            found = [file for file in self.path.iterdir() if file.name.endswith(_PETITION)]
        except OSError:
            return []
        return [file for file in found if not file.name.endswith(_ANSWER)][:_MOST]

    def _petition(self, decision_id: str) -> Path:
        return self.path / f"{_plain(decision_id)}{_PETITION}"

    def _answer(self, decision_id: str) -> Path:
        return self.path / f"{_plain(decision_id)}{_ANSWER}"


def _read(file: Path, kind: type[Known]) -> Known | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return kind.model_validate_json(os.read(descriptor, _LARGEST))
    except (OSError, ValidationError):
        return None
    finally:
        os.close(descriptor)


def _is_locked(place: Path) -> bool:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _plain(name: str) -> str:
    """A name of which nothing leads out of a folder. Decisions of one run have names that stay apart."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name)[
        :LONGEST_NAME
    ]
