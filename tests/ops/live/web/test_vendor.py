"""The browser libraries are those that were pinned: file by file, with their licences, and nothing beside them."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
WEB = ROOT / "ops/live/web"
VENDOR = WEB / "static/vendor"
PINS = json.loads((VENDOR / "pins.json").read_text())


def test_each_file_is_what_its_pin_says_and_each_package_has_its_licence() -> None:
    named = {"pins.json"}
    for pin in PINS:
        assert any(file["name"].endswith("LICENSE") for file in pin["files"]), pin["package"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", pin["version"]), pin["package"]
        for file in pin["files"]:
            assert hashlib.sha256((VENDOR / file["name"]).read_bytes()).hexdigest() == file["sha256"], file["name"]
            named.add(file["name"])
    assert {file.name for file in VENDOR.iterdir()} == named


def test_every_script_and_style_of_a_page_is_served_from_the_package() -> None:
    for template in (WEB / "templates").glob("*.html"):
        for path in re.findall(r'(?:src|href)="(/static/[^"{]+)"', template.read_text()):
            assert path == "/static/report.css" or (WEB / path.lstrip("/")).is_file(), f"{template.name}: {path}"


def test_no_script_of_ours_evaluates_text_or_writes_markup() -> None:
    for script in (WEB / "static").glob("*.js"):
        assert not re.search(
            r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacent|document\.write", script.read_text()
        )
