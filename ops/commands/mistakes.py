"""What a parser found wrong in a command line, as one sentence with what to do about it.

argparse says what it could not do; a user wants to know what to write. A message that is not known here is passed on as it is.
"""

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches

from ops.commands.table import BY_NAME

_NOTHING = "nothing was started"
_KINDS = {"int": "a whole number", "float": "a number"}


def mistake(parse: argparse.ArgumentParser, message: str) -> str:
    """The sentence for a message of `parse`."""
    more = f"`{parse.prog} --help` lists its options."
    if found := re.fullmatch(r"unrecognized arguments: (.*)", message, re.DOTALL):
        return _unknown(parse, found[1], more)
    if found := re.fullmatch(r"the following arguments are required: (.*)", message):
        example = next(iter(getattr(BY_NAME.get(parse.prog.removeprefix("tribunal ")), "examples", ())), None)
        return f"{_and(found[1])} must be given; {_NOTHING}. {f'Such as: {example}' if example else more}"
    if found := re.fullmatch(r"argument ([^:]*): (.*)", message, re.DOTALL):
        return _wrong(found[1].split("/")[-1], found[2], more)
    return f"{message}; {_NOTHING}. {more}"


def near(name: str, known: Iterable[str]) -> str | None:
    """What was probably meant; None where nothing is like it."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def _unknown(parse: argparse.ArgumentParser, words: str, more: str) -> str:
    parts = words.split()
    name = next((word.partition("=")[0] for word in parts if word.startswith("-")), None)
    if name is None:
        return f"{parse.prog} does not know what to do with {parts[0]!r}; {_NOTHING}. {more}"
    known = [option for action in parse._actions for option in action.option_strings if option[:2] == "--"]
    longer = [option for option in known if option.startswith(name)]
    if not name.strip("-") or not (meant := _or(longer) or near(name, known)):
        return f"{parse.prog} has no option {name}; {_NOTHING}. {more}"
    return f"{parse.prog} has no option {name}; {_NOTHING}. Did you mean {meant}?"


def _wrong(name: str, what: str, more: str) -> str:
    """What is wrong with the value of an option."""
    if found := re.fullmatch(r"invalid choice: '?(.*?)'? \(choose from (.*)\)", what):
        choices = re.sub("'", "", found[2]).split(", ")
        meant = near(found[1], choices)
        hint = f"Did you mean {meant}?" if meant else more
        return f"{name} {found[1]!r} is not one of {', '.join(choices)}; {_NOTHING}. {hint}"
    if found := re.fullmatch(r"invalid (\w+) value: '?(.*?)'?", what, re.DOTALL):
        return f"{name} {found[2]!r} is not {_KINDS.get(found[1], f'a {found[1]}')}; {_NOTHING}. {more}"
    if found := re.fullmatch(r"ignored explicit argument '?(.*?)'?", what):
        return f"{name} takes no value, and was given {found[1]!r}; {_NOTHING}. Leave the value out."
    if found := re.fullmatch(r"expected (.*) arguments?", what):
        return f"{name} needs {'a value' if found[1] == 'one' else f'{found[1]} value'}; {_NOTHING}. {more}"
    return f"{name}: {what}; {_NOTHING}. {more}"


def _or(names: list[str]) -> str:
    """The names in a sentence; empty without any."""
    *others, last = names or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _and(names: str) -> str:
    *others, last = names.split(", ")
    return f"{', '.join(others)} and {last}" if others else last
