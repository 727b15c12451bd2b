"""The folder of this user's state: the journal key, the record of model costs, the latch of the kill switch.

The module loads nothing heavy, because the kill switch uses it. The folder comes from the environment, or else from `.env`
in the current folder, or else it is the user's own state folder. Without a home folder the module raises and does not guess.
"""

import os
from pathlib import Path

from platformdirs import user_state_dir

from config.errors import OutputFault, UsageFault

VARIABLE = "TRIBUNAL_STATE_DIR"


def state_folder(env_file: Path = Path(".env")) -> Path:
    """The folder of all state.

    Raises UsageFault when `.env` cannot be read, OutputFault when the user has no home folder.
    """
    given = next((value for name, value in os.environ.items() if name.upper() == VARIABLE and value), None)
    if given is not None:
        return Path(given)
    return _from_file(env_file) or own_folder()


def own_folder() -> Path:
    """The user's own state folder. Raises OutputFault when the user has no home folder."""
    folder = Path(user_state_dir("tribunal", appauthor=False))
    if not folder.is_absolute():
        raise OutputFault(
            f"This user has no home folder for the program's state. Nothing was done. Set {VARIABLE} to a folder of your own."
        )
    return folder


def _from_file(env_file: Path) -> Path | None:
    """The folder that `.env` names; None when it names none."""
    try:
        if VARIABLE.encode() not in env_file.read_bytes().upper():
            return None
        from dotenv import dotenv_values  # loaded only when there is a file to read

        found = dotenv_values(env_file, encoding="utf-8").items()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise UsageFault(
            f"The file {env_file} cannot be read ({why}), and it may name the state folder. Nothing was done. Correct the "
            f"file, or set {VARIABLE} in the environment."
        ) from None
    return next((Path(value) for name, value in found if name.upper() == VARIABLE and value), None)
