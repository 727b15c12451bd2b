"""How long an answer may be: the court's length, room for thinking, and more after a cut."""

from typing import Any, get_args

import pytest
from scripted_provider import request

from agents.llm.budget.room import MOST, THINKING, room, wider
from config.sections.minds import Effort, ProviderSettings


def settings(**changes: Any) -> ProviderSettings:
    return ProviderSettings.model_validate({"kind": "openai", "model": "m", **changes})


def test_every_effort_has_room_and_more_effort_has_more() -> None:
    assert set(THINKING) == set(get_args(Effort))
    assert list(THINKING.values()) == sorted(THINKING.values())


def test_without_effort_an_answer_has_the_length_that_the_court_asks_for() -> None:
    assert room(settings(), request()) == 200
    assert room(settings(), request().model_copy(update={"effort": "high"})) == 8_200


def test_the_providers_own_length_holds_whatever_the_effort_is() -> None:
    assert room(settings(max_output_tokens=900), request().model_copy(update={"effort": "max"})) == 900


@pytest.mark.parametrize(("cut_at", "then"), [(700, (2800, 1400)), (20_000, (40_000,)), (MOST, ()), (40_000, ())])
def test_more_room_ends_somewhere(cut_at: int, then: tuple[int, ...]) -> None:
    assert wider(settings(), cut_at) == then


def test_a_model_on_this_machine_has_no_more_room_than_half_its_context() -> None:
    local = settings(kind="local", context_tokens=4096)
    assert wider(local, 700) == (1400,)
    assert wider(local, 1400) == ()
