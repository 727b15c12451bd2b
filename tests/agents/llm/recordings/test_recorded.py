"""A journal's attempts answer in the place of models, and a forged one shows."""

import asyncio
from pathlib import Path

import pytest
from scripted_provider import (
    GOOD,
    HANG,
    ScriptedProvider,
    Step,
    accept_scale,
    fault,
    manager,
    minds,
    reply,
    request,
    run,
)

from agents.llm.asking import RoleAnswer
from agents.llm.attempt import Attempt, AttemptOutcome, ReplayMiss, Request, Stop
from agents.llm.chain import REASONED_FIRST, THOUGHT_UNENDED
from agents.llm.recordings.recorded import RecordedAsker

STORIES: dict[str, list[Step]] = {
    "at once": [GOOD],
    "after an error": [reply('{"scale": 7}'), GOOD],
    "after a refusal": [reply("no", Stop.REFUSAL), reply('{"scale": 100}')],
    "by the next": [HANG],
    "after a failure": [fault(AttemptOutcome.SERVER_ERROR), GOOD],
    "never": [reply("no")],
    "after reasoning": [reply('<think>Let me see.</think>{"scale": 7}'), GOOD],
}


def live(folder: Path, steps: list[Step], second: Step) -> RoleAnswer[int]:
    async def once() -> RoleAnswer[int]:
        asked = manager(folder, minds(), ScriptedProvider("first", steps), ScriptedProvider("second", [second]))
        return await asked.ask("d1", request(), accept_scale)

    return run(once())


def again(attempts: tuple[Attempt, ...], asked: Request | None = None) -> RoleAnswer[int]:
    recorded = RecordedAsker(lambda decision_id, role: attempts if (decision_id, role) == ("d1", "analyst") else ())
    recorded.decide("d1")
    return asyncio.run(recorded.ask("d1", asked or request(), accept_scale))


@pytest.mark.parametrize("steps", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("second", [GOOD, fault(AttemptOutcome.AUTH)], ids=["then an answer", "then none"])
def test_a_recorded_answer_is_played_back_unchanged(tmp_path: Path, steps: list[Step], second: Step) -> None:
    then = live(tmp_path, steps, second)
    assert again(then.attempts) == then


def test_thinking_without_an_end_is_named_and_an_older_journal_keeps_its_own_words(tmp_path: Path) -> None:
    then = live(tmp_path, [reply('<think>Let me see. {"scale": 7}')], fault(AttemptOutcome.AUTH))
    assert [one.outcome for one in then.attempts[:1]] == [AttemptOutcome.MALFORMED]
    assert then.attempts[0].detail == THOUGHT_UNENDED
    unnamed = "the answer is not one JSON object: Expecting value at line 1 column 1"
    for words in (unnamed, REASONED_FIRST):
        older = then.attempts[0].model_copy(update={"detail": words})
        assert again((older,)).attempts == (older,)
    forged = then.attempts[0].model_copy(update={"reply": '{"scale": 50}'})
    assert again((forged,)).attempts != (forged,)


def test_a_role_without_attempts_was_not_asked() -> None:
    assert again(()).why.startswith("rules:")


def test_a_forged_reply_gives_another_word(tmp_path: Path) -> None:
    (honest,) = live(tmp_path, [GOOD], GOOD).attempts
    assert again((honest.model_copy(update={"reply": '{"scale": 100}'}),)).word == 100


def test_a_reply_forged_into_nonsense_is_judged_as_such(tmp_path: Path) -> None:
    (honest,) = live(tmp_path, [GOOD], GOOD).attempts
    said = again((honest.model_copy(update={"reply": "buy"}),))
    assert said.word is None
    assert said.attempts[0].outcome is AttemptOutcome.MALFORMED


def test_an_error_forged_into_an_opinion_ends_the_story_there(tmp_path: Path) -> None:
    then = live(tmp_path, STORIES["after an error"], GOOD)
    said = again((then.attempts[0].model_copy(update={"reply": '{"scale": 0}'}), *then.attempts[1:]))
    assert (said.word, len(said.attempts)) == (0, 1)
    assert said.attempts != then.attempts


def test_another_error_than_the_one_that_was_shown_is_a_miss(tmp_path: Path) -> None:
    then = live(tmp_path, STORIES["after an error"], GOOD)
    forged = then.attempts[0].model_copy(update={"reply": '{"scale": 8}'})
    with pytest.raises(ReplayMiss, match="scale is 7"):
        again((forged, *then.attempts[1:]))


def test_an_attempt_that_would_not_be_made_is_a_miss(tmp_path: Path) -> None:
    then = live(tmp_path, [fault(AttemptOutcome.SERVER_ERROR), GOOD], GOOD)
    forged = then.attempts[0].model_copy(update={"outcome": AttemptOutcome.AUTH})
    with pytest.raises(ReplayMiss, match="would not be made now"):
        again((forged, *then.attempts[1:]))


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (request("the case\nrsi=20"), r"\+rsi=20"),
        (request(system="You judge kindly."), "system_sha256"),
        (request().model_copy(update={"prompt_version": "v2"}), "prompt_version: v1 is now v2"),
        (request().model_copy(update={"max_tokens": 9}), "max_tokens: 200 is now 9"),
        (request().model_copy(update={"json_schema": "{}"}), "schema of the answer"),
    ],
)
def test_another_question_than_the_recorded_one_is_a_miss_that_shows_what_changed(
    tmp_path: Path, now: Request, shown: str
) -> None:
    then = live(tmp_path, [GOOD], GOOD)
    with pytest.raises(ReplayMiss, match=shown):
        again(then.attempts, now)


def test_where_the_book_may_differ_an_answer_stands_for_its_decision_and_is_judged_as_ever(tmp_path: Path) -> None:
    then = live(tmp_path, STORIES["after an error"], GOOD)
    recorded = RecordedAsker(lambda decision_id, role: then.attempts, same_question=False)
    said = asyncio.run(recorded.ask("d1", request("another book"), accept_scale))
    assert (said.word, said.attempts) == (then.word, then.attempts)
