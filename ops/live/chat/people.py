"""Who may ask what: an allow-list of pairs of a person and a chat, each with a role. Whoever is not on it gets no answer.

A group has one chat id for all its members, so the person is looked at too; a person's own messages in another chat count not.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from config.errors import UsageFault

_PERSON = re.compile(r"(?P<user>\d{1,19})(?:@(?P<chat>-?\d{1,19}))?")


class Role(IntEnum):
    """What somebody may do; each may do what the one before may."""

    VIEWER = 1
    OPERATOR = 2


class Person(NamedTuple):
    """A user in a chat, by Telegram's ids."""

    user: int
    chat: int


def people_of(viewers: Sequence[str], operators: Sequence[str]) -> dict[Person, Role]:
    """The allow-list. USER alone is that person's private chat; USER@CHAT is a group. Raises UsageFault."""
    people: dict[Person, Role] = {}
    for role, texts in ((Role.VIEWER, viewers), (Role.OPERATOR, operators)):
        for text in texts:
            people[_person(text)] = role
    if not people:
        raise UsageFault("Nobody may ask: name people with --operator and --viewer. The chat was not opened.")
    return people


def _person(text: str) -> Person:
    found = _PERSON.fullmatch(text)
    if found is None:
        raise UsageFault(
            f"{text!r} is nobody: give a user's id as a number, or USER@CHAT for a group. The chat was not opened. "
            "A bot such as the one you made shows ids in its updates."
        )
    user = int(found["user"])
    return Person(user, user if found["chat"] is None else int(found["chat"]))
