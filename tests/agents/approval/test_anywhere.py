"""A petition that is answered elsewhere than on the terminal: the first answer counts, and every doubt is a no."""

import asyncio
import io
import os
import pty
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.approval.anywhere import AnywhereApprover
from agents.approval.box import Petitions, Said
from agents.approval.console import ConsoleApprover
from agents.approval.petition import Approval, Petition
from config.clock import FixedClock
from config.errors import UsageFault

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
LONG_S = 30.0
PETITION = Petition(
    decision_id="20240301T1200-BTCUSDT", symbol="BTC/USDT", as_of_utc=AT, notional=Decimal("612.5"), stop_fraction=0.02,
    reasons=("analyst: up",),
)  # fmt: skip


class Moving:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = AT

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def box(tmp_path: Path, clock: Moving) -> Petitions:
    return Petitions(tmp_path, clock)


def laid(box: Petitions) -> None:
    box.ask(PETITION, AT + timedelta(seconds=60))


def say(box: Petitions, amount: str = "612.5", approved: bool = True, who: str = "ada") -> Said:
    return box.say(PETITION.decision_id, Decimal(amount), approved=approved, who=who, via="chat", why="looks right")


class Told(io.StringIO):
    """Stands for stderr: when a petition was told, `then` is done."""

    def __init__(self, then: Any) -> None:
        super().__init__()
        self._then = then

    def flush(self) -> None:
        if " waits for " in self.getvalue() or self.getvalue().endswith(": "):
            then, self._then = self._then, lambda: None
            then()


@pytest.fixture
def terminal() -> Iterator[tuple[int, Any]]:
    ours, theirs = pty.openpty()
    with open(theirs, encoding="utf-8") as stdin:
        yield ours, stdin
    os.close(ours)


def ask(box: Petitions, stdin: Any, then: Any, deadline_s: float = LONG_S) -> tuple[Approval, list[str]]:
    asked: list[str] = []
    told, clock = Told(then), FixedClock(AT)

    def note(petition: Petition, deadline_s: float) -> None:
        asked.append(petition.decision_id)

    approver = AnywhereApprover(ConsoleApprover(stdin, told, clock, note), box, clock, told, note)
    return asyncio.run(approver.ask(PETITION, deadline_s)), asked


def test_without_a_terminal_the_page_or_the_chat_is_asked_once_and_named_in_the_answer(box: Petitions) -> None:
    with box.attended("chat"):
        answer, asked = ask(box, io.StringIO(), lambda: say(box))
    assert (answer.approved, answer.who, answer.why) == (True, "chat: ada", "looks right")
    assert asked == [PETITION.decision_id]
    assert box.waiting() == ()


def test_where_nobody_could_answer_nobody_is_waited_for(box: Petitions) -> None:
    answer, asked = ask(box, io.StringIO(), lambda: say(box))
    assert (answer.approved, answer.who) == (False, "nobody")
    assert asked == []


def test_beside_a_terminal_the_chat_may_be_first(box: Petitions, terminal: tuple[int, Any]) -> None:
    answer, asked = ask(box, terminal[1], lambda: say(box, approved=False))
    assert (answer.approved, answer.who) == (False, "chat: ada")
    assert asked == [PETITION.decision_id]


def test_beside_the_chat_the_terminal_may_be_first(box: Petitions, terminal: tuple[int, Any]) -> None:
    with box.attended("chat"):
        answer, _ = ask(box, terminal[1], lambda: os.write(terminal[0], b"yes\n"))
    assert (answer.approved, answer.who) == (True, "console")
    with pytest.raises(UsageFault, match="waits"):
        say(box)


def test_silence_everywhere_is_a_no(box: Petitions, terminal: tuple[int, Any]) -> None:
    with box.attended("page"):
        answer, _ = ask(box, terminal[1], lambda: None, deadline_s=0.3)
    assert (answer.approved, answer.who) == (False, "nobody")


def test_an_answer_file_about_another_amount_or_decision_is_a_no(box: Petitions) -> None:
    def forge(**changes: Any) -> None:
        said = Said(
            decision_id=PETITION.decision_id, notional=PETITION.notional, approved=True, who="eve", via="file", why="",
            given_utc=AT,
        ).model_copy(update=changes)  # fmt: skip
        (box.path / f"{PETITION.decision_id}.answer.json").write_bytes(said.canonical())

    for changes in ({"notional": Decimal(9)}, {"decision_id": "another"}):
        with box.attended("page"):
            answer, _ = ask(box, io.StringIO(), lambda: forge(**changes))  # noqa: B023
        assert (answer.approved, answer.why) == (False, "the answer was to another petition")


def test_the_first_answer_counts_and_a_second_one_is_told_so(box: Petitions) -> None:
    laid(box)
    say(box, approved=False)
    with pytest.raises(UsageFault, match="Nothing was approved"):
        say(box)
    said = box.answer_to(PETITION.decision_id)
    assert said is not None
    assert not said.approved


def test_an_answer_about_another_amount_is_refused_and_the_petition_still_waits(box: Petitions) -> None:
    laid(box)
    with pytest.raises(UsageFault, match=r"for 612\.50, and the answer about 9,999\.00"):
        say(box, "9999")
    assert len(box.waiting()) == 1


def test_after_its_deadline_a_petition_takes_no_answer(box: Petitions, clock: Moving) -> None:
    laid(box)
    clock.time += timedelta(seconds=61)
    assert box.waiting() == ()
    with pytest.raises(UsageFault, match="its time is over"):
        say(box)


def test_what_a_killed_session_has_left_is_asked_anew(box: Petitions) -> None:
    laid(box)
    say(box)
    laid(box)
    assert len(box.waiting()) == 1
    assert box.answer_to(PETITION.decision_id) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".", ""])
def test_a_decision_that_is_no_name_leads_nowhere(box: Petitions, name: str) -> None:
    laid(box)
    with pytest.raises(UsageFault):
        box.say(name, Decimal(1), approved=True, who="eve", via="rest", why="")


def test_what_is_no_petition_in_the_folder_is_passed_over(box: Petitions) -> None:
    laid(box)
    (box.path / "x.json").write_text("{")
    (box.path / "link.json").symlink_to("/dev/zero")
    os.mkfifo(box.path / "pipe.json")
    assert len(box.waiting()) == 1


def test_a_surface_is_there_as_long_as_its_process_holds_it(box: Petitions) -> None:
    assert not box.is_attended()
    with box.attended("page"):
        assert box.is_attended()
    assert not box.is_attended()
    (box.path / "there").mkdir(parents=True)
    (box.path / "there" / "chat-1").write_text("")  # of a process that was killed
    assert not box.is_attended()
