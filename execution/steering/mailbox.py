"""The folder in which a session finds the words of its operator: one file a word, whichever surface wrote it.

    RUN/steer/NAME.json            a word that waits
    RUN/steer/NAME.json.taken      the word that the session is about to journal
    RUN/steer/answers/ID.json      what became of it
    RUN/steer/aside/NAME           a file that could not be read: it is told, and never obeyed

A surface may be another process of the same user: files are whole or not there, private, and bounded in number and size. A file
that was written by hand needs no more than `{"verb": "pause"}`: `target`, `who`, `why` and `given_utc` may stand beside it. Then
the name of the file names the word, and the time of the file is when it was given.

The session renames a word when it takes it, and removes it when it is in the journal. So a word can be withdrawn or taken, and
never both; and a session that is killed in between finds what it had taken.
"""

import json
import os
import stat
from collections.abc import Callable, Container
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from config.clock import Clock, SystemClock
from config.errors import OutputFault, UsageFault
from config.files import put_aside, rename, write_whole
from config.frozen import Frozen, UtcTime
from execution.journal.stores.pointer import JOURNAL, POINTER, has_ended
from execution.steering.words import BY_NAME, LONGEST_NAME, NO_REASON, SteerVerb, Word, line_of, wrong_target

FOLDER = "steer"
MOST_WAITING = 64
"""Words that may wait at a time."""
MOST_PROPOSALS = 8
"""Proposals among them, so that there is always room for a brake."""
MOST_ANSWERS = 256
"""Answers that are kept; older ones are in the journal."""
_LARGEST = 16_384
"""Bytes of a file above which it is no word."""
_HALF_WRITTEN_S = 2.0
"""A file that cannot be read and is younger may still be being written."""
_NAP_S = 0.05

_TAKEN = ".taken"

State = Literal["heard", "done", "refused", "failed"]
Withdrawal = Literal["withdrawn", "taken", "answered", "unknown"]
"""Whether a word was withdrawn: it is `withdrawn`; the session has `taken` it and journals it now; it was `answered` before; or
nobody knows it."""


class Answer(Frozen):
    """What became of a word: it was heard and is being obeyed, it was obeyed (`done`), `refused` with nothing done, or `failed`
    with what is left told."""

    word_id: str
    state: State
    told: str = Field(description="in a sentence, on what the venue has said")
    at_utc: UtcTime = Field(description="the time of the session")


class _File(NamedTuple):
    """A file of the mailbox: the name under which it was left, and when it was written [ns since 1970]."""

    path: str
    name: str
    written_ns: int
    is_taken: bool


class Mailbox:
    """The mailbox of one run. It need not exist: `put` makes it."""

    def __init__(self, run_folder: Path, clock: Clock | None = None) -> None:
        self.run = run_folder
        self.path = run_folder / FOLDER
        self._folder = str(self.path)
        self._taken: dict[str, str] = {}
        self._clock = clock or SystemClock()

    # for surfaces

    def put(self, word: Word) -> None:
        """Leave a word for the session. Raises UsageFault where there is no run, or one that has ended; OutputFault where too
        many words wait or the file cannot be written. Nothing was asked of the session then."""
        self.refuse_deaf(word.verb.value)
        waiting = self._files()
        if word.row.has_direction and sum(f"-{word.verb.value}-" in file.name for file in waiting) >= MOST_PROPOSALS:
            raise OutputFault(
                f"{MOST_PROPOSALS} proposals wait in {self.path}. Nothing was asked. Wait until they are heard."
            )
        if len(waiting) >= MOST_WAITING:
            raise OutputFault(
                f"{MOST_WAITING} words wait in {self.path} and nobody hears them. Nothing was asked. Is the session running? "
                "`tribunal halt` stops all sessions, and needs none."
            )
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            write_whole(self.path / _file_name(word.word_id), word.canonical(), durable=True, private=True)
        except OSError as fault:
            raise OutputFault(
                f"The word cannot be left in {self.path} ({fault.strerror}). Nothing was asked. Make the folder writable."
            ) from fault

    def refuse_deaf(self, verb: str) -> None:
        """Raise UsageFault where nobody will hear a word: there is no run, or it has ended."""
        if not any((self.run / name).exists() for name in (JOURNAL, POINTER)):
            raise UsageFault(f"There is no run in {self.run}. Nothing was asked. Give the folder of a run.")
        if has_ended(self.run):
            raise UsageFault(f"The run in {self.run} has ended, so nobody hears {verb}. Nothing was asked.")

    def withdraw(self, word_id: str, who: str) -> Withdrawal:
        """Take back a word that the session has not taken; whoever waits for it reads who did. A word that was written by hand
        goes by its file's name too. Raises OutputFault where its file cannot be removed: it waits still."""
        name = _file_name(word_id)
        found = next((file for file in self._files() if name in _names_of(file)), None)
        if found is not None and not found.is_taken:
            try:
                os.unlink(found.path)
            except FileNotFoundError:  # the session took it at this moment, or another surface withdrew it
                found = found._replace(is_taken=os.path.lexists(found.path + _TAKEN))
            except OSError as fault:
                raise OutputFault(
                    f"{found.name} cannot be removed from {self.path} ({fault.strerror}). Nothing was withdrawn. Make the "
                    "folder writable."
                ) from fault
            else:
                told = (
                    f"It was withdrawn by {line_of(who, LONGEST_NAME)} before the session heard it. Nothing was done."
                )
                answer = Answer(word_id=word_id[:LONGEST_NAME], state="refused", told=told, at_utc=self._clock.now())
                self.answer(answer)
                return "withdrawn"
        if found is not None and found.is_taken:
            return "taken"
        return "unknown" if self.answer_to(word_id) is None else "answered"

    def waiting(self) -> tuple[Word, ...]:
        """The words that can be withdrawn, oldest first. What cannot be read as one is left out."""
        found = []
        for file in self._files():
            if not file.is_taken:
                with suppress(*_UNREADABLE):
                    found.append(_read(file))
        return tuple(found)

    def changed_ns(self) -> int:
        """A number that is another one when a word came, was taken or was withdrawn [ns since 1970]; 0 before the first."""
        try:
            return os.stat(self._folder).st_mtime_ns
        except OSError:
            return 0

    def answers(self) -> tuple[Answer, ...]:
        """What became of the latest words, oldest first. What cannot be read is left out."""
        found = (_answer(file) for file in (self.path / "answers").glob("*.json"))
        return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.at_utc, each.word_id)))

    def answer_to(self, word_id: str) -> Answer | None:
        """What became of a word; None while nobody has heard it."""
        return _answer(self.path / "answers" / _file_name(word_id))

    def wait(self, word_id: str, timeout_s: float) -> Answer | None:
        """Wait [s] until a word is done, refused or has failed; the latest answer then, or None if nobody has heard it. It
        blocks: a page asks `answer_to` instead."""
        left = timeout_s
        while True:
            answer = self.answer_to(word_id)
            if (answer is not None and answer.state != "heard") or left <= 0:
                return answer
            sleep(_NAP_S)
            left -= _NAP_S

    # for the session

    def take(self, tell: Callable[[str], None], but: Container[str] = ()) -> Word | None:
        """The oldest word that waits, which nobody can withdraw from now on; it is found again until `heard`. One in `but` was
        heard before: its file goes. Never raises: what cannot be read is put aside and told."""
        if not os.access(self._folder, os.F_OK):  # nearly always: it costs less than a failed attempt to list it
            return None
        for file in self._files():
            word = self._word(file, tell)
            if word is None:
                continue
            if word.word_id in but:
                self._drop(file.path)
            elif (path := _claimed(file)) is not None:
                self._taken[word.word_id] = path
                return word
        return None

    def heard(self, word_id: str) -> None:
        """The word that was taken is in the journal: its file goes."""
        if (path := self._taken.pop(word_id, None)) is not None:
            self._drop(path)

    def answer(self, answer: Answer) -> None:
        """Say what became of a word. The journal says it as well, so one that cannot be written is left out."""
        folder = self.path / "answers"
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(folder / _file_name(answer.word_id), answer.canonical(), private=True)
            kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
            for old in kept[:-MOST_ANSWERS]:
                old.unlink(missing_ok=True)

    def close(self, tell: Callable[[str], None], at: datetime) -> None:
        """The session ends: words that still wait are refused."""
        for _ in range(MOST_WAITING):
            if (word := self.take(tell)) is None:
                return
            told = f"{word.verb.value} was not obeyed: the run has ended."
            self.heard(word.word_id)
            self.answer(Answer(word_id=word.word_id, state="refused", told=told, at_utc=at))
            tell(told)

    def _files(self) -> list[_File]:
        """The files that wait: what was taken, then the oldest first; none where there is no folder, which is nearly always."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return []
        found = []
        for each in names:
            name = each.removesuffix(_TAKEN)
            if name.endswith(".json") and not name.startswith("."):
                path = f"{self._folder}/{each}"
                with suppress(OSError):
                    found.append(_File(path, name, os.lstat(path).st_mtime_ns, each != name))
        return sorted(found, key=lambda file: (not file.is_taken, file.written_ns, file.name))

    def _word(self, file: _File, tell: Callable[[str], None]) -> Word | None:
        try:
            return _read(file)
        except FileNotFoundError:
            return None
        except _UNREADABLE as fault:
            now = self._clock.now().timestamp()
            if 0 <= now - file.written_ns / 1e9 < _HALF_WRITTEN_S:
                return None
            self._put_aside(file, _why(fault), tell)
            return None

    def _put_aside(self, file: _File, why: str, tell: Callable[[str], None]) -> None:
        name = line_of(file.name, LONGEST_NAME)
        told = f"{name} is no word that can be obeyed ({why}). Nothing was done; it lies in {FOLDER}/aside."
        aside = self.path / "aside"
        with suppress(OSError):
            if not aside.exists() or len(os.listdir(aside)) < MOST_WAITING:
                put_aside(file.path, aside)
        if os.path.lexists(file.path):
            self._drop(file.path)
        self.answer(Answer(word_id=_id_of(file), state="refused", told=told, at_utc=self._clock.now()))
        tell(told)

    @staticmethod
    def _drop(path: str) -> None:
        with suppress(OSError):
            os.unlink(path)


_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def _claimed(file: _File) -> str | None:
    """Where a word lies that the session has taken; None if it was withdrawn at this moment. A brake is obeyed even where no file
    can be renamed."""
    if file.is_taken:
        return file.path
    try:
        rename(file.path, file.name + _TAKEN)
    except FileNotFoundError:
        return None
    except OSError:
        return file.path
    return file.path + _TAKEN


def _read(file: _File) -> Word:
    """The word of a file. Raises one of `_UNREADABLE`."""
    tree = json.loads(_content(file.path))
    if not isinstance(tree, dict):
        raise ValueError("it is no JSON object")
    written = datetime.fromtimestamp(file.written_ns / 1e9, UTC)
    return _word_of(tree, _id_of(file), written)


def _word_of(tree: dict[str, Any], word_id: str, written: datetime) -> Word:
    """A word, with what a file that was written by hand leaves out. It was never given later than its file was written."""
    verb = str(tree.get("verb", ""))
    if verb not in list(SteerVerb):
        known = ", ".join(each.value for each in SteerVerb)
        raise ValueError(f"{line_of(verb, 40)!r} is no verb of a session; there are {known}")
    word = Word.model_validate(
        {"word_id": word_id, "target": "", "who": "a file", "via": "file", "why": NO_REASON, "given_utc": written}
        | tree
    )
    if (wrong := wrong_target(BY_NAME[verb], word.target, word.direction)) is not None:
        raise ValueError(wrong)
    return word if word.given_utc <= written else word.model_copy(update={"given_utc": written})


def _content(path: str) -> bytes:
    """The content of a plain file. A link, a folder or a pipe is none, and is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no plain file")
        if found.st_size > _LARGEST:
            raise ValueError(f"it is longer than {_LARGEST} bytes")
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _answer(file: Path) -> Answer | None:
    try:
        return Answer.model_validate_json(_content(str(file)))
    except _UNREADABLE:
        return None


def _file_name(word_id: str) -> str:
    """The file of a word: its id, of which nothing can lead out of the folder."""
    return f"{_plain(word_id)}.json"


def _id_of(file: _File) -> str:
    """The id of a word that names none itself: its file, and when that was written [ms], so that a name can be used again."""
    return f"{_plain(file.name.removesuffix('.json'))[:80]}-{file.written_ns // 1_000_000}"


def _names_of(file: _File) -> set[str]:
    """All file names by which the word of a file goes: its own, and those of the ids that it has here and in itself."""
    names = {file.name, _file_name(_id_of(file))}
    with suppress(*_UNREADABLE):
        names.add(_file_name(_read(file).word_id))
    return names


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name)
    return kept[:LONGEST_NAME]


def _why(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        first = fault.errors()[0]
        return line_of(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}", 200)
    known = isinstance(fault, ValueError) and not isinstance(fault, json.JSONDecodeError | UnicodeDecodeError)
    return line_of(str(fault) if known else "it is no JSON", 200)
