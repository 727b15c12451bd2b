"""What every approver keeps: it answers the petition that it was asked, in time, and whatever is no clear yes is a no."""

import asyncio
import io
import os
import pty
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from implementations import implementations

from agents.approval.anywhere import AnywhereApprover
from agents.approval.box import Petitions
from agents.approval.console import ConsoleApprover, approver_of
from agents.approval.petition import (
    AUTO,
    NEVER,
    NO_TERMINAL,
    Answer,
    Approval,
    Approver,
    Fixed,
    Petition,
    RecordedApprover,
    ResumedApprover,
    answered,
)
from config.clock import FixedClock, Stopwatch
from config.sections.court import ApprovalMode
from risk.verdict import Reaction

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
DEADLINE_S = 0.2
SAID: dict[bool | None, Answer | None] = {
    True: Answer(True, "ann", "said yes"),
    False: Answer(False, "ann", "said no"),
    None: None,
}


def petition(number: int = 1, notional: str = "612.5") -> Petition:
    return Petition(
        decision_id=f"d{number}",
        symbol="BTC/USDT",
        as_of_utc=AT,
        notional=Decimal(notional),
        stop_fraction=0.02,
        reasons=("analyst: up", "risk agent: room", "devil's advocate: late", "ruling: approved"),
    )


class Types(io.StringIO):
    """What the approver writes its question to; when it has been written, somebody types."""

    def __init__(self, terminal: int, line: bytes | None) -> None:
        super().__init__()
        self._terminal, self._line = terminal, line

    def flush(self) -> None:
        super().flush()
        if self._line is not None and self.getvalue().endswith(": "):
            os.write(self._terminal, self._line)


@contextmanager
def console(said: bool | None) -> Iterator[Approver]:
    ours, theirs = pty.openpty()
    typed = {True: b"yes\n", False: b"no\n", None: None}[said]
    with open(theirs, encoding="utf-8") as stdin:
        yield ConsoleApprover(stdin, Types(ours, typed), FixedClock(AT))
    os.close(ours)


@contextmanager
def fixed(said: bool | None) -> Iterator[Approver]:
    yield {True: AUTO, False: NEVER, None: NO_TERMINAL}[said]


def journal(said: bool | None) -> Callable[[str], Approval | None]:
    """A journal that holds this answer to every petition, or none."""
    answer = SAID[said]
    return lambda decision_id: answered(petition(int(decision_id[1:])), answer, AT) if answer else None


@contextmanager
def recorded(said: bool | None) -> Iterator[Approver]:
    yield RecordedApprover(journal(said))


@contextmanager
def resumed(said: bool | None) -> Iterator[Approver]:
    yield ResumedApprover(journal(said), NO_TERMINAL)


@contextmanager
def resumed_and_asked(said: bool | None) -> Iterator[Approver]:
    answer = SAID[said]
    yield ResumedApprover(journal(None), Fixed(answer) if answer else NO_TERMINAL)


class Looks(io.StringIO):
    """What the approver tells that a petition waits; when it has been told, somebody answers on the page."""

    def __init__(self, box: Petitions, said: bool | None) -> None:
        super().__init__()
        self._box, self._said = box, said

    def flush(self) -> None:
        super().flush()
        for each in self._box.waiting() if self._said is not None else ():
            told = each.petition
            self._box.say(told.decision_id, told.notional, approved=bool(self._said), who="ann", via="page", why="")


@contextmanager
def anywhere(said: bool | None) -> Iterator[Approver]:
    clock = FixedClock(AT)
    with tempfile.TemporaryDirectory() as folder, Petitions(Path(folder)).attended("page"):
        box = Petitions(Path(folder), clock)
        nobody = ConsoleApprover(io.StringIO(), io.StringIO(), clock)
        yield AnywhereApprover(nobody, box, clock, Looks(box, said))


WAYS = {
    "anywhere": anywhere,
    "console": console,
    "fixed": fixed,
    "recorded": recorded,
    "resumed": resumed,
    "resumed and asked": resumed_and_asked,
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def ask(approver: Approver, asked: Petition, deadline_s: float = DEADLINE_S) -> Approval:
    return asyncio.run(approver.ask(asked, deadline_s))


def test_every_approver_of_the_rooms_is_held_to_the_contract() -> None:
    made = set()
    for way in WAYS.values():
        with way(True) as approver:
            made.add(f"{type(approver).__module__}.{type(approver).__name__}")
    assert implementations("ask", "petition", "deadline_s") == made


@each_way
@pytest.mark.parametrize("said", SAID)
def test_only_a_yes_is_a_yes_and_silence_is_a_no(way: Callable[..., Iterator[Approver]], said: bool | None) -> None:
    with way(said) as approver:
        assert ask(approver, petition()).approved is (said is True)


@each_way
@pytest.mark.parametrize("said", SAID)
def test_the_answer_is_to_the_petition_that_was_asked_and_says_who_and_why(
    way: Callable[..., Iterator[Approver]], said: bool | None
) -> None:
    with way(said) as approver:
        answer = ask(approver, petition())
    assert (answer.decision_id, answer.symbol, answer.notional) == ("d1", "BTC/USDT", Decimal("612.5"))
    assert answer.who
    assert answer.why
    assert answer.answered_utc in (None, AT)


@each_way
def test_a_second_petition_gets_an_answer_of_its_own(way: Callable[..., Iterator[Approver]]) -> None:
    with way(True) as approver:
        assert [ask(approver, petition(number)).decision_id for number in (1, 2, 1)] == ["d1", "d2", "d1"]


@each_way
def test_whoever_says_nothing_has_said_no_by_the_deadline_and_no_moment_is_made_up(
    way: Callable[..., Iterator[Approver]],
) -> None:
    watch = Stopwatch()
    with way(None) as approver:
        answer = ask(approver, petition())
    assert not answer.approved
    assert (answer.who, answer.answered_utc) == ("nobody", None)
    assert watch.elapsed() < timedelta(seconds=DEADLINE_S + 5.0)


@each_way
@pytest.mark.parametrize("said", SAID)
def test_an_answer_is_read_back_from_a_journal_as_it_was_and_stands_in_the_verdict(
    way: Callable[..., Iterator[Approver]], said: bool | None
) -> None:
    with way(said) as approver:
        answer = ask(approver, petition())
    assert Approval.model_validate_json(answer.canonical()) == answer
    report = answer.report()
    assert report.code == "approval"
    assert report.number == 612.5
    assert report.reaction is (Reaction.PASS if said else Reaction.REFUSE)
    assert report.note == f"{answer.who}: {answer.why}"


@pytest.mark.parametrize("mode", get_args(ApprovalMode))
def test_each_mode_of_the_profile_has_an_approver_and_without_a_terminal_only_auto_says_yes(mode: ApprovalMode) -> None:
    shown = io.StringIO()
    answer = ask(approver_of(mode, io.StringIO("yes\n"), shown, FixedClock(AT)), petition())
    assert answer.approved is (mode == "auto")
    assert shown.getvalue() == ""


def test_the_journal_answers_for_the_past_and_nobody_is_asked_again() -> None:
    class Deaf:
        async def ask(self, petition: Petition, deadline_s: float) -> Approval:
            raise AssertionError("what was answered is not asked again")

    assert ask(ResumedApprover(journal(True), Deaf()), petition()).approved
    assert not ask(ResumedApprover(journal(False), Deaf()), petition()).approved
