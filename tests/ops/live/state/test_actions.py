"""What humans have done, folded from events: each once, with its surface and its result; what no human did is left out."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agents.approval.petition import Approval
from agents.records.inputs import RaiseAsked
from agents.records.steered import SteerDone, Steered
from execution.kill_switch.halting import PAUSED, Halt, HaltEvent, Lifted
from execution.kill_switch.triggers import WHO
from execution.steering.words import SteerVerb, Word
from ops.live.state.actions import Actions

AT = datetime(2024, 3, 1, tzinfo=UTC)


def word(verb: SteerVerb = SteerVerb.PAUSE, word_id: str = "w1") -> Word:
    return Word(word_id=word_id, verb=verb, who="ada", via="chat", why="news", given_utc=AT)


def halt(who: str = "bob (page)", scope: str = "all", flatten: bool = False) -> Halt:
    return Halt(scope=scope, who=who, given_utc=AT, why="prices", flatten=flatten)


def halted(*halts: Halt, lifted: tuple[Lifted, ...] = (), action: str = "halted") -> HaltEvent:
    return HaltEvent.model_validate(
        {"action": action, "look": 1, "as_of_utc": AT, "halts": halts, "lifted": lifted}
    )  # fmt: skip


def answer(who: str, answered: datetime | None = AT) -> Approval:
    return Approval(
        decision_id="d1", symbol="BTC/USDT", notional=Decimal(9), approved=True, who=who, answered_utc=answered, why="yes"
    )  # fmt: skip


def told(actions: Actions) -> list[tuple[str, str, str, str]]:
    return [(each.verb, each.who, each.via, each.state) for each in actions.all()]


def test_a_word_is_heard_and_then_what_the_session_says_it_became() -> None:
    actions = Actions()
    actions.take(Steered(at_utc=AT, word=word()))
    assert told(actions) == [("pause", "ada", "chat", "heard")]
    actions.take(SteerDone(at_utc=AT, word_id="w1", verb="pause", outcome="failed", told="one entry is unknown"))
    assert told(actions) == [("pause", "ada", "chat", "failed")]
    assert actions.all()[0].result == "one entry is unknown"
    actions.take(SteerDone(at_utc=AT, word_id="another", verb="pause", outcome="done", told="x"))
    assert len(actions.all()) == 1


def test_a_word_that_was_not_obeyed_is_refused_with_its_reason() -> None:
    actions = Actions()
    actions.take(Steered(at_utc=AT, word=word(SteerVerb.RESUME), not_obeyed="it is older than 60 s"))
    assert (told(actions)[0][3], actions.all()[0].result) == ("refused", "it is older than 60 s")


def test_a_latch_is_told_once_with_who_and_where_and_a_flat_account_by_the_exchange() -> None:
    actions = Actions()
    actions.take(halted(halt()))
    actions.take(halted(halt()))
    actions.take(halted(halt(flatten=True)))
    assert told(actions) == [("halt_flatten", "bob", "page", "heard"), ("halt", "bob", "page", "done")]
    actions.take(halted(halt(flatten=True), action="flat"))
    assert told(actions)[0][3] == "done"
    lift = Lifted(scope="all", who="eve (telegram 7) (chat)", given_utc=AT, why="checked")
    actions.take(halted(lifted=(lift,), action="resumed"))
    assert told(actions)[0] == ("unhalt", "eve (telegram 7)", "chat", "done")


def test_a_latch_of_the_terminal_keeps_its_name() -> None:
    actions = Actions()
    actions.take(halted(halt("ada (laptop)", scope="paper")))
    assert [(each.who, each.via, each.target) for each in actions.all()] == [("ada (laptop)", "latch", "paper")]


@pytest.mark.parametrize("by", [halt(scope=PAUSED), halt(who=WHO, scope="paper")])
def test_a_pause_is_told_by_its_word_and_what_a_machine_does_is_left_out(by: Halt) -> None:
    actions = Actions()
    actions.take(halted(by))
    assert actions.all() == ()


@pytest.mark.parametrize(
    ("who", "name", "via"),
    [("console", "console", "terminal"), ("chat: ada (telegram 1)", "ada (telegram 1)", "chat"), ("x: y", "x: y", "terminal")],
)  # fmt: skip
def test_an_answer_to_a_petition_says_on_which_surface_it_was_given(who: str, name: str, via: str) -> None:
    actions = Actions()
    actions.take(answer(who))
    assert told(actions) == [("approve", name, via, "done")]
    assert actions.by_ref("approve@d1") is not None


def test_silence_and_a_profile_that_approves_are_no_human() -> None:
    actions = Actions()
    actions.take(answer("auto", None))
    assert actions.all() == ()


def test_a_raised_ramp_is_a_humans_doing_and_only_the_last_ones_are_kept() -> None:
    actions = Actions(most=2)
    actions.take(RaiseAsked(at_utc=AT, who="ada", why="a good quarter"))
    assert told(actions)[0][0] == "raise_ramp"
    for number in range(3):
        actions.take(Steered(at_utc=AT, word=word(word_id=f"w{number}")))
    assert [each.ref for each in actions.all()] == ["w2", "w1"]
