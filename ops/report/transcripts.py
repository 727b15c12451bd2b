"""Requests to models and their replies as the page shows them: text of limited length, with a note when it is cut.

A second request to the same model repeats the first and adds the error; only the addition is shown.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agents.llm.attempt import ROLES, Attempt, Role

SHOWN_CHARS = 4000
SAME = "(the same as before)"


class AttemptView(NamedTuple):
    """An attempt with its prompt, thinking and reply as shown. `reply` and `thought` are None if there was none."""

    attempt: Attempt
    prompt: str
    reply: str | None
    thought: str | None = None


def by_role(attempts: Sequence[Attempt]) -> dict[Role, tuple[AttemptView, ...]]:
    """Return the attempts of one hearing, in their order; every role has an entry."""
    return {role: _views([made for made in attempts if made.role == role]) for role in ROLES}


def capped(text: str) -> str:
    """Return at most `SHOWN_CHARS` characters, and a note of how many are left out."""
    left = len(text) - SHOWN_CHARS
    return text if left <= 0 else f"{text[:SHOWN_CHARS]}\n[{left:,} characters more are in the journal]"


def _views(attempts: list[Attempt]) -> tuple[AttemptView, ...]:
    first = attempts[0].user if attempts else ""
    return tuple(
        AttemptView(
            made,
            capped(made.user if place == 0 else _added(first, made.user)),
            None if made.reply is None else capped(made.reply),
            None if made.thinking is None else capped(made.thinking),
        )
        for place, made in enumerate(attempts)
    )


def _added(first: str, now: str) -> str:
    return f"{SAME}{now[len(first) :]}" if now.startswith(first) else now
