"""Shows how a prompt differs from the recorded one."""

from difflib import unified_diff

_MAX_LINES = 60


def prompt_diff(recorded: str, now: str) -> str:
    """Return the two prompts as a unified diff of their lines, cut after 60 lines."""
    lines = list(unified_diff(recorded.splitlines(), now.splitlines(), "recorded", "now", lineterm="", n=1))
    if not lines:
        return "  (the prompts are the same)"
    cut = [f"  … and {len(lines) - _MAX_LINES} lines more"] if len(lines) > _MAX_LINES else []
    return "\n".join([*(f"  {line}" for line in lines[:_MAX_LINES]), *cut])


def nearness(recorded: str, now: str) -> int:
    """Return the number of lines that two prompts share."""
    return len(set(recorded.splitlines()) & set(now.splitlines()))
