"""What each exit code of a command means, read out of the drawing in `config/errors.py`, which is the only place that says it."""

import re

_ERROR = re.compile(r"[├└]── \w+ +(\d+) +(.+)$", re.MULTILINE)
_CODE = re.compile(r"^    (\d+) +(.+)$", re.MULTILINE)
_OF_ONE = re.compile(r"^ +`tribunal (\w+)`: (.+)$", re.MULTILINE)
_NAME = re.compile(r"^[A-Z_]+[:,] ")


def exits_of(name: str, errors: tuple[int, ...], drawing: str) -> tuple[tuple[int, str], ...]:
    """Code and meaning of each end of the command `name`, which these errors may end; the lowest code first."""
    drawn = {int(code): text for code, text in _ERROR.findall(drawing)}
    found = {code: drawn[code] for code in errors if code in drawn}
    for code, text in _CODE.findall(drawing):
        owner = re.search(r"`tribunal (\w+)`: ", text)
        if owner is None and not text.endswith(":"):
            found[int(code)] = _NAME.sub("", text)
        elif owner is not None and owner[1] == name:
            found[int(code)] = text[owner.end() :]
    for owner, text in _OF_ONE.findall(drawing):
        if owner == name:
            found[1] = _NAME.sub("", text)
    return tuple(sorted(found.items()))
