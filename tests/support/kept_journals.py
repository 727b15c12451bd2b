"""The journals of earlier versions that are kept under tests/journals."""

from pathlib import Path

JOURNALS = Path(__file__).resolve().parents[1] / "journals"
KEY = "ab" * 32
RULES, MODELS = JOURNALS / "rules-0.1.0", JOURNALS / "models-0.1.0"
