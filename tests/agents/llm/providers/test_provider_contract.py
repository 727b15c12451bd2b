"""Every adapter against every way in which a provider can fail: the real SDKs, a real server, one request each."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from model_server import KEY, ModelServer, Raw, Turn
from provider_support import KINDS, outcome_of, provider, with_provider

from agents.court.prompts.wire import json_schema, schema_name, to_opinion
from agents.llm.asking import Unacceptable
from agents.llm.attempt import ROLES, AttemptOutcome, Completion, ProviderFault, Role, Stop
from agents.llm.providers.provider import Provider
from agents.llm.providers.request import status_fault
from agents.llm.strict_json import parse_strict
from config.sections.minds import PRESETS, PROVIDERS

FAULTS = {
    Turn.UNAUTHORIZED: AttemptOutcome.AUTH,
    Turn.FORBIDDEN: AttemptOutcome.AUTH,
    Turn.PAYMENT_REQUIRED: AttemptOutcome.QUOTA,
    Turn.NOT_FOUND: AttemptOutcome.BAD_REQUEST,
    Turn.BAD_REQUEST: AttemptOutcome.BAD_REQUEST,
    Turn.TOO_LARGE: AttemptOutcome.TOO_LARGE,
    Turn.RATE_LIMITED_1: AttemptOutcome.RATE_LIMITED,
    Turn.RATE_LIMITED_600: AttemptOutcome.RATE_LIMITED,
    Turn.NO_QUOTA: AttemptOutcome.QUOTA,
    Turn.SERVER_ERROR: AttemptOutcome.SERVER_ERROR,
    Turn.OVERLOADED: AttemptOutcome.OVERLOADED,
    Turn.CUT: AttemptOutcome.CONNECTION,
    Turn.HTML: AttemptOutcome.NONSENSE,
    Turn.EVENT_STREAM: AttemptOutcome.NONSENSE,
    Turn.BROKEN_JSON: AttemptOutcome.NONSENSE,
    Turn.WRONG_SHAPE: AttemptOutcome.NONSENSE,
    Turn.NULLS: AttemptOutcome.NONSENSE,
    Turn.EMPTY: AttemptOutcome.NONSENSE,
}
REPLIES = {
    Turn.OK: Stop.END,
    Turn.CHUNKED: Stop.END,
    Turn.REFUSAL: Stop.REFUSAL,
    Turn.TRUNCATION: Stop.LENGTH,
    Turn.OUT_OF_RANGE: Stop.END,
    Turn.CONTRADICTION: Stop.END,
    Turn.PROSE: Stop.END,
}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def ask(kind: str, server: ModelServer, turn: Turn | Raw, timeout_s: float = 5.0) -> Completion | ProviderFault:
    server.turns.append(turn)
    before = len(server.log)
    found = with_provider(kind, server, lambda asked: outcome_of(asked, timeout_s))
    assert len(server.log) - before == 1, "one request on the wire for each call"
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", FAULTS)
def test_a_failing_provider_gives_a_fault_of_the_right_name(kind: str, turn: Turn, server: ModelServer) -> None:
    fault = ask(kind, server, turn)
    assert isinstance(fault, ProviderFault)
    assert fault.outcome is FAULTS[turn]
    assert KEY not in str(fault)
    assert len(fault.detail) <= 300
    assert fault.detail.isprintable()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", REPLIES)
def test_a_reply_comes_with_its_text_stop_and_usage(kind: str, turn: Turn, server: ModelServer) -> None:
    reply = ask(kind, server, turn)
    assert isinstance(reply, Completion)
    assert reply.stop is REPLIES[turn]
    assert reply.text
    assert reply.usage is not None
    assert reply.usage.output_tokens > 0
    assert server.log[-1].authorized


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [Turn.HANG, Turn.TRICKLE])
def test_a_provider_that_hangs_or_trickles_is_left_at_the_timeout(kind: str, turn: Turn, server: ModelServer) -> None:
    began = time.monotonic()
    fault = ask(kind, server, turn, timeout_s=0.6)
    assert isinstance(fault, ProviderFault)
    assert fault.outcome is AttemptOutcome.TIMEOUT
    assert time.monotonic() - began < 10, "far less than the 20 s and more that they would take"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("turn", "seconds"), [(Turn.RATE_LIMITED_1, 1.0), (Turn.RATE_LIMITED_600, 600.0)])
def test_retry_after_is_reported_and_not_waited_for(kind: str, turn: Turn, seconds: float, server: ModelServer) -> None:
    began = time.monotonic()
    fault = ask(kind, server, turn)
    assert isinstance(fault, ProviderFault)
    assert fault.retry_after_s == seconds
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_at_the_address_is_a_connection_fault(kind: str) -> None:
    with ModelServer() as gone:
        url = gone.url
    fault = asyncio.run(outcome_of(provider(kind, url)))
    assert isinstance(fault, ProviderFault)
    assert fault.outcome is AttemptOutcome.CONNECTION


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_key_no_request_is_sent_and_the_message_names_the_variable(kind: str, server: ModelServer) -> None:
    before = len(server.log)
    fault = with_provider(kind, server, outcome_of, key=None)
    assert isinstance(fault, ProviderFault)
    assert fault.outcome is AttemptOutcome.SKIPPED_NO_KEY
    assert fault.detail == "set MODEL_KEY"
    assert len(server.log) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["sk-ключ", "sk-one\nsk-two"])
def test_a_key_that_no_header_can_carry_is_a_fault_and_no_crash(kind: str, key: str, server: ModelServer) -> None:
    fault = with_provider(kind, server, outcome_of, key=key)
    assert isinstance(fault, ProviderFault)
    assert fault.outcome is AttemptOutcome.AUTH
    assert key not in str(fault)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_with_a_line_end_works(kind: str, server: ModelServer) -> None:
    assert isinstance(with_provider(kind, server, outcome_of, key=f"{KEY}\n"), Completion)
    assert server.log[-1].authorized


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancelled_call_ends_at_once_and_the_next_one_works(kind: str, server: ModelServer) -> None:
    async def cancel_one(asked: Provider) -> Completion | ProviderFault:
        server.turns.extend([Turn.HANG, Turn.OK])
        before = len(server.log)
        call = asyncio.create_task(outcome_of(asked, 20.0))
        while len(server.log) == before:
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait([call], timeout=10)
        assert call.cancelled()
        return await outcome_of(asked)

    assert isinstance(with_provider(kind, server, cancel_one), Completion)


@pytest.mark.parametrize("kind", KINDS)
def test_twenty_calls_go_out_together(kind: str) -> None:
    async def twenty(asked: Provider) -> float:
        await outcome_of(asked)
        began = time.monotonic()
        found = await asyncio.gather(*(outcome_of(asked, user=f"call {n}") for n in range(20)))
        assert all(isinstance(one, Completion) for one in found)
        return time.monotonic() - began

    with ModelServer(delay_s=0.5) as slow:
        assert with_provider(kind, slow, twenty) < 5.0, "one after another they would take 10 s"
        assert len(slow.log) == 21


def test_a_timeout_of_nothing_is_a_timeout(server: ModelServer) -> None:
    for kind in KINDS:
        fault = with_provider(kind, server, lambda asked: outcome_of(asked, 0.0))
        assert isinstance(fault, ProviderFault)
        assert fault.outcome is AttemptOutcome.TIMEOUT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 50_000, b'"\\ud800"', b"NaN", b"null", b"[]", b"3"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_any_bytes_with_any_status_are_a_fault(kind: str, body: bytes, status: int, server: ModelServer) -> None:
    fault = ask(kind, server, Raw(status, body))
    assert isinstance(fault, ProviderFault)
    expected = {200: AttemptOutcome.NONSENSE, 400: AttemptOutcome.BAD_REQUEST, 500: AttemptOutcome.SERVER_ERROR}
    assert fault.outcome is expected[status]
    fault.detail.encode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
def test_each_roles_schema_goes_through_each_adapter_and_comes_back_as_an_opinion(
    kind: str, role: Role, server: ModelServer
) -> None:
    def reply(turn: Turn) -> Completion | ProviderFault:
        server.turns.append(turn)
        changes = {"role": role, "schema_name": schema_name(role), "json_schema": json_schema(role)}
        return with_provider(kind, server, lambda asked: outcome_of(asked, **changes))

    sound = reply(Turn.OK)
    assert isinstance(sound, Completion), sound
    assert server.log[-1].role == role
    assert to_opinion(role, parse_strict(sound.text)).kind == role
    wild = reply(Turn.OUT_OF_RANGE)
    assert isinstance(wild, Completion)
    with pytest.raises(Unacceptable):
        to_opinion(role, parse_strict(wild.text))


@pytest.mark.parametrize("role", ["analyst", "supervisor"])
def test_an_opinion_at_odds_with_itself_is_served_and_refused(role: Role, server: ModelServer) -> None:
    server.turns.append(Turn.CONTRADICTION)
    changes = {"role": role, "schema_name": schema_name(role), "json_schema": json_schema(role)}
    found = with_provider("compatible", server, lambda asked: outcome_of(asked, **changes))
    assert isinstance(found, Completion)
    with pytest.raises(Unacceptable):
        to_opinion(role, parse_strict(found.text))


@pytest.mark.parametrize("before", [0, 250, 270, 290, 299])
def test_a_key_in_a_long_error_is_masked_before_the_error_is_cut(before: int) -> None:
    key = "sk-ant-" + "A" * 80
    detail = status_fault(400, {}, b"x" * before + key.encode() + b"y" * 400, key).detail
    assert "sk-ant" not in detail


def test_every_kind_of_provider_is_held_to_the_contract() -> None:
    """A local model needs a model file: `local/test_provider.py` holds it, with a real one. A preset is a `compatible` server
    with an address of its own."""
    assert {*KINDS, "local", *PRESETS} == set(PROVIDERS)
    assert {PROVIDERS[name].adapter for name in PRESETS} == {PROVIDERS["compatible"].adapter}
