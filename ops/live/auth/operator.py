"""The operator's password and tokens: hashes in a file of this user, or the password's hash in TRIBUNAL_OPERATOR_HASH.

There is one operator, and no table of users. The password is kept as an Argon2id hash, a token as its SHA-256: it is 256 random
bits, so that nothing is gained by a slow hash. Neither is ever written in plain, logged or shown again.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field, ValidationError

from config.errors import OutputFault, UsageFault
from config.files import write_whole
from config.frozen import Frozen

Scope = Literal["read", "propose", "steer"]
"""`read`: look at everything; `propose`: read, and propose positions where an agents' server allows it; `steer`: read, and change
what a session does."""
SCOPES: Final[dict[Scope, frozenset[Scope]]] = {
    "read": frozenset({"read"}),
    "propose": frozenset({"read", "propose"}),
    "steer": frozenset({"read", "steer"}),
}
"""What each scope allows."""
FILE = "operator.json"
SHORTEST = 12
"""Characters of a password, at least."""
_PREFIX = "trib_"
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""OWASP's parameters of Argon2id: 19 MiB, two passes."""


class Token(Frozen):
    """A program that may use the REST interface."""

    name: str = Field(description="what it is for")
    scope: Scope
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Operator(Frozen):
    """What is known of the operator. `password_hash`: Argon2id; None where none was set."""

    password_hash: str | None = None
    tokens: tuple[Token, ...] = ()

    def knows(self, password: str) -> bool:
        """Whether this is the password. It takes some 30 ms on purpose. Raises UsageFault for a hash that is none."""
        if self.password_hash is None:
            return False
        try:
            return _HASHER.verify(self.password_hash, password)
        except InvalidHashError:
            raise UsageFault(
                "The operator's password hash is not one of Argon2. Nobody was let in. Make it with `tribunal serve "
                "--set-password`."
            ) from None
        except VerificationError:
            return False

    @property
    def may_steer(self) -> bool:
        """Whether anybody may change what a session does: with the password, or with a token."""
        return self.password_hash is not None or any(token.scope == "steer" for token in self.tokens)

    def token_of(self, token: str) -> Token | None:
        """What is known of a token; None for one that is not."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        found: Token | None = None
        for each in self.tokens:  # all of them, so that the time tells nothing
            if hmac.compare_digest(each.sha256, digest):
                found = each
        return found

    def with_password(self, password: str) -> "Operator":
        """The same operator with another password. Raises UsageFault for one that is too short."""
        if len(password) < SHORTEST:
            raise UsageFault(f"The password has {len(password)} characters. Nothing was kept. Give {SHORTEST} or more.")
        return self.model_copy(update={"password_hash": _HASHER.hash(password)})

    def with_token(self, name: str, scope: Scope) -> tuple["Operator", str]:
        """The same operator with one more token, and that token, which is shown once. One of the same name is replaced."""
        token = f"{_PREFIX}{secrets.token_urlsafe(32)}"
        made = Token(name=name, scope=scope, sha256=hashlib.sha256(token.encode()).hexdigest())
        others = tuple(each for each in self.tokens if each.name != name)
        return self.model_copy(update={"tokens": (*others, made)}), token


def read_operator(state: Path, password_hash: str | None = None) -> Operator:
    """The operator of this user's state folder; `password_hash` takes the place of the one in it.

    Raises UsageFault for a file that cannot be read, or that other users can.
    """
    file = state / FILE
    try:
        found = Operator() if not file.exists() else Operator.model_validate_json(_private(file))
    except (OSError, ValidationError):
        raise UsageFault(
            f"{file} cannot be read as the operator's file. Nothing was served. Remove it, and set the password again with "
            "`tribunal serve --set-password`."
        ) from None
    return found if password_hash is None else found.model_copy(update={"password_hash": password_hash})


def keep_operator(state: Path, operator: Operator) -> Path:
    """Write the operator's file, for this user alone. Raises OutputFault."""
    file = state / FILE
    try:
        state.mkdir(parents=True, exist_ok=True)
        write_whole(file, operator.model_dump_json(indent=2).encode() + b"\n", durable=True, private=True)
    except OSError as fault:
        raise OutputFault(f"{file} cannot be written ({fault.strerror}). Nothing was changed.") from fault
    return file


def _private(file: Path) -> bytes:
    if file.stat().st_mode & 0o077:
        raise UsageFault(
            f"{file} can be read by other users. Nothing was served. Run `chmod 600 {file}`, and set the password again."
        )
    return file.read_bytes()
