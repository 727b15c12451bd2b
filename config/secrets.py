"""Keys, from the environment or a `.env` file, and the key that seals the journal.

Secrets are never read from a profile, never printed and never logged: `repr`, `str` and JSON show asterisks. The program
makes the journal key once and never replaces it, because no older journal could be verified with a new key.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import JournalFault, OutputFault, UsageFault
from config.files import write_once
from config.sections.venue import KEY_OF, PASSWORD_OF, SECRET_OF
from config.state import env_text, named_folder, own_folder

KEY_BYTES = 32
KEY_FILE = "journal.key"
_OTHER = "other_"
"""Prefix of the fields that hold the variables which a profile names."""
_OWN_KEY = "set TRIBUNAL_JOURNAL_KEY (64 hexadecimal digits, as `openssl rand -hex 32` prints them)"


_OURS = "TRIBUNAL_"
NOTEBOOKS = ("TRIBUNAL_RUN", "TRIBUNAL_DECISION", "TRIBUNAL_MODEL")
"""Variables that only the notebooks read."""
_PLAIN = ("state_dir", "log_level")
"""Fields that are not secret."""


class Secrets(BaseSettings):
    """The variables that the program reads from the environment. An empty value counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=_OURS,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    journal_key: SecretStr | None = Field(
        default=None, description="seals the journal, 64 hexadecimal digits; unset: a key file is made once"
    )
    exchange_key: SecretStr | None = Field(default=None, description="API key of the profile's exchange")
    exchange_secret: SecretStr | None = Field(default=None, description="secret of that API key")
    exchange_password: SecretStr | None = Field(
        default=None, description="passphrase of that API key, where it has one"
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None, validation_alias="ANTHROPIC_API_KEY", description="key of Anthropic, for models in the court"
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias="OPENAI_API_KEY", description="key of OpenAI, for models in the court"
    )
    alerts: SecretStr | None = Field(
        default=None, description="where alerts go, and which (docs/alerts.md): routes, with blanks between them"
    )
    telegram_token: SecretStr | None = Field(
        default=None, description="token of the Telegram bot that takes commands (docs/alerts.md)"
    )
    operator_hash: SecretStr | None = Field(
        default=None,
        description="Argon2 hash of the operator's password for `tribunal serve`; unset: that of `tribunal serve --set-password`",
    )
    state_dir: Path | None = Field(
        default=None, description="folder of the journal key and all other state; unset: the user's own state folder"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="logs on stderr: DEBUG, INFO, WARNING or ERROR"
    )

    def held(self) -> dict[str, SecretStr | None]:
        """The secrets by the name of their variable; None for a variable that is not set."""
        return {_variable(name): getattr(self, name) for name in type(self).model_fields if name not in _PLAIN}

    def values(self) -> tuple[str, ...]:
        """The plain values of all secrets that are set. Use them only to mask logs."""
        return tuple(value.get_secret_value() for value in self.held().values() if value is not None)


def variables() -> dict[str, str]:
    """Every environment variable that is read, and what it is for; a profile's `api_key_env` may name more."""
    return {_variable(name): field.description or "" for name, field in Secrets.model_fields.items()}


def misspelt(names: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of these environment variables that begins as ours do, and that nothing reads."""
    known = {name.upper() for name in (*variables(), *NOTEBOOKS)}
    own = (KEY_OF, SECRET_OF, PASSWORD_OF)  # of exchanges that a profile names
    ours = sorted(
        {
            name
            for name in names
            if name.upper().startswith(_OURS) and name.upper() not in known and not name.upper().startswith(own)
        }
    )
    return tuple(f"Nothing reads the environment variable {name}; it was ignored.{_meant(name)}" for name in ours)


def _meant(name: str) -> str:
    bare = {known.removeprefix(_OURS): known for known in variables() if known.startswith(_OURS)}
    near = get_close_matches(name.upper().removeprefix(_OURS), bare, n=1)
    return f" Did you mean {bare[near[0]]}?" if near else f" Those that are read: {', '.join(sorted(bare.values()))}."


def load_secrets(env_file: Path | None = Path(".env"), also: Iterable[str] = ()) -> Secrets:
    """Read secrets from the environment and from `env_file`. The environment wins.

    `also` names the variables of further keys (`MindsSettings.key_variables`). They are read from the same two places and
    masked like the others. Raises UsageFault when the file cannot be read or a value is malformed, and for a state folder as
    `config.state.state_folder` does; the message never shows the value of a secret.
    """
    if env_file is not None:
        env_text(env_file)
    folder = named_folder(env_file)
    try:
        return _holding(also)(_env_file=env_file, _env_file_encoding="utf-8-sig", state_dir=folder)
    except ValidationError as error:
        names = ", ".join(_variable(str(detail["loc"][0])) for detail in error.errors(include_input=False))
        raise UsageFault(
            f"The environment holds values that cannot be used: {names}. Nothing was started. Correct or unset them."
        ) from None


def state_dir(secrets: Secrets) -> Path:
    """TRIBUNAL_STATE_DIR as `config.state` finds it, or else the user's own state folder.

    Raises OutputFault when the user has no home folder.
    """
    return secrets.state_dir or own_folder()


def journal_key(secrets: Secrets | None = None) -> bytes:
    """The 32 bytes that seal the journal: TRIBUNAL_JOURNAL_KEY, or else the key file, which the first use makes.

    Processes that make it at the same time get the same key. Raises UsageFault for a malformed variable, JournalFault for
    a key file that is damaged or that other users can read, OutputFault when the key file cannot be written.
    """
    secrets = secrets or load_secrets()
    if secrets.journal_key is not None:
        return _from_hex(secrets.journal_key.get_secret_value())
    file = state_dir(secrets) / KEY_FILE
    try:
        if not file.exists():
            _make(file)
        return read_key(file)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputFault(
            f"The journal key cannot be stored in {file} ({why}), so no journal was started. "
            f"Either {_OWN_KEY}, or set TRIBUNAL_STATE_DIR to a folder that you can write."
        ) from error


def _from_hex(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageFault(
            f"TRIBUNAL_JOURNAL_KEY is not {2 * KEY_BYTES} hexadecimal digits; nothing was started. {_fix()}"
        )
    return key


def _fix() -> str:
    return "Make one with `openssl rand -hex 32`, and keep it: journals can only be verified with the key that sealed them."


def _make(file: Path) -> None:
    """Make a key, unless somebody else was first: theirs is the key for everyone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        write_once(file, os.urandom(KEY_BYTES))


def read_key(file: Path) -> bytes:
    """The key in a file. Raises JournalFault for one that is damaged or that other users can read, OSError."""
    with file.open("rb") as stream:
        exposed = os.fstat(stream.fileno()).st_mode & 0o077
        key = stream.read(KEY_BYTES + 1)
    if exposed:
        raise JournalFault(
            f"Other users of this machine can read the journal key {file} and could forge journals with it. It was not used. "
            f"Run `chmod 600 {file}` if you trust them; otherwise move the file away, and a new key will be made."
        )
    if len(key) != KEY_BYTES:
        raise JournalFault(
            f"The journal key {file} is damaged (it is not {KEY_BYTES} bytes long). It was not used. Restore it from a "
            "backup, or move it away: a new key will be made, and older journals can then no longer be verified."
        )
    return key


def _holding(also: Iterable[str]) -> type[Secrets]:
    """A subclass of Secrets with one more field for each of these variables."""
    known = {_variable(name) for name in Secrets.model_fields}
    further: dict[str, Any] = {
        _OTHER + name: (SecretStr | None, Field(default=None, validation_alias=name))
        for name in also
        if name not in known
    }
    return create_model("Secrets", __base__=Secrets, **further) if further else Secrets


def _variable(name: str) -> str:
    """The environment variable of a field, given the field's name or its place in a validation error."""
    if name.startswith(_OTHER):
        return name.removeprefix(_OTHER)
    alias = name.upper()
    return alias if alias.endswith("_API_KEY") else f"{_OURS}{alias.removeprefix(_OURS)}"
