"""What a backup says of itself: which runs, how each journal ends, and the digest of every file."""

from pathlib import PurePosixPath

from pydantic import Field, ValidationError

from config.errors import JournalFault
from config.frozen import Frozen, UtcTime

MANIFEST = "manifest.json"
"""The last file of an archive: it knows all others."""
RUNS, STATE = "runs", "state"
"""The two folders of an archive."""
FORMAT = 1


class KeptRun(Frozen):
    """One run."""

    name: str = Field(description="name of its folder")
    events: int = Field(description="events of its journal")
    mac: str = Field(description="MAC of the last one")
    key: str = Field(description="which key sealed it: an id, from which the key cannot be found")
    has_ended: bool = Field(description="whether its end was noted; it was under way, or was cut short, if not")
    database: str | None = Field(default=None, description="where its journal lay, if in a database; it is a file here")


class KeptFile(Frozen):
    """One file of an archive."""

    path: str = Field(description="its place in the archive, with slashes")
    size: int = Field(description="bytes")
    sha256: str = Field(description="digest, in hex")


class Manifest(Frozen):
    """What stands in an archive."""

    format: int = Field(description="form of the archive")
    version: str = Field(description="version of Tribunal that made it")
    made_utc: UtcTime = Field(description="when it was begun")
    runs: tuple[KeptRun, ...]
    files: tuple[KeptFile, ...]
    holds_key: bool = Field(description="whether the journal key is in it")

    @classmethod
    def read(cls, content: bytes, archive: str) -> "Manifest":
        """Raises JournalFault for what no backup wrote, or a form that this version does not know."""
        try:
            found = cls.model_validate_json(content)
        except ValidationError as fault:
            raise JournalFault(
                f"{archive} does not say what it holds ({fault.errors()[0]['msg']}). Nothing was restored. Take another backup."
            ) from fault
        if found.format != FORMAT:
            raise JournalFault(
                f"{archive} has form {found.format}, and this version knows form {FORMAT}. Nothing was restored. Use Tribunal "
                f"{found.version} or later."
            )
        for file in found.files:
            if not is_inside(file.path):
                raise JournalFault(f"{archive} names a place outside itself ({file.path}). Nothing was restored.")
        return found


def is_inside(path: str) -> bool:
    """Whether a place in an archive lies below one of its two folders, on every system."""
    parts = PurePosixPath(path).parts
    whole = bool(parts) and len(parts) > 1 and parts[0] in (RUNS, STATE)
    return whole and ".." not in parts and "\\" not in path and ":" not in path and not path.startswith("/")
