"""Opens text files: plain, gzipped or in a zip archive, in UTF-8, in UTF-16 with a byte-order mark, or in Windows-1252.

It refuses bytes that are text in none of these. A file in Windows-1252 has letters only in its header and its footer, so a wrong
letter changes no number.
"""

import gzip
import zipfile
from pathlib import Path

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r\x0c\x1a")


def raw_of(path: Path, member: str | None) -> bytes:
    """The unpacked bytes of a file, or of one member of a zip archive.

    Raises OSError, EOFError, zlib.error, zipfile.BadZipFile or RuntimeError (an archive with a password).
    """
    if member is not None:
        with zipfile.ZipFile(path) as archive:
            raw = archive.read(member)
    else:
        raw = path.read_bytes()
    return gzip.decompress(raw) if (member or path.name).lower().endswith(".gz") else raw


def members_of(path: Path) -> list[str]:
    """The files of a zip archive that are not folders or notes of a file system, in the order of their names.

    Raises OSError or zipfile.BadZipFile.
    """
    with zipfile.ZipFile(path) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    return sorted(name for name in names if not name.startswith("__MACOSX") and not name.endswith(".DS_Store"))


def text_of(raw: bytes) -> str:
    """The text of these bytes. Raises UnicodeError when they are not text."""
    if raw.startswith(_UTF_16):
        text = raw.decode("utf-16")
        if not any(mark in text for mark in ",;\t|"):
            raise UnicodeError("there is no delimiter in this UTF-16 text")
        return text
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    if raw.translate(None, _CONTROL) != raw:
        raise UnicodeError("there are control characters in this text")
    return text
