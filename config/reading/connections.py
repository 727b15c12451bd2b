"""Proxies and certificates out of the environment: told in one sentence when no connection can be made with them.

HTTP clients read these variables themselves, and fail in many ways on a value that they cannot use. Values are never shown: a
proxy's address may hold a password.
"""

import os
from collections.abc import Callable, Mapping
from decimal import localcontext
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

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
    """One client of `package` (`ccxt.pro`, `ccxt.async_support`) that leaves the decimal context of its thread alone.

    ccxt 4.5 sets the rounding of the whole thread when it rounds a price or a quantity, which would change the last digit of
    what all others compute. Raises ImportError and AttributeError.
    """
    client = getattr(loaded(package), exchange)(dict(options))
    rounded = client.decimal_to_precision

    @wraps(rounded)
    def apart(*number: Any, **how: Any) -> Any:
        with localcontext():
            return rounded(*number, **how)

    client.decimal_to_precision = apart
    return client


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
