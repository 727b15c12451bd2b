"""The format between a role and a model: the JSON schema of the answer, and the conversion of a reply into an
opinion.

The schemas are simple enough for the strict mode of every provider and for the grammars of llama.cpp: no references,
all properties required, in the order in which the model must reason, and no other properties. A reply that does not
match is refused with a reason that the model can act on; nothing is repaired.
"""

import json
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from agents.court.condition import Condition
from agents.court.opinion import (
    AdvocateOpinion,
    AnalystOpinion,
    Evidence,
    HorizonView,
    Opinion,
    RebuttalOpinion,
    RiskOpinion,
    SupervisorOpinion,
)
from agents.court.prompts.answers import (
    WireAdvocate,
    WireAnalyst,
    WireEvidence,
    WireHorizon,
    WireRebuttal,
    WireRisk,
    WireSupervisor,
    WireTypedAnalyst,
)
from agents.court.prompts.fence import clean
from agents.llm.asking import Unacceptable
from agents.llm.attempt import AttemptOutcome, Role
from config.silence import Abstained
from market.timeframe import HORIZONS, Timeframe
from risk.proposal import Direction

Form = Role | Literal["typed_analyst", "rebuttal"]
"""The form of an answer: that of a role, or of the analyst where he names a condition or answers an attack."""

_WIRE: dict[Form, type[BaseModel]] = {
    "analyst": WireAnalyst,
    "typed_analyst": WireTypedAnalyst,
    "rebuttal": WireRebuttal,
    "risk_agent": WireRisk,
    "devils_advocate": WireAdvocate,
    "supervisor": WireSupervisor,
}
_KEPT = (
    "type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "minLength", "maxLength",
    "minItems", "maxItems",
)  # fmt: skip
_SIGN = {"long": 1, "short": -1, "none": 0}
_REASONS = 3
_WHY_CAP = 400


def schema_name(form: Form) -> str:
    """Return the name of the schema in a request: that of what is asked for, however it is said."""
    return "tribunal_analyst" if form == "typed_analyst" else f"tribunal_{form}"


@cache
def json_schema(form: Form) -> str:
    """Return the schema of a form as canonical JSON: always the same bytes."""
    schema = _WIRE[form].model_json_schema()
    return json.dumps(_plain(schema, schema.get("$defs", {})), separators=(",", ":"), ensure_ascii=True)


def to_opinion(form: Form, parsed: dict[str, Any]) -> Opinion:
    """Return the opinion in a parsed reply. Raises Unacceptable(INVALID) with up to three reasons."""
    try:
        word = _WIRE[form].model_validate(parsed)
    except ValidationError as fault:
        raise Unacceptable(AttemptOutcome.INVALID, _reasons(fault)) from fault
    match word:
        case WireAnalyst() | WireTypedAnalyst():
            return _analyst(word)
        case WireRebuttal():
            return RebuttalOpinion(
                reasoning=word.reasoning,
                evidence=_evidence(word.evidence),
                concedes=word.concedes,
                conviction_pct=word.conviction_pct,
            )
        case WireRisk():
            return RiskOpinion(
                reasoning=word.reasoning,
                evidence=_evidence(word.evidence),
                concerns=tuple(word.concerns),
                scale_pct=word.scale_pct,
            )
        case WireAdvocate():
            return AdvocateOpinion(
                reasoning=word.reasoning,
                evidence=_evidence(word.evidence),
                attacks=tuple(word.attacks),
                strength_pct=word.strength_pct,
            )
        case WireSupervisor():
            return SupervisorOpinion(
                reasoning=word.reasoning, evidence=_evidence(word.evidence), scale_pct=word.scale_pct
            )
    raise AssertionError(f"no opinion is made of {type(word).__name__}")


def _analyst(word: WireAnalyst | WireTypedAnalyst) -> AnalystOpinion:
    turn = word.would_change_my_mind
    said: dict[str, WireHorizon] = {view.horizon: view for view in word.horizons}
    return AnalystOpinion(
        reasoning=word.reasoning,
        evidence=_evidence(word.evidence),
        horizons=tuple(_horizon(horizon, said.get(horizon.value)) for horizon in HORIZONS),
        direction=Direction(word.direction),
        conviction_pct=0 if word.direction == "none" else word.conviction_pct,
        risks=tuple(word.risks),
        would_change_my_mind=turn
        if isinstance(turn, str)
        else Condition(field=turn.field, comparison=turn.comparison, value=turn.value),
    )


def _horizon(horizon: Timeframe, view: WireHorizon | None) -> HorizonView | Abstained:
    if view is None:
        return Abstained(why=f"{horizon}: not judged")
    if view.direction == "abstain":
        return Abstained(why=f"{horizon}: the analyst cannot tell")
    sign = _SIGN[view.direction]
    return HorizonView(
        horizon=horizon,
        direction=Direction(view.direction),
        expected_move_bps=sign * view.expected_move_bps,
        conviction_pct=view.conviction_pct if sign else 0,
    )


def _evidence(items: list[WireEvidence]) -> tuple[Evidence, ...]:
    return tuple(Evidence(field=item.field, value=item.value, claim=item.claim) for item in items)


def _reasons(fault: ValidationError) -> str:
    """Return what to correct, without quoting the reply."""
    told = []
    for error in fault.errors(include_url=False, include_input=False, include_context=False)[:_REASONS]:
        place = ".".join(str(part) for part in error["loc"])
        told.append(f"{place}: {error['msg']}" if place else error["msg"])
    more = fault.error_count() - len(told)
    return clean("; ".join(told) + (f"; and {more} more" if more > 0 else ""), _WHY_CAP)


def _plain(node: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema without references, titles and descriptions."""
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rpartition("/")[2]], definitions)
    plain: dict[str, Any] = {}
    for key in _KEPT:
        if key not in node:
            continue
        value = node[key]
        if key == "properties":
            plain[key] = {name: _plain(part, definitions) for name, part in value.items()}
        elif key == "anyOf":
            plain[key] = [_plain(part, definitions) for part in value]
        else:
            plain[key] = _plain(value, definitions) if key == "items" else value
    return plain
