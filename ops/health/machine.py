"""What is looked at on this machine: the folder of state, the journal's key and its copy, the disk, the kill switch.

It makes no key and lifts no latch. Into the state folder it writes one empty file and takes it away again, because nothing else
proves that it can be written.
"""

import hmac
import shutil
from contextlib import suppress
from pathlib import Path

from config.errors import UsageFault
from config.files import write_whole
from config.secrets import KEY_BYTES, KEY_FILE, Secrets, journal_key
from execution.journal.rows import key_id
from execution.kill_switch.latch import LatchFolder
from execution.kill_switch.switches import FileSwitch
from ops.health.finding import Finding, ill, tried, unasked, well
from ops.terminal.halts import lift_words

RUNS = Path("runs")
LEAST_FREE = 2**30
"""Free space below which no session should begin [bytes]. A journal grew by 3 kB a bar of three markets when this was measured:
130 MB a month on bars of a minute; and a journal that cannot be written stops every entry."""
_STATE, _KEY, _COPY, _DISK, _SWITCH = "state folder", "journal key", "copy of the key", "disk", "kill switch"


def machine(secrets: Secrets, folder: Path, profile: str | None, copy: Path | None, *, live: bool) -> list[Finding]:
    """What this machine is to have. `profile`: whose latches count; `copy`: a copy of the key, None if none was named; `live`:
    whether it is for real money, for which the key and its copy are to be there before the first session."""
    return [
        tried(_STATE, lambda: _writable(folder)),
        tried(_KEY, lambda: _key(secrets, folder, live=live)),
        tried(_COPY, lambda: _copied(secrets, folder, copy, live=live)),
        _free(),
        _latches(folder, profile),
    ]


def _writable(folder: Path) -> Finding:
    probe = folder / ".doctor"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(probe, b"")
        probe.unlink()
    except OSError as fault:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
        how = "Make it writable, or set TRIBUNAL_STATE_DIR to a folder that is."
        return ill(_STATE, f"{folder} cannot be written ({fault.strerror}).", how)
    return well(_STATE, f"{folder} can be written.")


def has_key(secrets: Secrets, folder: Path) -> bool:
    """Whether there is a journal key."""
    return secrets.journal_key is not None or (folder / KEY_FILE).exists()


def _key(secrets: Secrets, folder: Path, *, live: bool) -> Finding:
    """Raises TribunalError for a key that is malformed, damaged or readable by others."""
    file = folder / KEY_FILE
    if not has_key(secrets, folder):
        if not live:
            return well(_KEY, "There is none yet; the first session makes it.")
        how = f"Make it, and copy it to a safe place: (umask 077; head -c {KEY_BYTES} /dev/urandom > {file})"
        return ill(_KEY, "There is none yet, so there is no copy of it either.", how)
    where = "of TRIBUNAL_JOURNAL_KEY" if secrets.journal_key is not None else f"in {file}, for nobody else to read"
    return well(_KEY, f"Key {key_id(journal_key(secrets))} {where}.")


def _copied(secrets: Secrets, folder: Path, copy: Path | None, *, live: bool) -> Finding:
    """Raises TribunalError for a key that cannot be read, and for a copy that cannot."""
    if copy is None and live:
        how = "Copy it to another disk, and name the copy with --set live.key_backup=FILE, or in your profile."
        return ill(_COPY, "None is named: without the key no journal, account or record of yours can be read.", how)
    if copy is None:
        return unasked(_COPY, "Name your copy of the journal key with --key-backup FILE, and it is compared.")
    if not has_key(secrets, folder):
        return unasked(_COPY, "There is no key yet.")
    try:
        content = copy.read_bytes()
        same_file = (folder / KEY_FILE).exists() and copy.samefile(folder / KEY_FILE)
    except OSError as fault:
        raise UsageFault(f"The copy {copy} cannot be read ({fault.strerror}). Name another file.") from fault
    key = journal_key(secrets)
    if not hmac.compare_digest(_as_key(content), key):
        how = "Copy the key anew: without it no journal of yours can be verified."
        return ill(_COPY, f"{copy} is no copy of the key {key_id(key)}.", how)
    if secrets.journal_key is None and same_file:
        return ill(_COPY, f"{copy} is the key itself.", "Copy it to another disk, and name the copy.")
    return well(_COPY, f"{copy} holds the key {key_id(key)}.")


def _as_key(content: bytes) -> bytes:
    """The key of a file: its bytes, or hexadecimal digits as TRIBUNAL_JOURNAL_KEY has them."""
    if len(content) == KEY_BYTES:
        return content
    try:
        return bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        return b""


def _free() -> Finding:
    place = RUNS.absolute()
    while not place.exists():
        place = place.parent
    try:
        free = shutil.disk_usage(place).free
    except OSError as fault:
        return ill(_DISK, f"The space where runs lie cannot be read: {place} ({fault.strerror}).")
    told = f"{free / 2**30:,.1f} GiB are free where runs lie ({place})."
    return well(_DISK, told) if free >= LEAST_FREE else ill(_DISK, told, f"Free at least {LEAST_FREE // 2**30} GiB.")


def _latches(folder: Path, profile: str | None) -> Finding:
    if profile is None:
        return unasked(_SWITCH, "Whose latches count is not known without a profile.")
    halts = FileSwitch(LatchFolder(folder), profile).standing()
    if not halts:
        return well(_SWITCH, "It is up.")
    why = "; ".join(f"{each.who}: {each.why}" for each in halts)
    return ill(
        _SWITCH, f"It is down ({why}): no session takes new risk.", lift_words(tuple(each.scope for each in halts))
    )
