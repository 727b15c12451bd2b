"""A human's yes to large positions: asked after the gate, journaled before the order, and a no in every doubt."""

import asyncio
import io
import os
import pty
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import pytest
from gate_support import AT
from halt_support import FallsAt, journaled, session
from hearing_support import hearing
from run_support import run, said

from agents.approval.asking import Approvals
from agents.approval.console import ConsoleApprover, question
from agents.approval.petition import AUTO, NEVER, Answer, Approval, Approver, Petition, answered, teller_of
from agents.court.hearing import Hearing
from agents.records.record import CycleRecord
from agents.records.registry import Recorded
from agents.replay import main as replay
from config.clock import FixedClock
from config.reading.load import load_profile
from execution.reports import SentOrder
from risk.order import Order, Purpose
from risk.verdict import Outcome, Verdict

ABOVE = 100.0
PETITION = Petition(
    decision_id="d1", symbol="BTC/USDT", as_of_utc=AT, notional=Decimal("612.5"), stop_fraction=0.02,
    reasons=("analyst: up", "risk agent: room", "devil's advocate: \x1b[2Jlate\nyes", "ruling: approved"),
)  # fmt: skip


class Asked:
    """An approver that notes what it is asked, and answers as it is told."""

    def __init__(self, answer: Callable[[Petition], Any]) -> None:
        self._answer = answer
        self.petitions: list[Petition] = []

    async def ask(self, petition: Petition, deadline_s: float) -> Approval:
        self.petitions.append(petition)
        said = self._answer(petition)
        return await said if asyncio.iscoroutine(said) else said


def says(approved: bool) -> Callable[[Petition], Approval]:
    return lambda petition: answered(petition, Answer(approved, "ann", "she said so"), AT)


def broken(petition: Petition) -> Approval:
    raise OSError("the line is dead")


def another(petition: Petition) -> Approval:
    return answered(petition, Answer(True, "ann", "a larger one"), AT).model_copy(update={"notional": Decimal(10**6)})


DOUBTS = {
    "no": says(False),
    "it breaks": broken,
    "it answers another petition": another,
    "it answers nothing": lambda _: None,
}


def orders(events: list[Recorded]) -> list[Order]:
    intents = said(events, SentOrder)
    return [order for order in intents if order.purpose is Purpose.ENTRY]


def approvals(events: list[Recorded]) -> list[Approval]:
    return said(events, Approval)


def asked_above(out: Path, approver: Approver, above: float | None = ABOVE, **changes: Any) -> list[Recorded]:
    session(out, approver=approver, days=2, court__approval_above=above, **changes)
    assert replay([str(out), "--quiet"]) == 0
    return journaled(out)


@pytest.mark.slow
def test_a_yes_is_journaled_before_its_order_leaves_and_stands_in_the_verdict(tmp_path: Path) -> None:
    approver = Asked(says(True))
    events = asked_above(tmp_path / "run", approver)
    assert approver.petitions
    for answer in approvals(events):
        asked = next(
            e.seq for e in events if isinstance(e.event, Approval) and answer.decision_id.encode() in e.payload
        )
        sent = next(
            e.seq for e in events if isinstance(e.event, SentOrder) and answer.decision_id.encode() in e.payload
        )
        assert sent == asked + 1
    hearings = [h for e in events if isinstance(e.event, CycleRecord) for h in e.event.hearings]
    signed = {h.verdict.decision_id: h.verdict for h in hearings if h.verdict.outcome is Outcome.SIGNED}
    for petition in approver.petitions:
        verdict = signed[petition.decision_id]
        assert verdict.notional == petition.notional > ABOVE
        assert verdict.rules[-1].note == "ann: she said so"
        assert len(petition.reasons) == 4
    assert {v.decision_id for v in signed.values() if v.notional > ABOVE} == {p.decision_id for p in approver.petitions}


@pytest.mark.slow
def test_after_a_no_the_order_never_leaves_and_counts_no_longer_as_under_way(tmp_path: Path) -> None:
    events = asked_above(tmp_path / "run", Asked(says(False)), above=1.0)
    assert {approval.approved for approval in approvals(events)} == {False}
    assert orders(events) == []
    records = said(events, CycleRecord)
    rules = {h.verdict.decision_id: h.verdict.binding_rule for r in records for h in r.hearings}
    assert {rules[approval.decision_id] for approval in approvals(events)} == {"approval"}
    assert all(record.portfolio.pending_notional == {} for record in records)


def signed(notional: str = "612.5") -> Hearing:
    return hearing().model_copy(update={"verdict": Verdict(
        decision_id="d1", symbol="BTC/USDT", as_of_utc=AT, outcome=Outcome.SIGNED, binding_rule="position", rules=(),
        notional=Decimal(notional), stop_fraction=0.02,
    )})  # fmt: skip


def decided(answer: Callable[[Petition], Any], notional: str = "612.5", **changes: Any) -> Approval | None:
    court = load_profile("live").court.model_copy(update=changes)
    return asyncio.run(Approvals(court, Asked(answer), grace_s=0.0).decide(signed(notional)))


@pytest.mark.parametrize("answer", DOUBTS.values(), ids=DOUBTS.keys())
def test_every_doubt_is_a_no(answer: Callable[[Petition], Any]) -> None:
    said = decided(answer)
    assert said is not None
    assert not said.approved
    assert (said.decision_id, said.notional) == ("d1", Decimal("612.5"))


def test_silence_until_the_deadline_is_a_no_however_patient_the_approver() -> None:
    said = decided(lambda petition: asyncio.sleep(60), approval_deadline_s=0.05)
    assert said is not None
    assert (said.approved, said.who, said.answered_utc) == (False, "nobody", None)
    assert said.why == "asking failed with TimeoutError"


@pytest.mark.parametrize(("notional", "asked"), [("499.99", False), ("500", False), ("500.00000001", True)])
def test_only_positions_above_the_limit_need_approval(notional: str, asked: bool) -> None:
    assert (decided(says(True), notional) is not None) is asked


def test_nobody_is_asked_without_a_limit_or_after_a_refusal_of_the_gate() -> None:
    assert decided(broken, approval_above=None) is None
    court = load_profile("live").court
    assert asyncio.run(Approvals(court, Asked(broken)).decide(hearing())) is None


@pytest.mark.slow
def test_a_kill_switch_that_falls_before_the_answer_overrides_a_yes(tmp_path: Path) -> None:
    looks: list[int] = []
    session(tmp_path / "count", days=2, looks=looks, court__approval_above=ABOVE)
    events = journaled(tmp_path / "count")
    asked = next(event.seq for event in events if isinstance(event.event, Approval))
    look = next(number for number, count in enumerate(looks, 1) if count >= asked)
    session(tmp_path / "run", FallsAt(look), Asked(says(True)), days=2, court__approval_above=ABOVE)
    assert approvals(journaled(tmp_path / "run"))[0].approved
    assert [order.decision_id for order in orders(journaled(tmp_path / "run"))] == [
        order.decision_id for order in orders(events[:asked])
    ]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def test_paper_approves_automatically_backtests_need_no_approval_and_real_venues_ask() -> None:
    courts = {name: load_profile(name).court for name in ("paper", "backtest", "testnet", "live")}
    assert {name: (court.approval, court.approval_above) for name, court in courts.items()} == {
        "paper": ("auto", Decimal(500)),
        "backtest": ("ask", None),
        "testnet": ("ask", Decimal(500)),
        "live": ("ask", Decimal(500)),
    }


@pytest.mark.slow
def test_without_a_terminal_the_answer_is_no_and_the_run_reports_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\nyes\nyes\n"))
    assert run(tmp_path / "run", "--days", "2", "--approve", "ask", "--set", "court.approval_above=100") == 0
    assert {a.why for a in approvals(journaled(tmp_path / "run"))} == {"there is no terminal, page or chat to ask on"}
    assert "needed a yes" in capsys.readouterr().out


class Terminal:
    """Both ends of a pseudo-terminal: what the approver reads, and where the test types."""

    def __init__(self, ours: int, stdin: TextIO) -> None:
        self._ours = ours
        self.stdin = stdin
        self.shown = io.StringIO()

    def type(self, text: bytes) -> None:
        os.write(self._ours, text)

    def ask(self, text: bytes | None, deadline_s: float = 5.0, told: Sequence[object] = ()) -> Approval:
        async def both() -> Approval:
            approver = ConsoleApprover(self.stdin, self.shown, FixedClock(AT), teller_of(told))
            question = asyncio.create_task(approver.ask(PETITION, deadline_s))
            await asyncio.sleep(0.05)
            if text is not None:
                self.type(text)
            return await question

        return asyncio.run(both())


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    with open(theirs, encoding="utf-8") as stdin:
        yield Terminal(ours, stdin)
    os.close(ours)


ANSWERS = {
    b"yes\n": True, b" Y \n": True, b"no\n": False, b"\n": False, b"yes please\n": False, b"\xff\xfe\n": False, b"\x04": False,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "approved"), ANSWERS.items())
def test_only_yes_typed_on_the_terminal_is_a_yes(terminal: Terminal, typed: bytes, approved: bool) -> None:
    said = terminal.ask(typed)
    assert (said.approved, said.who, said.answered_utc) == (approved, "console", AT)


def test_input_before_the_question_is_discarded_and_silence_is_a_no(terminal: Terminal) -> None:
    terminal.type(b"yes\n")
    said = terminal.ask(None, deadline_s=0.2)
    assert (said.approved, said.who, said.answered_utc) == (False, "nobody", None)


def test_the_question_shows_the_position_in_lines_that_no_model_can_break() -> None:
    shown = question(PETITION, 120)
    assert "BTC/USDT: buy for 612.50, stop 2.00% below the fill" in shown
    assert "\x1b" not in shown
    assert len(shown.strip().splitlines()) == 6


def test_a_fixed_answer_asks_no_human() -> None:
    assert asyncio.run(AUTO.ask(PETITION, 1)).approved
    assert not asyncio.run(NEVER.ask(PETITION, 1)).approved


def test_a_listener_that_wants_to_know_is_told_when_a_human_is_asked_and_others_are_not(terminal: Terminal) -> None:
    told: list[tuple[Petition, float]] = []

    class Wants:
        def petition(self, asked: Petition, deadline_s: float) -> None:
            told.append((asked, deadline_s))

    terminal.ask(b"yes\n", 5.0, [object(), Wants()])
    assert told == [(PETITION, 5.0)]
