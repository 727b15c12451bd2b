"""Where this user's state lies: the journal's key, the book of what models cost, the latch of the kill switch.

Found without loading anything heavy, because the kill switch asks. The folder is that of the environment, else that of `.env`
in the current folder, else the user's own; it refuses to guess where there is none.
"""

import os
from pathlib import Path

from platformdirs import user_state_dir

from config.errors import OutputFault, UsageFault

VARIABLE = "TRIBUNAL_STATE_DIR"


def state_folder(env_file: Path = Path(".env")) -> Path:
    """The folder of all state.

    Raises UsageFault for a `.env` that cannot be read, OutputFault where there is no home.
    """
    given = next((value for name, value in os.environ.items() if name.upper() == VARIABLE and value), None)
    if given is not None:
        return Path(given)
    return _from_file(env_file) or own_folder()


def own_folder() -> Path:
    """The user's own state folder. Raises OutputFault where there is no home."""
    folder = Path(user_state_dir("tribunal", appauthor=False))
    if not folder.is_absolute():
        raise OutputFault(f"This user has no home folder to keep state in. Set {VARIABLE} to a folder of your own.")
    return folder


def _from_file(env_file: Path) -> Path | None:
    """What `.env` says, if it says anything."""
    try:
        if VARIABLE.encode() not in env_file.read_bytes().upper():
            return None
        from dotenv import dotenv_values  # only such a file is worth loading it

        found = dotenv_values(env_file, encoding="utf-8").items()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise UsageFault(
            f"The file {env_file} cannot be read ({why}), and it may say where state lies. Nothing was done. Set "
            f"{VARIABLE} in the environment."
        ) from None
    return next((Path(value) for name, value in found if name.upper() == VARIABLE and value), None)
