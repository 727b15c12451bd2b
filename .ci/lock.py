"""Resolves all that pyproject.toml asks for, with every extra, and pins it in constraints.txt. Run by `make lock`.

It happens in a fresh virtual environment in which nothing is installed, so that what lies on this machine has no say. What is
written is names and versions: no hash, no index and no path, because these differ from machine to machine. A build tag as in
`torch==2.13.0+cpu` is left out for the same reason.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "constraints.txt"
HEAD = """\
# The releases that the tests were run with: pip installs these (`-c constraints.txt`), so that a release of somebody else
# never breaks a clone. pyproject.toml says what may stand here; `make lock` resolves anew and writes this file.
"""


def requirements() -> list[str]:
    """What the project and all its extras ask for, as pyproject.toml has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]


def resolved(python: Path, *arguments: str) -> dict[str, str]:
    """Name to version of what pip would install; nothing is installed. Raises CalledProcessError when pip finds no solution."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        options = ["--dry-run", "--ignore-installed", "--report", str(report)]
        subprocess.run([*pip, *options, *arguments], check=True)
        found = [item["metadata"] for item in json.loads(report.read_bytes())["install"]]
    return {normal(item["name"]): item["version"].partition("+")[0] for item in found}


def normal(name: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(alone: list[str]) -> None:
    """Write constraints.txt; `alone` are requirements that are installed without what they depend on."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        pins = resolved(python, *requirements()) | (resolved(python, "--no-deps", *alone) if alone else {})
    LOCK.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins.items())), encoding="utf-8")
    sys.stdout.write(f"{len(pins)} releases are pinned in {LOCK.name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
