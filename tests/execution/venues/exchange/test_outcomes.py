"""What each answer proves about a new order: the errors are those of real ccxt, the answers what it made of recorded faults."""

from typing import Any

import ccxt
import pytest

from execution.venues.exchange.capabilities import CAPABILITIES
from execution.venues.exchange.outcomes import Verdict, of_error, of_reply, passing, unknown_to

BINANCE = CAPABILITIES["binance"]
PROVEN = [
    (ccxt.RequestTimeout("no answer"), "unknown"),
    (ccxt.ExchangeNotAvailable("reset"), "unknown"),
    (ccxt.ExchangeError("a body that was cut off"), "unknown"),
    (ccxt.OperationFailed("-1000"), "unknown"),
    (ccxt.OperationRejected("-1004"), "unknown"),
    (ccxt.BadResponse("no JSON"), "unknown"),
    (ccxt.NetworkError("anything"), "unknown"),
    (ccxt.OnMaintenance("closed"), "unknown"),
    (ccxt.OrderNotFound("-2013"), "unknown"),
    (ccxt.DuplicateOrderId("seen"), "unknown"),
    (ccxt.InvalidOrder("Duplicate order sent."), "unknown"),
    (ValueError("a reply that ccxt cannot read"), "unknown"),
    (ccxt.InsufficientFunds("-2010"), "rejected"),
    (ccxt.OrderImmediatelyFillable("-2010"), "rejected"),
    (ccxt.InvalidOrder("LOT_SIZE"), "rejected"),
    (ccxt.BadRequest("NOTIONAL"), "rejected"),
    (ccxt.BadSymbol("none"), "rejected"),
    (ccxt.AuthenticationError("-2015"), "rejected"),
    (ccxt.PermissionDenied("not from here"), "rejected"),
    (ccxt.ArgumentsRequired("price"), "rejected"),
    (ccxt.NotSupported("not there"), "rejected"),
    (ccxt.MarketClosed("halted"), "rejected"),
    (ccxt.InvalidNonce("-1021"), "rejected"),
    (ccxt.DDoSProtection("binance 429 Too Many Requests"), "leave_alone"),
    (ccxt.RateLimitExceeded("too many"), "leave_alone"),
]


@pytest.mark.parametrize(
    ("error", "verdict"), PROVEN, ids=lambda each: type(each).__name__ if isinstance(each, Exception) else each
)
def test_an_error_proves_a_rejection_only_where_the_exchange_or_ccxt_said_so(error: Exception, verdict: str) -> None:
    assert of_error(error).verdict.value == verdict


def test_every_class_of_ccxts_errors_has_an_outcome_and_none_proves_acceptance() -> None:
    classes = [each for each in vars(ccxt).values() if isinstance(each, type) and issubclass(each, ccxt.BaseError)]
    assert len(classes) > 30
    assert {of_error(each("x")).verdict for each in classes} == {Verdict.REJECTED, Verdict.UNKNOWN, Verdict.LEAVE_ALONE}


@pytest.mark.parametrize(
    ("headers", "text", "pause_s"),
    [
        ({"Retry-After": "7"}, "429", 7.0),
        ({"retry-after": "30"}, "429", 30.0),
        (None, "binance 429 Too Many", 1.0),
        ({}, "binance 418 I'm a teapot", 120.0),
        ({"Retry-After": "soon"}, "429", 1.0),
        ({"Retry-After": "-5"}, "429", 1.0),
        ({"Retry-After": "nan"}, "429", 1.0),
    ],
)
def test_how_long_the_exchange_is_left_alone(headers: dict[str, str] | None, text: str, pause_s: float) -> None:
    assert of_error(ccxt.DDoSProtection(text), headers).pause_s == pause_s


def reply(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "clientOrderId": "mine", "status": "open", "info": {"clientOrderId": "mine"}, **fields}


def test_an_order_is_accepted_if_the_exchange_names_it_and_repeats_our_id() -> None:
    assert of_reply(reply(), "mine", BINANCE).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "answer",
    [
        None, [], "<html>", {}, reply(id=None), reply(id=""), reply(id=5), reply(clientOrderId=None, info={}),
        reply(clientOrderId="other", info={}), reply(info={"clientOrderId": "other"}),
    ],
)  # fmt: skip
def test_an_answer_without_an_id_or_with_another_one_proves_nothing(answer: Any) -> None:
    assert of_reply(answer, "mine", BINANCE).verdict is Verdict.UNKNOWN


def test_an_answer_that_repeats_no_client_id_proves_nothing_where_the_exchange_never_repeats_it() -> None:
    assert of_reply(reply(), "mine", CAPABILITIES["kraken"]).verdict is Verdict.UNKNOWN


def test_an_order_that_was_taken_and_rejected_is_rejected() -> None:
    assert of_reply(reply(status="rejected", id=""), "mine", BINANCE).verdict is Verdict.REJECTED


def test_only_an_order_that_is_not_found_is_unknown_and_only_what_the_exchange_refused_is_not_asked_again() -> None:
    assert unknown_to(ccxt.OrderNotFound("x"))
    assert not unknown_to(ccxt.InvalidOrder("x"))
    assert passing(ccxt.RequestTimeout("x"))
    assert passing(ccxt.InvalidNonce("x")), "the clock is measured and corrected"
    assert passing(ccxt.ExchangeError("cut off"))
    assert not passing(ccxt.BadSymbol("x"))
