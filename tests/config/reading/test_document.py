"""YAML at the border: only what its reader sees is read."""

from pathlib import Path

import pytest

from config.reading.document import MAX_BYTES, read_document
from config.reading.tree import plain


def read(folder: Path, raw: bytes) -> tuple[object, list[str]]:
    """The plain tree and the faults of a file with these bytes."""
    file = folder / "doc.yaml"
    file.write_bytes(raw)
    node, faults = read_document(file, "doc.yaml")
    return (None if node is None else plain(node)), [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("off", "off"), ("true", True), ("False", False), ("~", None), ("", None), ("010", 10),
        ("1_000", "1_000"), ("12:30", "12:30"), ("1e5", 1e5), ("-.5", -0.5), (".inf", float("inf")), ("'7'", "7"),
        ("0x10", "0x10"), ("2024-01-01", "2024-01-01"), ("!!str 7", "7"), ("null", None), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, f"a: {text}\n".encode()) == ({"a": value}, [])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: 1\nb: 2\na: 3", "a: is given twice, first in line 1 (doc.yaml, line 3)"),
        (b"x:\n  a: 1\n  a: 1", "x.a: is given twice, first in line 2 (doc.yaml, line 3)"),
        (b"a: &x 1\nb: *x", "aliases (`*name`) are not read; write the value out (doc.yaml, line 2)"),
        (b"a: &x [*x]", "aliases (`*name`) are not read; write the value out (doc.yaml, line 1)"),
        (b"a: !!python/object:os.system x", "is not read; leave it out (doc.yaml, line 1)"),
        (b"a: !!set {x, y}", "is not read; leave it out (doc.yaml, line 1)"),
        (b"a: !!int x", "a: 'x' is no number that can be read (doc.yaml, line 1)"),
        (b"a: " + b"9" * 5000, "is no number that can be read (doc.yaml, line 1)"),
        (b"1: 2", "'1' is not a text key; put it in quotes if it is meant (doc.yaml, line 1)"),
        (b"a: {[b]: c}", "a: a list or mapping is not a text key; put it in quotes if it is meant (doc.yaml, line 1)"),
        (b"a: 1\nb: c: d", "mapping values are not allowed in this context (doc.yaml, line 2)"),
        (b"a:\n\t- b", "(doc.yaml, line 2)"),
        (b"a: 1\nb: [1, 2\n\n", " sequence that began in line 2, did not find expected ',' or ']' (doc.yaml, line 4)"),
        (b"a: 1\n---\nb: 2", "but found another document (doc.yaml, line 2)"),
        (b"- 1", "a profile is a mapping, `key: value` on each line (doc.yaml, line 1)"),
        (b"a: 1\nb: \xff", "is not UTF-8 text; save it as UTF-8 (doc.yaml, line 2)"),
        (b"a: \x00", "control characters are not allowed (doc.yaml)"),
        (b"[" * 100_000, "nested more than 12 levels deep (doc.yaml, line 1)"),
        (b"{a: " * 60_000, "nested more than 12 levels deep (doc.yaml, line 1)"),
        (b"a" * (MAX_BYTES + 1), f"is larger than {MAX_BYTES} bytes, so it is no profile (doc.yaml)"),
    ],
)  # fmt: skip
def test_a_bad_form_is_refused_with_its_line(tmp_path: Path, raw: bytes, said: str) -> None:
    _, faults = read(tmp_path, raw)
    assert len(faults) == 1
    assert faults[0].endswith(said)


@pytest.mark.parametrize("raw", [b"", b"# nothing\n", b"~", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_empty_mapping(tmp_path: Path, raw: bytes) -> None:
    assert read(tmp_path, raw) == ({}, [])


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfseed: 1") == ({"seed": 1}, [])
