"""The folder of this user's state: the journal key, the record of model costs, the latch of the kill switch.

The module loads nothing heavy, because the kill switch uses it. The folder comes from the environment, or else from `.env`
in the current folder, or else it is the user's own state folder. `halt` and `run` must find the same one, wherever each is
started: so `~` is written out, and a folder that is relative, in quotes, not one folder or not to be written is refused by
every command alike. An empty value counts as not set. Without a home folder the module raises and does not guess.
"""

import io
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_state_dir

from config.errors import OutputFault, UsageFault

VARIABLE = "TRIBUNAL_STATE_DIR"
_QUOTES = "'\"`\u2018\u2019\u201c\u201d"
_WANTED = (
    f"Nothing was done. Set {VARIABLE} to the whole path of one folder, such as /home/you/tribunal or ~/tribunal: every "
    "command must find the same one, wherever it is started."
)


def state_folder(env_file: Path | None = Path(".env")) -> Path:
    """The folder of all state: absolute, with `~` written out. It need not exist yet.

    Raises UsageFault when `.env` cannot be read or what is named is no whole path, OutputFault when it cannot be a folder that
    this user writes to, or the user has no home folder.
    """
    return named_folder(env_file) or own_folder()


def named_folder(env_file: Path | None = Path(".env")) -> Path | None:
    """The folder that the environment or `.env` names; None when neither does. Raises as `state_folder` does."""
    given = _one("the environment", ((name, value) for name, value in os.environ.items() if name.upper() == VARIABLE))
    if given is None and env_file is not None:
        given = _one(f"the file {env_file}", _from_file(env_file))
    return None if given is None else _usable(_whole(given))


def own_folder() -> Path:
    """The user's own state folder. Raises OutputFault when the user has no home folder."""
    folder = Path(user_state_dir("tribunal", appauthor=False))
    if not folder.is_absolute():
        raise OutputFault(
            f"This user has no home folder for the program's state. Nothing was done. Set {VARIABLE} to a folder of your own."
        )
    return folder


def env_text(env_file: Path) -> str:
    """The text of a `.env` file, without a byte order mark; empty where there is none. Raises UsageFault when it is no text."""
    try:
        raw = env_file.read_bytes()
        text = raw.decode("utf-8-sig")
        why = "it is not UTF-8 text" if "\0" in text else ""
    except (FileNotFoundError, IsADirectoryError):  # some name the folder of their virtual environment so
        return ""
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror or str(fault) if isinstance(fault, OSError) else "it is not UTF-8 text"
    if why:
        raise UsageFault(
            f"The file {env_file} cannot be read as UTF-8 text ({why}), and it may name the state folder or a key. Nothing was "
            "done. Save it as UTF-8, or move it away and set the variables in the environment."
        )
    return text


def _from_file(env_file: Path) -> list[tuple[str, str | None]]:
    """What `.env` says of the folder, as written; the last one as it is meant, with its `${NAME}` written out.

    Raises UsageFault for a line that names the variable and sets nothing.
    """
    text = env_text(env_file)
    if VARIABLE not in text.upper():
        return []
    from dotenv import dotenv_values  # loaded only when there is a file to read
    from dotenv.parser import parse_stream

    found: list[tuple[str, str | None]] = []
    for part in parse_stream(io.StringIO(text)):
        said = (part.original.string if part.error else part.key or "").upper()
        if VARIABLE in said and said != VARIABLE:
            raise UsageFault(
                f"Line {part.original.line} of the file {env_file} names {VARIABLE} and cannot be read. Nothing was done. Write "
                f"{VARIABLE}=/home/you/tribunal, alone on its line."
            )
        if part.key is not None and said == VARIABLE:
            found.append((part.key, part.value))
    meant = dotenv_values(stream=io.StringIO(text))
    return [(name, meant[name] if value == found[-1][1] else value) for name, value in found]


def _one(where: str, found: Iterable[tuple[str, str | None]]) -> str | None:
    """The value that is given; None for none or an empty one. Raises UsageFault for two that differ."""
    given = {value: name for name, value in found if value}
    if len(given) > 1:
        raise UsageFault(f"{VARIABLE} is given {len(given)} times in {where}, with different folders. {_WANTED}")
    return next(iter(given), None)


def _whole(text: str) -> Path:
    """The absolute path that a value names. Raises UsageFault, with what is wrong."""
    path = Path(text)
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in text):
        wrong = (
            "it holds a character that no folder's name should (a line break, or one that cannot be seen or printed)"
        )
    elif text != text.strip():
        wrong = "it begins or ends with a blank"
    elif text[0] in _QUOTES or text[-1] in _QUOTES:
        wrong = "its quotes are a part of the value, because nothing removed them"
    elif "$" in text:
        wrong = "nothing puts a value in the place of a variable there"
    else:
        path, wrong = _expanded(path)
    if wrong:
        raise UsageFault(f"{VARIABLE} is {text!r}, which is no state folder: {wrong}. {_WANTED}")
    return path


def _expanded(path: Path) -> tuple[Path, str]:
    """The path with `~` written out, and what is wrong with it; nothing is for an absolute one."""
    try:
        path = path.expanduser()
    except RuntimeError:
        return path, f"the home folder of {path.parts[0]} is not known"
    return path, "" if path.is_absolute() else "it depends on the folder that a command is started in"


def _usable(folder: Path) -> Path:
    """A folder that this user can write to, or can make. Raises OutputFault."""
    near = folder
    try:
        while not _is_there(near):
            near = near.parent
        wrong = "" if os.access(near, os.W_OK | os.X_OK) else f"{near} cannot be written"
        if not near.is_dir():
            wrong = f"{near} is not a folder"
    except OSError as fault:
        wrong = fault.strerror or str(fault)
    if wrong:
        raise OutputFault(f"{VARIABLE} names {folder}, which cannot hold the program's state: {wrong}. {_WANTED}")
    return folder


def _is_there(path: Path) -> bool:
    """Whether anything has this name, also a link to nothing. Raises OSError for a name that no disk can have."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
