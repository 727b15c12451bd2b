"""From what a user gives, files, folders, patterns and archives, to single tables of bars, each once and in the order of names.

It refuses what does not exist, a folder without market files, and an archive that holds nothing.
"""

import glob
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from config.errors import DataFault
from config.files import behind_links
from market.files.text.opened import members_of
from market.store.shelves import shelf_of, shelves_in

PLAIN = (".csv", ".txt", ".tsv", ".json")
ENDINGS = (".parquet", ".feather", ".ft", ".zip", *PLAIN, *(f"{ending}.gz" for ending in PLAIN))
_TABLES = tuple(ending for ending in ENDINGS if ending not in (".parquet", ".feather", ".ft", ".zip", ".txt"))
_IN_FOLDERS = tuple(ending for ending in ENDINGS if not ending.startswith(".txt"))


class Source(NamedTuple):
    """A file, a member of a zip archive, or the folder of one market in a store. `alone`: it is the only one."""

    path: Path
    member: str | None = None
    alone: bool = True

    @property
    def name(self) -> str:
        """Its name without folders; in an archive of several, the archive's name and its own; in a store, that of the market."""
        if (held := shelf_of(self.path)) is not None:
            return str(held)
        return self.path.name if self.member is None or self.alone else f"{self.path.name}/{Path(self.member).name}"


def files_of(given: Sequence[Path]) -> list[Path]:
    """The files that are given by name, in folders, and by patterns like data/*.csv, each once. Raises DataFault."""
    found = [file for path in given for file in _files(path)]
    return list({behind_links(file): file for file in found}.values())


def sources_of(given: Sequence[Path]) -> list[Source]:
    """The tables in the given files, folders and patterns. Raises DataFault."""
    return [source for path in files_of(given) for source in _unpacked(path)]


def all_exist(given: Sequence[Path]) -> bool:
    """Whether there is something behind each of these files, folders and patterns."""
    return all(path.exists() or any(glob.iglob(str(path), recursive=True)) for path in given)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        if shelves := [folder for _, folder in shelves_in(path)]:
            return shelves
        held = sorted(file for file in path.rglob("*") if file.is_file() and file.name.lower().endswith(_IN_FOLDERS))
        if not held:
            raise DataFault(
                f"{path.name} is a folder without market files: nothing was read; give files or a folder with "
                f"{', '.join(ENDINGS[:4])} "
                "or .csv files."
            )
        return held
    if not path.exists() and glob.has_magic(str(path)):
        matched = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
        if not matched:
            raise DataFault(f"No file matches {path.name}: nothing was read; check the pattern.")
        return [file for each in matched for file in _files(each)]
    return [path]


def _unpacked(path: Path) -> list[Source]:
    if not (path.name.lower().endswith(".zip") and path.is_file() and path.stat().st_size):
        return [Source(path)]
    try:
        members = members_of(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataFault(
            f"{path.name} cannot be read as a .zip file ({type(error).__name__}): nothing was started; download it again."
        ) from None
    if not members:
        raise DataFault(f"{path.name} is an empty archive: nothing was read; download it again.")
    tables = [name for name in members if name.lower().endswith(_TABLES)] or [
        name for name in members if name.lower().endswith(".txt")
    ]
    if not tables:
        raise DataFault(
            f"{path.name} holds no market file but {', '.join(members[:5])}: nothing was read; give .csv files."
        )
    return [Source(path, member, alone=len(tables) == 1) for member in tables]
