"""What `tribunal halt` and `tribunal unhalt` read of their command lines, without loading anything heavy.

A profile that does not exist is refused: a latch for a misspelt name would stop nobody.
"""

import getpass
import os
from difflib import get_close_matches
from pathlib import Path

from config.errors import UsageFault
from execution.kill_switch.latch import ALL, LONGEST_REASON

PROFILES = Path(__file__).parents[2] / "config" / "profiles"


def scope_of(profile: str | None, done: str) -> str:
    """The latch's scope for `--profile`. Raises UsageFault for a name that no session can have; `done` says what was not."""
    if profile is None:
        return ALL
    if profile.endswith((".yaml", ".yml")) or "/" in profile:
        return Path(profile).stem
    known = sorted(file.stem for file in PROFILES.glob("*.yaml"))
    if profile in known:
        return profile
    near = get_close_matches(profile, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}; your own is given by its path."
    raise UsageFault(f"There is no profile {profile!r}; nothing was {done}. {hint} Without --profile it is for all.")


def scope_words(scope: str) -> str:
    """Whom a latch is for, at the beginning of a sentence."""
    return "All sessions" if scope == ALL else f"Sessions of the profile {scope}"


def sentence(text: str) -> str:
    """A reason as one line that can be written and printed anywhere, of at most 500 characters."""
    whole = text.encode("utf-8", "replace").decode()
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in whole).split())
    return line[:LONGEST_REASON]


def user() -> str:
    """The name of whoever runs this command."""
    try:
        return sentence(getpass.getuser())
    except (KeyError, OSError):
        return f"user {os.getuid()}"
