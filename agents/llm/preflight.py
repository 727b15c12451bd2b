"""Which models can sit, found out before a session by one cheap question to each.

    key present ► price known ► a decision can be paid ► one question with a schema ► a seat, or one line that says why not

A provider that will surely never answer in this session (its key is refused, its model or its price is not known, its answers are
no JSON, a decision cannot be paid) gets no seat: it is not asked again, and no outage is made of it. One that is only silent now
(overloaded, unreachable) keeps its seat and is asked when it is needed. What its server refuses is learnt here, before the first
decision (`agents.llm.providers.refusals`), and so is the room that it needs to think.
"""

import asyncio
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from agents.llm.asking import Unacceptable
from agents.llm.attempt import ROLES, TRANSIENT, AttemptOutcome, Request, Role, Stop
from agents.llm.budget.prices import price_of, price_unknown, worst_case_usd
from agents.llm.budget.room import room, wider
from agents.llm.chain import Judged, again, chain_of, judge
from agents.llm.live import Live
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.refusals import reply_taken
from agents.llm.source import Call
from agents.llm.strict_json import parse_strict
from config.frozen import Frozen
from config.sections.minds import PROVIDERS, Effort, MindsSettings, ProviderSettings, Reply

SCHEMA = {
    "type": "object",
    "properties": {"check_answer": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["check_answer"],
    "additionalProperties": False,
}
_SYSTEM = "This is a test of the connection before a session. Answer with one JSON object of the given schema and nothing else."
_USER = "Is 2 less than 3? Give check_answer: yes or no."
_SILENT = TRANSIENT | {AttemptOutcome.SKIPPED_BUDGET, AttemptOutcome.SKIPPED_DEADLINE, AttemptOutcome.SKIPPED_LATE}
"""What may pass: the provider keeps its seat."""
_NO_MODEL = re.compile(
    r"HTTP 404|model.{0,60}(?:not found|not exist|unknown|invalid|no access)|no such model", re.IGNORECASE
)
_MAX_WHY = 300


class Seat(Frozen):
    """What was found out about one provider. Prices are in USD a million tokens, `latency_s` and `cost_usd` those of the
    question."""

    provider: str
    kind: str
    model: str
    state: Literal["sits", "silent", "barred"]
    key: Literal["accepted", "set", "missing", "refused", "none"]
    model_known: bool | None = None
    """None where the server did not get as far."""
    reply: Reply | None = None
    """How it was asked for JSON in the end; None where it gave none."""
    price: Literal["listed", "profile", "free", "unknown"]
    input_usd: Decimal
    output_usd: Decimal
    effort: Effort | None
    max_tokens: int
    """The longest answer of a first request, its thinking included."""
    latency_s: float | None = None
    cost_usd: Decimal = Decimal(0)
    refused: tuple[str, ...] = ()
    """Parameters that its server refuses, and that are not sent."""
    why: str = ""
    """Why it does not sit, or is silent now, in one line."""


async def check_seats(
    minds: MindsSettings, live: Live, learnt: Learnt, keyless: Collection[str], names: Collection[str], now: datetime
) -> tuple[Seat, ...]:
    """Ask each of these providers once, all at the same time; in the order of `names`. `keyless` have no key. Never raises an
    error of a provider.
    """
    return tuple(await asyncio.gather(*(_seat(name, minds, live, learnt, keyless, now) for name in names)))


def known_seat(name: str, minds: MindsSettings, learnt: Learnt, keyless: Collection[str], now: datetime) -> Seat:
    """What is known of a provider without a call; `state` is "sits" where nothing speaks against it."""
    settings, role = minds.providers[name], _role_of(name, minds)
    price, asked = price_of(settings, now), _request(minds, settings, role)
    known = learnt.of(name)
    has_key = PROVIDERS[settings.kind].has_key and (settings.api_key_env or PROVIDERS[settings.kind].key_variable)
    why = _barred(name, minds, settings, asked, keyless, now)
    return Seat(
        provider=name,
        kind=settings.kind,
        model=settings.model,
        state="barred" if why else "sits",
        key="missing" if name in keyless else "set" if has_key else "none",
        price=price.source,
        input_usd=price.input_usd,
        output_usd=price.output_usd,
        effort=asked.effort,
        max_tokens=max(room(settings, asked), known.max_tokens or 0),
        refused=tuple(known.refused),
        why=why or "",
    )


def barred(seats: Collection[Seat]) -> dict[str, str]:
    """Why a provider is not asked in this session, by its name."""
    return {seat.provider: seat.why for seat in seats if seat.state == "barred"}


async def _seat(
    name: str, minds: MindsSettings, live: Live, learnt: Learnt, keyless: Collection[str], now: datetime
) -> Seat:
    seat = known_seat(name, minds, learnt, keyless, now)
    if seat.state == "barred":
        return seat
    settings = minds.providers[name]
    request = _request(minds, settings, _role_of(name, minds))
    until = asyncio.get_running_loop().time() + minds.deadlines.call_s
    call = Call(f"check of {name}", name, settings.model, request, until, until)
    cost = Decimal(0)
    for _ in range(minds.requests_a_provider):
        done = await live.paid(call)
        cost += done.cost_usd
        judged: Judged[str] = judge(done, _answer, is_fenced=settings.reply == "fenced")
        further = again(call.request, judged.outcome, judged.detail)
        cut_at = done.max_tokens if done.completion is not None and done.completion.stop is Stop.LENGTH else None
        if further is None or (cut_at is not None and not wider(settings, cut_at)):
            break
        call = call._replace(request=further, cut_at=cut_at)
    spoke = judged.outcome is AttemptOutcome.OK
    lesson = learnt.of(name)
    return seat.model_copy(
        update={
            **_found(seat, judged),
            "reply": _reply(settings, lesson.refused) if spoke else None,
            "latency_s": done.latency_ms / 1000,
            "cost_usd": cost,
            "max_tokens": max(seat.max_tokens, lesson.max_tokens or 0),
            "refused": tuple(lesson.refused),
        }
    )


def _found(seat: Seat, judged: Judged[str]) -> dict[str, object]:
    """State, key and reason after the question."""
    outcome, said = judged.outcome, judged.detail[:_MAX_WHY]
    if outcome is AttemptOutcome.OK:
        return {"state": "sits", "key": "none" if seat.key == "none" else "accepted", "model_known": True}
    if outcome is AttemptOutcome.AUTH and seat.key == "none":
        variable = f"name its variable in minds.providers.{seat.provider}.api_key_env"
        return {
            "state": "barred",
            "key": "missing",
            "why": f"it wants a key, and the profile names none: {variable} ({said})",
        }
    if outcome is AttemptOutcome.AUTH:
        return {"state": "barred", "key": "refused", "why": f"its key is refused ({said})"}
    if outcome in _SILENT:
        words = outcome.value.removeprefix("skipped_").replace("_", " ")
        return {"state": "silent", "why": f"no answer now: {words} ({said}); it is asked again when it is needed"}
    key = {"key": "accepted"} if seat.key == "set" and outcome is not AttemptOutcome.SKIPPED_NO_KEY else {}
    if outcome is AttemptOutcome.BAD_REQUEST and _NO_MODEL.search(said):
        return {
            **key,
            "state": "barred",
            "model_known": False,
            "why": f"its model {seat.model} is not known there ({said})",
        }
    if outcome in (AttemptOutcome.MALFORMED, AttemptOutcome.INVALID):
        hint = (
            "`reply: fenced` accepts prose around one fenced object" if "```" in said or "not one JSON" in said else ""
        )
        why = f"its answers are not the JSON that was asked for ({said})" + (f"; {hint}" if hint else "")
        return {**key, "state": "barred", "model_known": True, "why": why}
    return {**key, "state": "barred", "why": f"{outcome.value.replace('_', ' ')}: {said}"}


def _barred(
    name: str,
    minds: MindsSettings,
    settings: ProviderSettings,
    request: Request,
    keyless: Collection[str],
    now: datetime,
) -> str | None:
    """Why a provider cannot sit whatever it answers; None where nothing speaks against it."""
    if name in keyless:
        return f"no key: set {settings.api_key_env or PROVIDERS[settings.kind].key_variable}"
    unknown = price_unknown(name, settings, now)
    if unknown is not None:
        return unknown
    long = request.model_copy(update={"max_tokens": room(settings, request)})
    worst = worst_case_usd(settings, long, now)
    budget = minds.budget
    limit, which = min(
        (budget.decision_usd, "decision_usd"), (budget.day_usd, "day_usd"), (budget.month_usd, "month_usd")
    )
    if worst <= limit:
        return None
    return (
        f"one answer can cost {float(worst):.2g} USD, and minds.budget.{which} is {limit}: raise it, or lower "
        f"minds.providers.{name}.max_output_tokens ({long.max_tokens:,} now)"
    )


def _request(minds: MindsSettings, settings: ProviderSettings, role: Role) -> Request:
    return Request(
        role=role,
        prompt_version="check.v1",
        system=_SYSTEM,
        user=_USER,
        schema_name="tribunal_check",
        json_schema=json.dumps(SCHEMA, separators=(",", ":")),
        max_tokens=minds.max_output_tokens,
        effort=settings.effort_of(role),
    )


def _role_of(name: str, minds: MindsSettings) -> Role:
    """The role as which a provider thinks the longest, among those in whose chain it is."""
    efforts: Mapping[Role, int] = {
        role: _THOUGHT.index(minds.providers[name].effort_of(role) or "none")
        for role in ROLES
        if name in chain_of(minds, role)
    }
    return max(efforts, key=lambda role: efforts[role], default=ROLES[0])


_THOUGHT: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def _reply(settings: ProviderSettings, refused: Mapping[str, str]) -> Reply:
    """How the provider was asked for JSON in the end."""
    return reply_taken(settings.reply or PROVIDERS[settings.kind].reply, refused.__contains__)


def _answer(text: str) -> str:
    said = parse_strict(text).get("check_answer")
    if said not in ("yes", "no"):
        raise Unacceptable(AttemptOutcome.INVALID, "check_answer must be yes or no")
    return str(said)
