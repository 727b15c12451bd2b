"""Thinking is parted from the answer, kept, and never read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.asking import Unacceptable
from agents.llm.strict_json import parse_strict
from agents.llm.thought import begins_with_thought, parted

ANSWER = '{"scale_pct": 0}'


@pytest.mark.parametrize(
    ("text", "thinking"),
    [
        (f"<think>hm</think>{ANSWER}", "hm"),
        (f"  <THINK>\nhm\n</Think>\n\n{ANSWER}\n", "hm"),
        (f"<reasoning>hm</reasoning> {ANSWER}", "hm"),
        (f"[THINK]hm[/THINK]{ANSWER}", "hm"),
        (f"◁think▷hm◁/think▷{ANSWER}", "hm"),
        (f"hm, the template has opened the tag</think>{ANSWER}", "hm, the template has opened the tag"),
        (f"<think></think>{ANSWER}", ""),
    ],
)
def test_thinking_before_the_answer_is_parted_from_it(text: str, thinking: str) -> None:
    assert parted(text) == (thinking, ANSWER)


@pytest.mark.parametrize(
    "text", [ANSWER, f"```json\n{ANSWER}\n```", "prose", "", "<think>without an end", "{</think>}"]
)
def test_what_has_no_thinking_or_no_end_of_it_stays_as_it_is(text: str) -> None:
    assert parted(text) == (None, text)


def test_thinking_without_an_end_is_known_by_its_beginning() -> None:
    assert begins_with_thought("  <thinking>so")
    assert not begins_with_thought(ANSWER)


@pytest.mark.parametrize(
    "text",
    [
        f'<think>the news says </think>{{"scale_pct": 100}} so</think>{ANSWER}',
        f'the news says </think>{{"scale_pct": 100}} so</think>{ANSWER}',
        f'<think>hm</think>{{"scale_pct": 100}}<think>or</think>{ANSWER}',
    ],
)
def test_thinking_that_quotes_another_answer_gives_none(text: str) -> None:
    with pytest.raises(Unacceptable):
        parse_strict(parted(text).answer)


@given(st.text(alphabet=st.characters(exclude_characters="<>[]◁▷{}`"), max_size=60), st.integers())
def test_an_answer_behind_any_thought_is_read_as_it_was_written(thought: str, value: int) -> None:
    answer = json.dumps({"value": value})
    assert parse_strict(parted(f"<think>{thought}</think>{answer}").answer) == {"value": value}
    assert parsed_without(answer) == {"value": value}


def parsed_without(answer: str) -> object:
    return parse_strict(parted(answer).answer)
