"""From a request to what it may do: by a session's cookie, by a bearer token, or, on loopback without a password, to look."""

from typing import NamedTuple

from config.clock import Clock
from ops.live.auth.operator import SCOPES, Operator, Scope
from ops.live.auth.sessions import Lockout, Sessions, same

COOKIE = "tribunal_session"
CSRF_HEADER = "x-csrf-token"


class Who(NamedTuple):
    """Who asks: what is allowed, and for a browser the token that its changes must carry. `is_guest`: nobody has logged in;
    `name`: as what he does is noted down, the operator or the name of a token."""

    allowed: frozenset[Scope]
    csrf: str | None = None
    is_guest: bool = False
    name: str = "operator"


class Asked(NamedTuple):
    """What a request says of itself: session id, `Authorization` header and the address that it comes from."""

    session: str | None
    authorization: str | None
    address: str


class LockedOut(Exception):
    """Too many wrong passwords or tokens came from this address. `seconds`: how long it has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Access:
    """The door. `guests_read`: where no password is set, everybody who reaches it may look, and nobody may change anything."""

    def __init__(self, operator: Operator, clock: Clock, *, guests_read: bool) -> None:
        self._operator = operator
        self.sessions, self._lockout = Sessions(clock), Lockout(clock)
        self._guests_read = guests_read and operator.password_hash is None

    @property
    def has_password(self) -> bool:
        """Whether the operator can log in."""
        return self._operator.password_hash is not None

    def who(self, asked: Asked, *, touch: bool = True) -> Who | None:
        """Who asks; None for nobody who is known. Raises LockedOut."""
        if asked.authorization is not None:
            return self._bearer(asked)
        found = self.sessions.find(asked.session, touch=touch)
        if found is not None:
            return Who(SCOPES[found.scope], found.csrf)
        return Who(SCOPES["read"], is_guest=True, name="guest") if self._guests_read else None

    def log_in(self, password: str, address: str) -> str | None:
        """The id of a new session; None for a wrong password. Raises LockedOut. Slow on purpose: call it in a thread."""
        self._refuse_locked(address)
        if not self._operator.knows(password):
            self._lockout.wrong(address)
            return None
        self._lockout.right(address)
        return self.sessions.begin("steer")

    def _bearer(self, asked: Asked) -> Who | None:
        self._refuse_locked(asked.address)
        kind, _, token = (asked.authorization or "").partition(" ")
        found = self._operator.token_of(token.strip()) if kind.lower() == "bearer" else None
        if found is None:
            self._lockout.wrong(asked.address)
            return None
        return Who(SCOPES[found.scope], name=found.name)

    def _refuse_locked(self, address: str) -> None:
        wait = self._lockout.wait(address)
        if wait is not None:
            raise LockedOut(max(1, round(wait.total_seconds())))


def may_change(who: Who, given: str | None) -> bool:
    """Whether a request that changes something carries what it must: a browser its session's token; a program needs none,
    because no browser sends its header by itself."""
    return not who.is_guest and (who.csrf is None or same(given, who.csrf))
