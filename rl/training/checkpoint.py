"""Checkpoints of one seed: whole files that are on the disk before the next leg begins.

A checkpoint begins with its SHA-256, so a damaged one is told from a whole one. A full disk leaves the one before it. It is read
without pickle, since a folder of models may come from elsewhere.
"""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from config.errors import OutputFault, UsageFault
from config.files import write_whole

_HASH_BYTES = 32


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint of a seed durably. Raises OutputFault; the one before it is then kept."""
    stream = io.BytesIO()
    torch.save(state, stream)
    content = stream.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, hashlib.sha256(content).digest() + content, durable=True)
    except OSError as fault:
        raise OutputFault(
            f"The checkpoint {path.name} cannot be written ({fault.strerror}); the training stopped, and the last good "
            f"checkpoint is kept. Free some space or correct the rights of {path.parent}, then repeat the command."
        ) from fault


def read_checkpoint(path: Path, key: str) -> dict[str, Any] | None:
    """The state in a checkpoint; None where there is none. `key`: what the training depends on.

    Raises UsageFault for a checkpoint of another training, and OutputFault for one that is damaged.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise OutputFault(f"The checkpoint {path} cannot be read ({fault.strerror}). Nothing was started.") from fault
    if hashlib.sha256(content[_HASH_BYTES:]).digest() != content[:_HASH_BYTES]:
        raise OutputFault(
            f"The checkpoint {path} is damaged, so nothing was resumed from it. Remove it: its seed then begins anew."
        )
    state: dict[str, Any] = torch.load(io.BytesIO(content[_HASH_BYTES:]), weights_only=True)
    if state["key"] != key:
        raise UsageFault(
            f"{path.parent.parent} holds a training with other bars or settings. Nothing was started; repeat its options to "
            "resume it, or give another --out."
        )
    return state
