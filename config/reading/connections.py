"""Proxies and certificates out of the environment: told in one sentence when no connection can be made with them.

HTTP clients read these variables themselves, and fail in many ways on a value that they cannot use. Values are never shown: a
proxy's address may hold a password.
"""

import os
from collections.abc import Callable, Mapping
from decimal import localcontext
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

MOST_DIGITS = 400
"""Digits behind the point, or zeros before it, that a number of an exchange may have; the largest float has 308."""

_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
T = TypeVar("T")


class NoClient(Exception):
    """No client can be made. The text is one clause that names the variables and says what to do."""


def client_of(make: Callable[[], T]) -> T:
    """What `make` returns. Raises NoClient when the environment's proxies or certificates cannot be used."""
    try:
        return make()
    except ImportError as error:
        why = "a SOCKS proxy needs the package socksio, which is not installed"
        raise NoClient(_sentence(_set(_PROXIES, both_cases=True), why)) from error
    except ValueError as error:
        why = "a proxy has an address that starts with http://, https:// or socks5://"
        raise NoClient(_sentence(_set(_PROXIES, both_cases=True), why)) from error
    except OSError as error:
        raise NoClient(_sentence(_set(_CERTIFICATES), "no certificates can be read there")) from error


def loaded(name: str) -> ModuleType:
    """Import a client's package without the certificates of the environment, which come back afterwards.

    aiohttp, which several of them import, makes a TLS context when it is imported, and fails on a variable that it cannot use.
    What the client itself makes of these variables is told when it connects.
    """
    hidden = {variable: os.environ.pop(variable) for variable in _CERTIFICATES if variable in os.environ}
    try:
        return import_module(name)
    finally:
        os.environ.update(hidden)


def ccxt_client(package: str, exchange: str, options: Mapping[str, Any]) -> Any:
    """One client of `package` (`ccxt.pro`, `ccxt.async_support`) that leaves the decimal context of its thread alone, and that no
    number in a reply can stop.

    ccxt 4.5 sets the rounding of the whole thread when it rounds a price or a quantity, which would change the last digit of
    what all others compute. It writes a step of 10^-n as n zeros, one after another, and computes 10^n: one reply with an n of
    nineteen digits would take all time and all memory, and no exit would leave any more. Such a number is `BadResponse`, as a
    reply that is no JSON is. Raises ImportError and AttributeError.
    """
    client = getattr(loaded(package), exchange)(dict(options))
    rounded, zeros = client.decimal_to_precision, client.parse_precision

    @wraps(rounded)
    def apart(*number: Any, **how: Any) -> Any:
        with localcontext():
            return rounded(*number, **how)

    @wraps(zeros)
    def bounded(precision: Any) -> Any:
        digits = str(precision or 0).lstrip("+-")
        if len(digits) > 3 or (digits.isdecimal() and int(digits) > MOST_DIGITS):
            raise import_module("ccxt").BadResponse(
                f"{exchange} tells of a step of 10^-{digits[:20]}, which nothing has"
            )
        return zeros(precision)

    client.decimal_to_precision, client.parse_precision = apart, bounded
    _bound_exponents()
    return client


@cache
def _bound_exponents() -> None:
    """Let ccxt's own numbers refuse an exponent that no price, quantity or fee has."""
    number, fault = import_module("ccxt.base.precise").Precise, import_module("ccxt").BadResponse
    made = number.__init__

    @wraps(made)
    def bounded(self: Any, text: Any, decimals: int | None = None) -> None:
        made(self, text, decimals)
        if decimals is None and abs(self.decimals) > MOST_DIGITS:
            raise fault(f"an exchange tells of the number {str(text)[:40]}, which nothing has")

    number.__init__ = bounded


def proxies_set() -> str:
    """The variables that name proxies, as a remark behind a failure; empty without any."""
    names = _set(_PROXIES, both_cases=True)
    return f" (a proxy is set: {', '.join(names)})" if names else ""


def _set(names: tuple[str, ...], *, both_cases: bool = False) -> list[str]:
    spelled = [name for upper in names for name in ((upper, upper.lower()) if both_cases else (upper,))]
    return [name for name in spelled if os.environ.get(name)]


def _sentence(names: list[str], why: str) -> str:
    """One clause. Without a variable, the machine's own settings are the cause."""
    named = ", ".join(names) or "this machine's network settings"
    return f"no connection can be made with {named} as set: {why}; correct or unset it"
