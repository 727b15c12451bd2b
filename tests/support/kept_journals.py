"""The journals of earlier versions that are kept under tests/journals."""

from pathlib import Path

JOURNALS = Path(__file__).resolve().parents[1] / "journals"
RUNS = sorted(journal.parent for journal in JOURNALS.glob("*/journal.db"))
"""Each kept run: a folder that has a journal, whatever else a tool left beside them."""
KEY = "ab" * 32
RULES, MODELS = JOURNALS / "rules-0.1.0", JOURNALS / "models-0.1.0"
