"""Small files under the journal's key: what one session tells the next one, and what a human has typed for it.

A file is two lines: its seal, which is an HMAC of the purpose and the content, and the content as JSON. A file that was changed
by hand, was sealed with another key or belongs to another purpose does not verify, and nothing in it is believed. It does not
guard against an older file of the same kind that is put back, nor against a file that is taken away.
"""

import hashlib
import hmac
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from config.errors import JournalFault, OutputFault
from config.files import write_whole
from config.frozen import Frozen

Content = TypeVar("Content", bound=Frozen)


def write_sealed(path: Path, content: Frozen, key: bytes) -> None:
    """Write a value durably, for nobody else to read. Raises OSError; the old file is then unchanged."""
    text = content.model_dump_json().encode()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = _seal(type(content), text, key).encode() + b"\n" + text + b"\n"
    write_whole(path, whole, durable=True, private=True)


def read_sealed(path: Path, kind: type[Content], key: bytes, what: str, how: str) -> Content | None:
    """The value in a file; None where there is no file.

    `what` names it in a fault, and `how` says what mends it. Raises JournalFault for a file that does not verify or cannot be
    understood, OutputFault for one that cannot be read.
    """
    try:
        seal, _, text = path.read_bytes().rstrip(b"\n").partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise OutputFault(f"{what} {path} cannot be read ({fault.strerror}). Nothing was started. {how}") from fault
    if not hmac.compare_digest(seal, _seal(kind, text, key).encode()):
        raise JournalFault(
            f"{what} {path} does not verify: it was changed, or sealed with another key than yours. Nothing in it is believed, "
            f"and nothing was started. {how}"
        )
    try:
        return kind.model_validate_json(text)
    except ValidationError as fault:
        raise JournalFault(f"{what} {path} is of another version. Nothing was started. {how}") from fault


def _seal(kind: type[Frozen], text: bytes, key: bytes) -> str:
    return hmac.new(key, b"\x1f".join((b"sealed", kind.__name__.encode(), text)), hashlib.sha256).hexdigest()
