"""The verbs: each answers out of the session, refuses the wrong role, and treats old messages as its row says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY
from run_support import events
from steer_support import Steerable, petition

from config.clock import FixedClock
from config.errors import UsageFault
from execution.kill_switch.latch import ALL, LatchFolder
from execution.steering.words import Target
from ops.live.chat.people import Person, Role, people_of
from ops.live.chat.verbs import LONGEST, VERBS, Chat, Message, clipped
from ops.live.following.window import Window
from ops.live.steering.verbs import GIVEN, Offered, Way

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
OPERATOR, VIEWER, STRANGER = Person(1, 1), Person(2, -100), Person(3, -100)
RUN = JOURNALS / "rules-0.7.0"


class Moving:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, state: Path, clock: Moving) -> Chat:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    window = Window(RUN.name)
    for found in events(RUN):
        window.take(found.event, found.seq)
    window.caught_up()
    codes = iter("abcdef")
    return Chat(window, RUN, people_of(["2@-100"], ["1"]), clock, lambda: next(codes))


def say(chat: Chat, text: str, who: Person = OPERATOR, ago_s: float = 0.0) -> str | None:
    verb, _, words = text.partition(" ")
    return chat.answer(Message(who, "ada", verb, words, chat.clock.now() - timedelta(seconds=ago_s)))


def is_halted(state: Path) -> bool:
    return LatchFolder(state).read(ALL) is not None


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("status", ["PAPER", "rules", "equity", "nothing stops new risk"]),
        ("profit", ["day", "week", "month", "since the start"]),
        ("profit month", ["month"]),
        ("profit year", ["Ask: profit"]),
        ("positions", [""]),
        ("balance", ["equity", "cash", "fees"]),
        ("last", ["court:", "gate:"]),
        ("vetoes", [""]),
        ("health", ["no heartbeat"]),
        ("why", ["Ask: why ID"]),
        ("why nothing", ["No decision 'nothing'"]),
        ("nonsense", ["There is no /nonsense", "/help"]),
    ],
)
def test_a_question_is_answered_out_of_the_session(text: str, holds: list[str], chat: Chat) -> None:
    answer = say(chat, text, VIEWER)
    assert answer
    assert [part for part in holds if part.lower() not in answer.lower()] == []


def test_why_tells_a_decision(chat: Chat) -> None:
    with chat.window.fold() as fold:
        assert fold is not None
        decision = fold.decisions.page(limit=1).decisions[0]
    answer = say(chat, f"why {decision.decision_id}")
    assert answer is not None
    assert decision.why[:40] in answer


def test_help_lists_every_verb(chat: Chat) -> None:
    answer = say(chat, "help") or ""
    assert [verb.name for verb in VERBS if f"/{verb.name}:" not in answer] == []


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_refuses_who_may_not_use_it(verb: object, chat: Chat, state: Path) -> None:
    name, role = verb.name, verb.role  # type: ignore[attr-defined]
    assert say(chat, f"{name} x", STRANGER) is None
    assert say(chat, f"{name} x", Person(1, -100)) is None  # an operator's person in another chat
    assert say(chat, f"{name} x", Person(3, 1)) is None  # another person in an operator's chat
    if role is Role.OPERATOR:
        assert "Nothing was done" in (say(chat, f"{name} x", VIEWER) or "")
    assert not is_halted(state)


def test_halt_puts_the_kill_switch_down_and_unhalt_lifts_it_with_a_code(chat: Chat, state: Path) -> None:
    assert "Halted: wrong prices" in (say(chat, "halt wrong prices") or "")
    latch = LatchFolder(state).read(ALL)
    assert latch is not None
    assert "telegram 1" in latch.who
    assert "Say why" in (say(chat, "unhalt") or "")
    assert "/confirm a" in (say(chat, "unhalt prices were checked") or "")
    assert is_halted(state)
    assert "Lifted" in (say(chat, "confirm a") or "")
    assert not is_halted(state)
    assert "prices were checked" in (state / "halt" / "log.jsonl").read_text()


def test_a_code_is_good_once_for_a_minute_for_who_asked_and_a_wrong_one_uses_it_up(
    chat: Chat, state: Path, clock: Moving
) -> None:
    say(chat, "halt x")
    say(chat, "unhalt y")
    say(chat, "confirm a")
    say(chat, "halt x")
    assert "no such code" in (say(chat, "confirm a") or "")
    say(chat, "unhalt y")
    assert "no such code" in (say(chat, "confirm guess") or "")
    assert "no such code" in (say(chat, "confirm b") or "")
    say(chat, "unhalt y")
    clock.time += timedelta(seconds=61)
    assert "no such code" in (say(chat, "confirm c") or "")
    assert is_halted(state)


def test_an_old_halt_is_obeyed_and_an_old_unhalt_is_not(chat: Chat, state: Path) -> None:
    assert "Halted" in (say(chat, "halt from yesterday", ago_s=80_000) or "")
    assert is_halted(state)
    say(chat, "unhalt z")
    assert "not obeyed" in (say(chat, "unhalt z", ago_s=61) or "")
    assert "not obeyed" in (say(chat, "confirm a", ago_s=61) or "")
    assert is_halted(state)
    assert say(chat, "status", ago_s=61) is None


def test_a_halt_that_cannot_be_written_says_so(chat: Chat, state: Path) -> None:
    state.write_text("no folder")
    assert (say(chat, "halt x") or "").startswith("NOT HALTED")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, state: Path, clock: Moving, tmp_path: Path) -> tuple[Steerable, Chat]:
    """A session that can be steered, and the chat about it, which waits for nothing."""
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    session, codes = Steerable(tmp_path), iter("abcdef")
    people = people_of(["2@-100"], ["1"])
    return session, Chat(session.window, session.folder, people, clock, lambda: next(codes), patience_s=0.0)


def target_of(verb: Offered, session: Steerable) -> str:
    if verb.target is Target.STRATEGY:
        with session.window.fold() as fold:
            assert fold is not None
            return fold.voters[0]
    return "btc/usdt" if verb.target in (Target.SYMBOL, Target.SYMBOL_OR_ALL) else ""


WORDS = [verb for verb in GIVEN if verb.way is Way.WORD]


@pytest.mark.parametrize("verb", WORDS, ids=lambda verb: verb.name)
def test_a_brake_reaches_the_session_at_once_and_what_takes_one_off_with_a_code(
    verb: Offered, live: tuple[Steerable, Chat]
) -> None:
    session, chat = live
    text = f"{verb.name} {target_of(verb, session)} looked into it"
    answer = say(chat, text) or ""
    if not verb.is_brake:
        assert session.words == 0
        assert "Not done yet." in answer
        assert "Say why" in (say(chat, f"{verb.name} {target_of(verb, session)}") or "")
        say(chat, text)
        answer = say(chat, "confirm b") or ""
    assert "waiting" in answer
    word = session.mailbox.take(lambda text: None)
    assert word is not None
    assert (word.verb.value, word.who, word.via, word.why) == (verb.name, "ada (telegram 1)", "chat", "looked into it")
    assert word.target.lower() == target_of(verb, session)


@pytest.mark.parametrize("verb", WORDS, ids=lambda verb: verb.name)
def test_an_old_brake_is_given_and_nothing_else_that_is_old(verb: Offered, live: tuple[Steerable, Chat]) -> None:
    session, chat = live
    say(chat, f"{verb.name} {target_of(verb, session)} from yesterday", ago_s=80_000)
    assert session.words == int(verb.is_brake)


def test_an_approval_needs_a_code_for_this_amount_and_a_refusal_none(live: tuple[Steerable, Chat]) -> None:
    _, chat = live
    box, asked = chat.steering.petitions, petition()
    until = NOW + timedelta(seconds=50)
    box.ask(asked, until)
    assert "/approve" in (say(chat, "petitions", VIEWER) or "")
    assert "/confirm a" in (say(chat, f"approve {asked.decision_id}") or "")
    assert box.answer_to(asked.decision_id) is None
    box.ask(petition("9999"), until)
    assert "Nothing was approved" in (say(chat, "confirm a") or "")
    say(chat, f"approve {asked.decision_id} good")
    assert "approve" in (say(chat, "confirm b") or "")
    said = box.answer_to(asked.decision_id)
    assert said is not None
    assert (said.approved, said.who, said.via, said.notional) == (True, "ada (telegram 1)", "chat", 9999)
    assert "it was answered" in (say(chat, f"reject {asked.decision_id}") or "")
    box.ask(asked, until)
    assert "reject" in (say(chat, f"reject {asked.decision_id} too large") or "")
    said = box.answer_to(asked.decision_id)
    assert said is not None
    assert (said.approved, said.why) == (False, "too large")
    box.ask(asked, until)
    assert "not obeyed" in (say(chat, f"reject {asked.decision_id}", ago_s=61) or "")
    assert box.answer_to(asked.decision_id) is None


def test_a_session_that_has_ended_is_asked_nothing(live: tuple[Steerable, Chat]) -> None:
    session, chat = live
    session.end()
    assert "NOT DONE" in (say(chat, "pause now") or "")
    assert "has ended, so nobody hears it" in (say(chat, "pause now") or "")
    assert session.words == 0


def test_an_answer_fits_into_one_message_and_holds_no_control_characters() -> None:
    text = clipped("x\x1b[2J\n" + "y" * 5000)
    assert len(text) == LONGEST
    assert "\x1b" not in text


@pytest.mark.parametrize("text", ["ada", "1@", "@1", "-1", "1@x"])
def test_a_person_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageFault):
        people_of([], [text])


def test_somebody_has_to_be_named() -> None:
    with pytest.raises(UsageFault, match="Nobody may ask"):
        people_of([], [])


def test_before_the_session_is_known_that_is_said(state: Path, tmp_path: Path) -> None:
    chat = Chat(Window("x"), tmp_path, people_of([], ["1"]), FixedClock(NOW))
    assert "Nothing is known" in (say(chat, "status") or "")
