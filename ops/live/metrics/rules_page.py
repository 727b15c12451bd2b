"""Generates `docs/rules.md` from the alert rules: what each one says, and what to do about it.

`python -m ops.live.metrics.rules_page > docs/rules.md` writes it again. It reads `deploy/prometheus/rules.yml` of the repository.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

RULES = Path("deploy/prometheus/rules.yml")

_HEAD = """# Alert rules

`deploy/prometheus/rules.yml` holds them, and `python -m ops.live.metrics.rules_page` generates this page from it. `critical` is
to wake somebody; `warning` is read the same day. They come from outside the session: they also work when its process is gone, and
when its own alerts cannot be sent. The metrics that they read are in [metrics.md](metrics.md).
"""


def rules_page(text: str) -> str:
    """The page of a file of rules, given as its text."""
    groups: list[dict[str, Any]] = yaml.safe_load(text)["groups"]
    parts = [_HEAD]
    for group in groups:
        parts.append(f"\n## {group['name'].capitalize()}\n")
        parts += [_section(rule) for rule in group["rules"]]
    return "".join(parts)


def _section(rule: dict[str, Any]) -> str:
    waits = f", for {rule['for']}" if "for" in rule else ""
    expression = " ".join(str(rule["expr"]).split())
    return (
        f"\n### {rule['alert']}\n\n{rule['labels']['severity']}{waits}: {rule['annotations']['summary']}\n\n"
        f"```\n{expression}\n```\n\n{rule['annotations']['action']}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(rules_page(RULES.read_text(encoding="utf-8")))
