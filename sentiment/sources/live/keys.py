"""The user's own key for a source, from the environment variable that the profile names."""

from config.secrets import load_secrets
from config.sections.sentiment import SourceSettings
from sentiment.sources.fetch import Failed


def key_of(row: SourceSettings) -> str:
    """The value of the variable that `key_env` names, from the environment or `.env`. Raises Failed when it is not set."""
    name = row.key_env or ""
    held = load_secrets(also=(name,)).held().get(name)
    if held is None or not held.get_secret_value().strip():
        raise Failed(f"it needs your own key: set {name}")
    return held.get_secret_value().strip()
