"""What is in the repository: no traces of a machine, no loose ends, no dead links, no broken layers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(work|root)/"),
    "a package index": re.compile(r"https?://\S*pypi", re.IGNORECASE),
    "a loose end": re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b"),
}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def tracked() -> list[Path]:
    """The files of the repository: tracked, and new ones that are not ignored."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git clone, to know which files belong to the repository")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=300).stdout
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


def text_of(file: Path) -> str:
    """The file's text; empty when it is not UTF-8, as pictures and archives are."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def traces(text: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


@pytest.mark.slow
def test_no_file_holds_a_machines_path_a_package_index_or_a_loose_end() -> None:
    found = {str(file.relative_to(ROOT)): found for file in tracked() if (found := traces(text_of(file)))}
    assert found == {}


def test_such_a_trace_would_be_found() -> None:
    samples = ("read /wo" + "rk/main", "see https://py" + "pi.org", "a TO" + "DO")
    assert [traces(sample) for sample in samples] == [[what] for what in FORBIDDEN]
    assert traces("a network/root/path and a working/draft") == []


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = [
        f"{file.relative_to(ROOT)}: {link}"
        for file in tracked()
        if file.suffix == ".md"
        for link in LINK.findall(text_of(file))
        if not link.startswith(("http://", "https://", "mailto:")) and not leads_somewhere(file, link)
    ]
    assert dead == []


def leads_somewhere(file: Path, link: str) -> bool:
    """Whether a link's file exists and holds the heading that the link names."""
    name, _, anchor = link.partition("#")
    target = (file.parent / name).resolve() if name else file
    if not anchor or target.suffix != ".md":
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE) if target.is_file() else []
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_has_a_number_of_its_own_and_states_its_price() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [file.name[:3] for file in decisions] == [f"{number:03}" for number in range(1, len(decisions) + 1)]
    assert all("**Price.**" in text_of(file) for file in decisions)


def test_each_room_imports_only_the_rooms_below_it() -> None:
    code = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stdout
