"""One link of the chain, and the MAC that ties it to the link before.

Each event's MAC is HMAC-SHA256(key, previous MAC + seq + kind + payload), so that an edit, a deletion, a swap or a rewritten tail
is found at the first event that does not fit; without the key nobody can forge a new chain. It knows no file and no database.
"""

import hashlib
import hmac
from typing import NamedTuple

GENESIS = "0" * 64
"""What stands before the first event."""


class Row(NamedTuple):
    """One link of the chain: an event as a store holds it. `kind` includes its version (see `Journaled.written_kind`)."""

    seq: int
    kind: str
    payload: bytes
    mac: str


def key_id(key: bytes) -> str:
    """A name for a key that does not reveal it."""
    return hashlib.sha256(b"journal-key-id" + key).hexdigest()[:12]


def link(key: bytes, previous: str, seq: int, kind: str, payload: bytes) -> str:
    """The MAC of an event after `previous`, as 64 hex digits."""
    return linked(keyed(key), previous, seq, kind, payload)


def keyed(key: bytes) -> hmac.HMAC:
    """The state of the MAC after the key. It is copied for each event: to begin anew costs as much as the hash itself."""
    return hmac.new(key, digestmod=hashlib.sha256)


def linked(state: hmac.HMAC, previous: str, seq: int, kind: str, payload: bytes) -> str:
    """As `link`, from the state of the MAC after the key."""
    mac = state.copy()
    mac.update(f"{previous}\x1f{seq}\x1f{kind}\x1f".encode() + payload)
    return mac.hexdigest()
