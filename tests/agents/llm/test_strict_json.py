"""A reply is one JSON object or it is refused; nothing in between."""

import json
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome
from agents.llm.strict_json import MAX_BYTES, MAX_DEPTH, fenced_object, parse_strict

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NEAR_JSON = st.text(st.sampled_from('{}[]":,\\ \n\t`jsonNaInfity0123456789.eE+-é\ud800\u2028'), max_size=60)


def refused(text: str) -> str | None:
    """Why a text is refused; None when it parses to exactly what Python's own parser makes of it, unrepaired."""
    try:
        found = parse_strict(text)
    except Unacceptable as fault:
        return (
            fault.why if fault.outcome is AttemptOutcome.MALFORMED else f"refused as {fault.outcome}, which it is not"
        )
    body = text.strip(" \t\r\n")
    if body.startswith("```"):
        body = body.split("\n", 1)[1].removesuffix("```")
    assert found == json.loads(body)
    return None


def test_every_malformed_reply_of_the_corpus_parses_unrepaired_or_is_refused(shared: Path) -> None:
    cases: list[dict[str, Any]] = json.loads((shared / "llm" / "malformed_json_cases.json").read_text())
    assert len(cases) == 129
    parsed = sum(refused(case["input"]) is None for case in cases if isinstance(case["input"], str))
    assert 0 < parsed < 40


def test_the_large_replies_are_refused_for_their_size_or_shape(shared: Path) -> None:
    for name in ("malformed_large_valid.json", "malformed_large_invalid.json.txt"):
        refused((shared / "llm" / name).read_text())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"conviction": 7', "not one JSON object"),
        ('{"scale": 100} {"scale": 0}', "Extra data"),
        ('{"scale": 100, "scale": 0}', "twice"),
        ('{"a": {"b": 1, "b": 2}}', "twice"),
        ('{"move": NaN}', "NaN"),
        ('{"move": -Infinity}', "-Infinity"),
        ('{"move": 1e999}', "too large"),
        ('{"n": ' + "9" * 5000 + "}", "digits"),
        ("[1, 2]", "a JSON array"),
        ('"scale"', "a JSON string"),
        ("null", "a JSON null"),
        ("", "not one JSON object"),
        ("{'scale': 50}", "not one JSON object"),
        ('{"scale": 50,}', "not one JSON object"),
        ('Here it is: {"scale": 50}', "not one JSON object"),
        ('```json\n```json\n{"scale": 50}\n```\n```', "not one JSON object"),
        ('```python\n{"scale": 50}\n```', "not one JSON object"),
        ('{"why": "\\ud800"}', "surrogate"),
        ('{"why": "\ud800"}', "surrogate"),
        ("[" * 3000, "deep"),
        ('{"a":' * MAX_DEPTH + "{}" + "}" * MAX_DEPTH, "deep"),
        ('{"a": "' + "x" * MAX_BYTES + '"}', "bytes"),
    ],
)
def test_a_reply_that_is_not_one_strict_object_is_refused_with_what_to_correct(text: str, why: str) -> None:
    said = refused(text)
    assert said is not None
    assert why in said


@pytest.mark.parametrize(
    "text",
    [
        '{"scale": 50}',
        ' \n{"scale": 50}\r\n',
        '```json\n{"scale": 50}\n```',
        '```\n{"scale": 50}```',
        '```JSON\n{"scale": 50}\n```\n',
        '{"brackets in words": "[[[[[[[[[[[[[[[[[[[[["}',
        '{"a":' * (MAX_DEPTH - 1) + "{}" + "}" * (MAX_DEPTH - 1),
        '{"quote": "\\"[{", "fence": "```json"}',
    ],
)
def test_one_object_in_at_most_one_fence_is_read(text: str) -> None:
    assert refused(text) is None


def test_half_a_megabyte_of_quotes_is_refused_at_once() -> None:
    assert refused('"\\' * 32_000) is not None


@pytest.mark.slow
@given(st.dictionaries(st.text(), JSON, max_size=5), st.sampled_from(["{}", " {}\n", "```json\n{}\n```"]))
def test_what_is_written_strictly_is_read_back_the_same(value: dict[str, Any], frame: str) -> None:
    text = frame.replace("{}", json.dumps(value))
    assert parse_strict(text) == value


@given(NEAR_JSON | st.text(max_size=80))
@example('{"a":"\\')
@example("```")
@example("``````")
def test_no_text_gets_anything_but_an_object_or_a_refusal(text: str) -> None:
    refused(text)


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=3), st.data())
def test_a_cut_off_object_is_never_read(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    assert refused(text[: data.draw(st.integers(1, len(text) - 1))]) is not None


@given(st.floats())
def test_numbers_that_are_read_are_finite(number: float) -> None:
    text = json.dumps({"x": number})
    assert (refused(text) is None) == isfinite(number)


@pytest.mark.parametrize(
    "text",
    [
        'Sure:\n```json\n{"a": 1}\n```\nAnything else?',
        '```\n{"a": 1}\n```',
        'Sure: ```json\n{"a": 1}```',
        '{"a": 1}',
    ],
)
def test_one_fenced_object_is_cut_out_of_the_prose_around_it(text: str) -> None:
    assert parse_strict(fenced_object(text)) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"a": 1}\n```\nor rather\n```json\n{"a": 2}\n```',
        'I thought of {"a": 2}, but:\n```json\n{"a": 1}\n```',
        '```json\n{"a": 1}\n```\n{"a": 2}',
        '```json\n{"a": 1}\n{"a": 2}\n```',
        '```json\n{"a": 1}',
        'Sure: {"a": 1}',
        "``````",
    ],
)
def test_of_two_objects_none_is_chosen_and_prose_without_a_fence_is_none(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        parse_strict(fenced_object(text))
    assert refused.value.outcome is AttemptOutcome.MALFORMED
