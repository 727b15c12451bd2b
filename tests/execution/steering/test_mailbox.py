"""The mailbox of a run: words arrive whole and in order, and no file stops a session."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.clock import FixedClock
from config.errors import OutputFault, UsageFault
from execution.journal.stores.pointer import CHECKSUM, JOURNAL
from execution.steering.mailbox import MOST_PROPOSALS, MOST_WAITING, Answer, Mailbox
from execution.steering.words import (
    BY_NAME,
    LONGEST,
    ROWS,
    STEERED,
    SteerVerb,
    Target,
    confirmation,
    word_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / JOURNAL).touch()
    return tmp_path


def _tell(told: list[str]):
    return told.append


def _late(file: Path) -> None:
    """Make a file old enough that nobody is still writing it."""
    os.utime(file, (1_000_000, 1_000_000))


def test_every_verb_of_a_session_stands_in_the_table_and_no_other() -> None:
    assert [row.name for row in STEERED] == [verb.value for verb in SteerVerb]
    assert {row.name for row in ROWS if row.of_latch} == {"halt", "halt_flatten", "unhalt"}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_confirmation_names_the_scope_and_the_state_after_it(row) -> None:
    target = {Target.SYMBOL: "BTC/USDT", Target.STRATEGY: "trend"}.get(row.target, "")
    target += " long" if row.has_direction else ""
    asked = confirmation(row.name, target, "paper-001")
    assert "paper-001" in asked.words
    assert target in asked.words
    assert "{" not in asked.told
    assert asked.told.endswith(".")


def test_words_are_taken_in_the_order_in_which_they_were_left(run: Path) -> None:
    box = Mailbox(run)
    words = [word_of(verb, "", "ada", "cli", "a test", NOW) for verb in (SteerVerb.PAUSE, SteerVerb.RESUME)]
    for number, word in enumerate(words):
        box.put(word)
        os.utime(box.path / f"{word.word_id}.json", (2_000_000_000 + number,) * 2)
    told: list[str] = []
    first = box.take(_tell(told))
    assert first == words[0]
    assert box.take(_tell(told)) == words[0], "a word stays until it is in the journal"
    box.heard(words[0].word_id)
    assert box.take(_tell(told)) == words[1]
    assert not told


def test_a_word_that_the_journal_holds_already_is_not_taken_again(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    word = word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW)
    box.put(word)
    assert box.take(_tell(told), {word.word_id}) is None
    assert not list(box.path.glob("*.json"))


def test_files_are_private(run: Path) -> None:
    box = Mailbox(run)
    word = word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW)
    box.put(word)
    assert (box.path / f"{word.word_id}.json").stat().st_mode & 0o077 == 0
    assert box.path.stat().st_mode & 0o077 == 0


def test_a_file_written_by_hand_needs_only_a_verb(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    file = box.path / "stop.json"
    file.write_text('{"verb": "pause"}')
    written = file.stat().st_mtime
    word = box.take(_tell(told))
    assert word is not None
    assert (word.verb, word.who, word.via, word.why) == (SteerVerb.PAUSE, "a file", "file", "no reason given")
    assert word.word_id.startswith("stop-")
    assert abs(word.given_utc.timestamp() - written) < 0.01
    box.heard(word.word_id)
    file.write_text('{"verb": "pause"}')
    os.utime(file, (file.stat().st_mtime + 5,) * 2)
    again = box.take(_tell(told), {word.word_id})
    assert again is not None, "a name may be used again"


def test_a_file_cannot_say_that_it_was_given_later_than_it_was_written(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    file = box.path / "on.json"
    file.write_text(json.dumps({"verb": "resume", "why": "all is well", "given_utc": "2099-01-01T00:00:00Z"}))
    _late(file)
    word = box.take(_tell(told))
    assert word is not None
    assert word.is_too_old(NOW)


BROKEN = {
    "empty": b"",
    "no json": b"pause please",
    "a list": b"[1]",
    "another verb": b'{"verb": "buy"}',
    "no verb": b"{}",
    "a key more": b'{"verb": "pause", "size": 3}',
    "no market": b'{"verb": "close"}',
    "a target too many": b'{"verb": "pause", "target": "BTC/USDT"}',
    "another type": b'{"verb": "close", "target": ["BTC/USDT"]}',
    "a naive time": b'{"verb": "pause", "given_utc": "2026-01-01T00:00:00"}',
    "no direction": b'{"verb": "propose", "target": "BTC/USDT"}',
    "a direction too many": b'{"verb": "pause", "direction": "long"}',
    "no such direction": b'{"verb": "propose", "target": "BTC/USDT", "direction": "up"}',
    "another surface": b'{"verb": "pause", "via": "telepathy"}',
    "not utf-8": b"\xff\xfe",
    "half of a pair": b'{"verb": "pause\\ud800"}',
    "deep": b"[" * 9_000,
    "large": b'{"verb": "pause", "why": "' + b"x" * 20_000 + b'"}',
    "a long name": b'{"verb": "pause", "who": ""}',
    "infinity": b'{"verb": "pause", "given_utc": Infinity}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_put_aside_and_told_and_never_obeyed(run: Path, content: bytes) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    file = box.path / "x.json"
    file.write_bytes(content)
    _late(file)
    assert box.take(_tell(told)) is None
    assert len(told) == 1
    assert "Nothing was done" in told[0]
    assert (box.path / "aside" / "x.json").exists()
    assert [answer.state for answer in box.answers()] == ["refused"]
    box.put(word := word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    assert box.take(_tell(told)) == word, "the next word is heard"


def test_a_file_that_is_being_written_is_left_for_the_next_look(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    (box.path / "x.json").write_text('{"verb": "pa')
    assert box.take(_tell(told)) is None
    assert (box.path / "x.json").exists()
    assert not told


def test_links_pipes_and_folders_are_no_words(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    secret = run / "secret"
    secret.write_text('{"verb": "pause"}')
    (box.path / "a.json").symlink_to(secret)
    os.mkfifo(box.path / "b.json")
    (box.path / "c.json").mkdir()
    later = Mailbox(run, FixedClock(datetime.now(UTC) + timedelta(minutes=1)))
    for _ in range(3):
        assert later.take(_tell(told)) is None
    assert len(told) == 3
    assert secret.exists()


def test_hostile_text_becomes_one_line_and_cannot_leave_the_folder(run: Path) -> None:
    word = word_of(SteerVerb.CLOSE, "BTC/USDT\n\x1b[2J", "eve\r\n", "chat", "\u202e<script>" * 200, NOW)
    assert word.target == "BTC/USDT [2J"
    assert len(word.why) == LONGEST
    assert all(letter.isprintable() for letter in word.who + word.target + word.why)
    box = Mailbox(run)
    box.put(word.model_copy(update={"word_id": "../../../x"}))
    assert [file.name for file in box.path.glob("*.json")] == ["_________x.json"]


def test_a_run_that_has_ended_hears_nothing(run: Path) -> None:
    (run / CHECKSUM).touch()
    with pytest.raises(UsageFault, match="has ended"):
        Mailbox(run).put(word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="no run"):
        Mailbox(tmp_path).put(word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))


def test_no_more_words_wait_than_a_session_can_hear(run: Path) -> None:
    box = Mailbox(run)
    for _ in range(MOST_WAITING):
        box.put(word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    with pytest.raises(OutputFault, match="nobody hears"):
        box.put(word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))


def test_proposals_leave_room_for_a_brake(run: Path) -> None:
    box = Mailbox(run)
    for _ in range(MOST_PROPOSALS):
        box.put(word_of(SteerVerb.PROPOSE, "BTC/USDT", "a model", "mcp", "up", NOW, "long"))
    with pytest.raises(OutputFault, match="8 proposals wait"):
        box.put(word_of(SteerVerb.PROPOSE, "BTC/USDT", "a model", "mcp", "up", NOW, "long"))
    box.put(word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))


def test_a_proposal_needs_a_reason_and_a_direction() -> None:
    with pytest.raises(ValueError, match="what speaks for it"):
        word_of(SteerVerb.PROPOSE, "BTC/USDT", "ada", "cli", " ", NOW, "long")
    with pytest.raises(ValueError, match="long or short"):
        word_of(SteerVerb.PROPOSE, "BTC/USDT", "ada", "cli", "up", NOW)


def test_a_word_that_nobody_has_taken_is_withdrawn_and_whoever_waits_reads_it(run: Path) -> None:
    box, told = Mailbox(run, FixedClock(NOW)), list[str]()
    box.put(word := word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    assert box.waiting() == (word,)
    assert box.withdraw(word.word_id, "bob") == "withdrawn"
    assert box.take(_tell(told)) is None
    answer = box.answer_to(word.word_id)
    assert answer is not None
    assert (answer.state, "withdrawn by bob" in answer.told) == ("refused", True)
    assert box.withdraw(word.word_id, "bob") == "answered"
    assert box.withdraw("../../x", "bob") == "unknown"


def test_a_word_that_was_taken_cannot_be_withdrawn_and_is_found_by_the_next_session(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.put(word := word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    assert box.take(_tell(told)) == word
    assert box.withdraw(word.word_id, "bob") == "taken"
    assert box.waiting() == ()
    later = Mailbox(run)  # the session was killed before it had journaled the word
    assert later.take(_tell(told)) == word
    later.heard(word.word_id)
    assert not list(box.path.glob("*.json*"))
    assert box.withdraw(word.word_id, "bob") == "unknown"


def test_a_taken_word_that_the_journal_holds_is_not_taken_again(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.put(word := word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    box.take(_tell(told))
    assert Mailbox(run).take(_tell(told), {word.word_id}) is None
    assert not list(box.path.glob("*.json*"))


@pytest.mark.parametrize("moment", ["replace", "unlink"])
def test_a_word_is_taken_or_withdrawn_and_never_both(run: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The other side acts at the last moment: after each has found the word, and just before it moves its file."""
    session, surface, told = Mailbox(run), Mailbox(run), list[str]()
    surface.put(word := word_of(SteerVerb.PAUSE, "", "ada", "cli", "", NOW))
    real, ours = getattr(os, moment), list[object]()

    def late(*paths: str) -> None:
        monkeypatch.setattr(os, moment, real)
        ours.append(surface.withdraw(word.word_id, "bob") if moment == "replace" else session.take(_tell(told)))
        real(*paths)

    monkeypatch.setattr(os, moment, late)
    theirs = session.take(_tell(told)) if moment == "replace" else surface.withdraw(word.word_id, "bob")
    assert (ours, theirs) == ((["withdrawn"], None) if moment == "replace" else ([word], "taken"))


def test_a_name_that_is_used_again_while_its_word_is_taken_loses_neither(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.path.mkdir()
    file = box.path / "stop.json"
    file.write_text('{"verb": "pause"}')
    first = box.take(_tell(told))
    assert first is not None
    file.write_text('{"verb": "cancel"}')
    _late(file)
    assert box.take(_tell(told)) == first
    box.heard(first.word_id)
    second = box.take(_tell(told))
    assert second is not None
    assert second.verb is SteerVerb.CANCEL


def test_a_file_that_was_written_by_hand_is_withdrawn_by_its_name(run: Path) -> None:
    box = Mailbox(run)
    box.path.mkdir()
    (box.path / "stop.json").write_text('{"verb": "pause"}')
    assert box.withdraw("stop", "bob") == "withdrawn"
    assert box.waiting() == ()


def test_a_file_that_names_its_word_is_withdrawn_by_that_name(run: Path) -> None:
    box = Mailbox(run)
    box.path.mkdir()
    (box.path / "stop.json").write_text('{"verb": "pause", "word_id": "of-mine"}')
    ((word),) = box.waiting()
    assert box.withdraw(word.word_id, "bob") == "withdrawn"
    assert not list(box.path.glob("*.json"))


def test_a_word_that_cannot_be_removed_is_not_withdrawn_and_why_is_said(run: Path) -> None:
    (run / "steer" / "x.json").mkdir(parents=True)
    with pytest.raises(OutputFault, match=r"x\.json cannot be removed .* Nothing was withdrawn"):
        Mailbox(run).withdraw("x", "bob")


def test_words_that_wait_when_the_session_ends_are_refused(run: Path) -> None:
    box, told = Mailbox(run), list[str]()
    box.put(word := word_of(SteerVerb.CANCEL, "", "ada", "cli", "", NOW))
    box.close(_tell(told), NOW)
    answer = box.wait(word.word_id, 0)
    assert answer is not None
    assert (answer.state, box.take(_tell(told))) == ("refused", None)


def test_a_surface_reads_what_became_of_its_word(run: Path) -> None:
    box = Mailbox(run)
    assert box.wait("w", 0) is None
    for state in ("heard", "done"):
        box.answer(Answer(word_id="w", state=state, told="It is so.", at_utc=NOW))
    answer = box.wait("w", 0)
    assert answer is not None
    assert answer.state == "done"


@pytest.mark.parametrize("verb", list(SteerVerb))
def test_what_takes_a_brake_off_is_old_after_a_minute_and_a_brake_never_is(verb: SteerVerb) -> None:
    row = BY_NAME[verb.value]
    target = "" if row.target in (Target.NONE, Target.SYMBOL_OR_ALL) else "x"
    word = word_of(verb, target, "ada", "cli", "why", NOW, "long" if row.has_direction else None)
    assert not word.is_too_old(NOW + timedelta(seconds=60))
    assert word.is_too_old(NOW + timedelta(seconds=61)) is not row.is_brake


def test_what_takes_a_brake_off_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="why it is safe"):
        word_of(SteerVerb.RESUME, "", "ada", "cli", " \n", NOW)
