"""What a small model is held to: less than the whole schema, and nothing that the whole one would refuse."""

import json
from typing import Any

import pytest
from injections import REPLIES

from agents.court.prompts.wire import json_schema, to_opinion
from agents.llm.attempt import ROLES, Role
from agents.llm.providers.local.terse import LONGEST, MOST, terse


def fullest(schema: dict[str, Any], name: str = "") -> Any:
    """The longest answer within a schema; horizons are told apart, as the court wants them."""
    if "enum" in schema:
        return schema["enum"][-1]
    if schema["type"] == "object":
        return {key: fullest(part, key) for key, part in schema["properties"].items()}
    if schema["type"] == "array":
        items = [fullest(schema["items"]) for _ in range(schema["maxItems"])]
        if name == "horizons":
            names = schema["items"]["properties"]["horizon"]["enum"]
            items = [item | {"horizon": horizon} for item, horizon in zip(items, names, strict=True)]
        return items
    return ("book.drawdown" if name == "field" else "x" * schema["maxLength"])[: schema["maxLength"]]


@pytest.mark.parametrize("role", ROLES)
def test_the_fullest_terse_answer_is_an_opinion_and_keeps_every_part(role: Role) -> None:
    schema = json.loads(terse(json_schema(role)))
    answer = fullest(schema)
    if role == "analyst":
        answer |= {"direction": answer["horizons"][0]["direction"].replace("abstain", "none")}
    assert to_opinion(role, answer).kind == role
    assert list(answer) == list(json.loads(json_schema(role))["properties"]) == list(REPLIES[role])


@pytest.mark.parametrize("role", ROLES)
def test_it_is_much_shorter(role: Role) -> None:
    schema = json.loads(json_schema(role))
    schema["properties"]["evidence"]["items"]["properties"]["value"] = {"type": "string", "maxLength": 24}
    assert len(json.dumps(fullest(json.loads(terse(json_schema(role)))))) < 0.65 * len(json.dumps(fullest(schema)))


def test_what_a_schema_insists_on_is_not_cut() -> None:
    story = {"type": "object", "properties": {"story": {"type": "string", "minLength": 900, "maxLength": 990}}}
    many = {"type": "object", "properties": {"names": {"type": "array", "minItems": 3, "maxItems": 9, "items": {}}}}
    assert json.loads(terse(json.dumps(story)))["properties"]["story"]["maxLength"] == 900 > LONGEST
    assert json.loads(terse(json.dumps(many)))["properties"]["names"]["maxItems"] == 3 > MOST
