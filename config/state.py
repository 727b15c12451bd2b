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
    """The folder of all state, the same that `config.secrets.state_dir` finds.

    Raises UsageFault for a `.env` that cannot be read, OutputFault where there is no home.
    """
    given = next((value for name, value in os.environ.items() if name.upper() == VARIABLE and value), None)
    if given is not None:
        return Path(given)
    if _names_it(env_file):
        from config.secrets import load_secrets, state_dir  # costs half a second, which only such a file is worth

        return state_dir(load_secrets(env_file))
    return own_folder()


def own_folder() -> Path:
    """The user's own state folder. Raises OutputFault where there is no home."""
    folder = Path(user_state_dir("tribunal", appauthor=False))
    if not folder.is_absolute():
        raise OutputFault(f"This user has no home folder to keep state in. Set {VARIABLE} to a folder of your own.")
    return folder


def _names_it(env_file: Path) -> bool:
    try:
        return VARIABLE.encode() in env_file.read_bytes().upper()
    except FileNotFoundError:
        return False
    except OSError as fault:
        raise UsageFault(
            f"The file {env_file} cannot be read ({fault.strerror}), and it may say where state lies. Nothing was done. Set "
            f"{VARIABLE} in the environment."
        ) from None
