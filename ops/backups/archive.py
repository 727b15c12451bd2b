"""The archive itself: a `.tar.gz` of a still picture, written whole or not at all, and read back with every digest checked."""

import hashlib
import os
import tarfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path

from agents.records.folder import file_digest
from config.errors import JournalFault, OutputFault, UsageFault
from config.files import passing_folder, streamed_whole, sync_folder
from config.secrets import KEY_FILE
from config.version import version
from ops.backups.manifest import FORMAT, MANIFEST, RUNS, STATE, KeptFile, Manifest
from ops.backups.snapshot import picture_of_run, picture_of_state

_NAME = "tribunal-{:%Y%m%dT%H%M%SZ}.tar.gz"
_NAMES = "tribunal-????????T??????Z.tar.gz"
_MANIFEST_MOST = 64 * 2**20
_CHUNK = 2**20

Step = Callable[[], None]
"""Is told of each part that is done."""


def keep(
    runs: Sequence[Path], state: Path, into: Path, key: bytes, now: datetime, *, with_key: bool, step: Step
) -> tuple[Path, Manifest]:
    """Write an archive of these runs and of the state folder into the folder `into`; returns its path and what is in it.

    `step` is told of each run and of the archive. Nobody else on this machine may read the file. Raises UsageFault,
    JournalFault for a journal that does not verify, OutputFault; nothing is left behind then.
    """
    _refuse_same_names(runs)
    place = into / _NAME.format(now)
    if place.exists():
        raise OutputFault(f"{place} is there already. Nothing was kept. Wait a second, then try again.")
    try:
        into.mkdir(parents=True, exist_ok=True)
        with passing_folder() as still:
            kept = []
            for run in runs:
                (folder := still / RUNS / run.name).mkdir(parents=True)
                kept.append(picture_of_run(run, folder, key))
                step()
            (still / STATE).mkdir()
            picture_of_state(state, still / STATE, frozenset() if with_key else frozenset({KEY_FILE}))
            files = tuple(_described(file, still) for file in sorted(still.rglob("*")) if file.is_file())
            manifest = Manifest(
                format=FORMAT,
                version=version(),
                made_utc=now,
                runs=tuple(kept),
                files=files,
                holds_key=any(file.path == f"{STATE}/{KEY_FILE}" for file in files),
            )
            _write(place, still, manifest)
        step()
    except OSError as fault:
        raise OutputFault(
            f"The backup cannot be written in {into} ({fault.strerror or fault}). Nothing was kept. Free some space, or give "
            "another --to."
        ) from fault
    return place, manifest


def restore(archive: Path, into: Path, step: Step) -> Manifest:
    """Make folders of an archive again, in the new or empty folder `into`; every file has the digest that was noted.

    Raises UsageFault where something is in the way, JournalFault for an archive that is damaged or was changed, OutputFault.
    What was written until then is removed.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UsageFault(
            f"{into} exists and is not empty: nothing is overwritten. Nothing was restored. Give another --to."
        )
    manifest = look_into(archive)
    step()
    made: list[Path] = []
    try:
        (into / STATE).mkdir(mode=0o700, parents=True)
        with tarfile.open(archive) as tar:
            for file in manifest.files:
                place = into / file.path
                place.parent.mkdir(parents=True, exist_ok=True)
                made.append(place)
                _unpack(tar, file, place, archive)
        for kept in manifest.runs:
            sync_folder(into / RUNS / kept.name)
    except (OSError, tarfile.TarError, EOFError, JournalFault) as fault:
        for place in made:
            with suppress(OSError):
                place.unlink(missing_ok=True)
        if isinstance(fault, JournalFault):
            raise
        if isinstance(fault, OSError) and fault.errno is not None:
            raise OutputFault(
                f"{into} cannot be written ({fault.strerror}). Nothing was restored. Free some space, or give another --to."
            ) from fault
        raise _damaged(archive, str(fault)) from fault
    step()
    return manifest


def look_into(archive: Path) -> Manifest:
    """What an archive says that it holds. Raises UsageFault if there is none, JournalFault if it is damaged."""
    try:
        with tarfile.open(archive) as tar:
            try:
                member = tar.getmember(MANIFEST)
            except KeyError:
                raise JournalFault(
                    f"{archive} is no backup of Tribunal, or its end is missing. Nothing was restored."
                ) from None
            stream = tar.extractfile(member)
            if stream is None or member.size > _MANIFEST_MOST:
                raise _damaged(archive, "its list of files cannot be read")
            return Manifest.read(stream.read(), str(archive))
    except FileNotFoundError:
        raise UsageFault(f"There is no {archive}. Nothing was restored. Give the file of a backup.") from None
    except (tarfile.TarError, EOFError, OSError) as fault:
        raise _damaged(archive, str(fault)) from fault


def drop_old(folder: Path, keep_newest: int) -> tuple[Path, ...]:
    """Remove all backups of a folder but the newest ones; returns those that are gone. Raises OutputFault."""
    gone = tuple(sorted(folder.glob(_NAMES))[:-keep_newest])
    for file in gone:
        try:
            file.unlink()
        except OSError as fault:
            raise OutputFault(f"{file} cannot be removed ({fault.strerror}). The new backup is whole.") from fault
    return gone


def _refuse_same_names(runs: Sequence[Path]) -> None:
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageFault(
            f"Two of these runs are called {twice[0]}, and a backup names a run by its folder. Nothing was kept. Keep them "
            "one by one."
        )


def _described(file: Path, still: Path) -> KeptFile:
    return KeptFile(path=file.relative_to(still).as_posix(), size=file.stat().st_size, sha256=file_digest(file))


def _write(place: Path, still: Path, manifest: Manifest) -> None:
    with (
        streamed_whole(place, private=True) as stream,
        tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar,
    ):
        for file in manifest.files:
            with (still / file.path).open("rb") as content:
                tar.addfile(_member(file.path, file.size, manifest), content)
        told = manifest.model_dump_json(indent=2).encode()
        tar.addfile(_member(MANIFEST, len(told), manifest), BytesIO(told))


def _member(path: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    """No owner, no mode and no time of this machine."""
    member = tarfile.TarInfo(path)
    member.size, member.mode, member.mtime = size, 0o600, int(manifest.made_utc.timestamp())
    return member


def _unpack(tar: tarfile.TarFile, file: KeptFile, place: Path, archive: Path) -> None:
    try:
        stream = tar.extractfile(file.path)
    except KeyError:
        stream = None
    if stream is None:
        raise _damaged(archive, f"{file.path} is missing")
    digest, private = hashlib.sha256(), place.name == KEY_FILE
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
    with os.fdopen(descriptor, "wb") as out:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise _damaged(archive, f"{file.path} is not what was kept")


def _damaged(archive: Path, why: str) -> JournalFault:
    return JournalFault(f"{archive} is damaged or was changed ({why}). Nothing was restored. Take another backup.")
