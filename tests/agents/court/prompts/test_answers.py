"""What a model may answer: closed scales, bounded words, no contradiction; and nothing is repaired but quotes round a number."""

import json
from copy import deepcopy
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from agents.court.opinion import ScalePercent
from agents.court.prompts.answers import WireAdvocate, WireAnalyst, WireRisk, WireSupervisor

CITED = {"field": "signals.1h.rsi_14", "value": 61.25, "claim": "buyers are in control"}
VIEW = {"horizon": "4h", "direction": "long", "expected_move_bps": 100, "conviction_pct": 60}
SOUND: dict[type[BaseModel], dict[str, Any]] = {
    WireAnalyst: {
        "reasoning": "it rises",
        "evidence": [CITED],
        "horizons": [VIEW],
        "direction": "long",
        "conviction_pct": 60,
        "risks": ["a fall"],
        "would_change_my_mind": "a close below the mean",
    },
    WireRisk: {"reasoning": "there is room", "evidence": [CITED], "concerns": [], "scale_pct": 75},
    WireAdvocate: {"reasoning": "it is late", "evidence": [CITED], "attacks": ["late"], "strength_pct": 40},
    WireSupervisor: {"reasoning": "less", "evidence": [CITED], "ruling": "shrink", "scale_pct": 50},
}
each_role = pytest.mark.parametrize("kind", SOUND, ids=[kind.__name__ for kind in SOUND])


def read(kind: type[BaseModel], changes: dict[str, Any] | None = None, **fields: Any) -> BaseModel:
    return kind.model_validate(deepcopy(SOUND[kind]) | (changes or {}) | fields)


def refused(kind: type[BaseModel], **fields: Any) -> str:
    with pytest.raises(ValidationError) as fault:
        read(kind, fields)
    return str(fault.value)


@each_role
def test_a_sound_answer_is_read_as_it_was_given(kind: type[BaseModel]) -> None:
    assert read(kind).model_dump() == SOUND[kind]


@each_role
def test_a_field_too_many_and_each_field_too_few_is_refused(kind: type[BaseModel]) -> None:
    assert "Extra inputs" in refused(kind, confidence=1)
    for name in SOUND[kind]:
        lacking = {key: value for key, value in SOUND[kind].items() if key != name}
        with pytest.raises(ValidationError, match="Field required"):
            kind.model_validate(lacking)


SCALES = {
    (WireAnalyst, "conviction_pct"): (10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
    (WireRisk, "scale_pct"): get_args(ScalePercent),
    (WireAdvocate, "strength_pct"): tuple(range(0, 101, 10)),
}


@pytest.mark.parametrize(("where", "steps"), SCALES.items(), ids=[name for _, name in SCALES])
@pytest.mark.parametrize("value", [*range(-10, 121, 5), True, False, 0.0, 50.0, "50", None])
def test_a_scale_takes_its_own_steps_and_nothing_near_them(
    where: tuple[type[BaseModel], str], steps: tuple[int, ...], value: object
) -> None:
    kind, name = where
    if type(value) is int and value in steps:
        assert getattr(read(kind, {name: value}), name) == value
    else:
        refused(kind, **{name: value})


@pytest.mark.parametrize("scale", get_args(ScalePercent))
@pytest.mark.parametrize("ruling", ["reject", "shrink", "approve"])
def test_a_ruling_and_its_number_say_the_same_or_nothing(scale: int, ruling: str) -> None:
    meant = {0: "reject", 100: "approve"}.get(scale, "shrink")
    if ruling == meant:
        assert read(WireSupervisor, {"ruling": ruling, "scale_pct": scale}).model_dump()["scale_pct"] == scale
    else:
        assert f"{ruling} contradicts a scale of {scale}" in refused(WireSupervisor, ruling=ruling, scale_pct=scale)


def test_a_horizon_is_judged_once() -> None:
    assert "a horizon is judged twice" in refused(WireAnalyst, horizons=[VIEW, VIEW])


@pytest.mark.parametrize("overall", ["long", "short"])
@pytest.mark.parametrize("view", ["none", "long", "short", "abstain"])
def test_a_direction_overall_needs_a_horizon_that_has_it(overall: str, view: str) -> None:
    changes = {"direction": overall, "horizons": [VIEW | {"direction": view}]}
    if view == overall:
        assert read(WireAnalyst, changes)
    else:
        assert f"overall {overall}, but no horizon is {overall}" in refused(WireAnalyst, **changes)


def test_no_direction_overall_needs_none() -> None:
    assert read(WireAnalyst, {"direction": "none", "horizons": [VIEW | {"direction": "abstain"}]})


@pytest.mark.parametrize(
    ("spelled", "value"), [("true", True), ("false", False), ("61.25", 61.25), ("-3", -3), ("0", 0), ("0.5", 0.5)]
)
def test_a_number_or_a_truth_in_quotes_is_what_it_spells(spelled: str, value: float) -> None:
    found = read(WireRisk, {"evidence": [CITED | {"value": spelled}]}).model_dump()["evidence"][0]["value"]
    assert found == value
    assert isinstance(found, bool) is isinstance(value, bool)


@pytest.mark.parametrize("value", ["long", "open", "01", "1e5", "+1", "1.", "True", " 1"])
def test_other_words_stay_words(value: str) -> None:
    found = read(WireRisk, {"evidence": [CITED | {"value": value}]}).model_dump()["evidence"][0]["value"]
    assert found == value


@pytest.mark.parametrize("value", [1e16, -1e16, float("nan"), float("inf"), "ü", "a\nb", "x" * 25, None, [1]])
def test_what_no_field_of_a_case_can_hold_is_refused(value: object) -> None:
    refused(WireRisk, evidence=[CITED | {"value": value}])


@pytest.mark.parametrize(
    "field", ["", "book drawdown", "../secret", "signals.1h.rsi_14; drop", "x" * 61, "böok.drawdown"]
)
def test_a_field_is_a_path_and_nothing_else(field: str) -> None:
    refused(WireRisk, evidence=[CITED | {"field": field}])


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [
        (WireAnalyst, "evidence", 4),
        (WireRisk, "evidence", 4),
        (WireAdvocate, "evidence", 4),
        (WireSupervisor, "evidence", 3),
    ],
)
def test_there_is_a_most_of_evidence_and_a_least_for_those_who_must_bring_some(
    kind: type[BaseModel], name: str, most: int
) -> None:
    assert read(kind, {name: [CITED] * most})
    refused(kind, **{name: [CITED] * (most + 1)})
    if kind is WireSupervisor:
        assert read(kind, {name: []})
    else:
        refused(kind, **{name: []})


def test_an_advocate_must_attack() -> None:
    refused(WireAdvocate, attacks=[])


@pytest.mark.slow
@given(text=st.text(max_size=500))
def test_words_that_come_through_can_be_seen_and_are_no_longer_than_they_may_be(text: str) -> None:
    try:
        found = read(WireRisk, {"reasoning": text})
    except ValidationError:
        return
    said = found.model_dump()["reasoning"]
    assert 0 < len(said) <= 400
    assert said.isprintable()
    json.dumps(said, ensure_ascii=False).encode()


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200b", "\x00\x01"])
def test_words_that_nobody_can_see_are_none(text: str) -> None:
    refused(WireRisk, reasoning=text)
