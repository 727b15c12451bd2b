"""What `tribunal steer` does: it leaves a word in the mailbox of a run, and waits for what becomes of it."""

import argparse
import json
import sys
from pathlib import Path

from config.clock import SystemClock
from config.confirm import confirm
from config.errors import NotConfirmed, UsageFault
from config.files import behind_links
from execution.steering.mailbox import Answer, Mailbox
from execution.steering.words import BY_NAME, SteerVerb, Target, Word, confirmation, word_of, wrong_target
from market.symbols import normalise_symbol
from ops.commands.switch_options import user

_MOST_S = 3600.0


def steer_command(arguments: argparse.Namespace) -> int:
    """Ask, and tell what became of it; returns the exit code. Raises UsageFault, OutputFault, NotConfirmed."""
    if not 0 <= arguments.wait <= _MOST_S:
        raise UsageFault(f"--wait {arguments.wait:g} is no time to wait. Nothing was asked; give seconds up to 3600.")
    folder, row = Path(arguments.run), BY_NAME[arguments.verb.replace("-", "_")]
    target = str(arguments.target)
    if row.target in (Target.SYMBOL, Target.SYMBOL_OR_ALL):
        target = normalise_symbol(target) or target
    if (wrong := wrong_target(row, target)) is not None:
        raise UsageFault(f"{wrong}. Nothing was asked.")
    if not row.is_brake and not arguments.why.strip():
        raise UsageFault(f"{arguments.verb} takes a brake off: say with --why why it is safe. Nothing was asked.")
    box, asked = Mailbox(folder), confirmation(row.name, target, behind_links(folder).name)
    box.refuse_deaf(row.name)
    if not arguments.yes:
        _confirm(asked.words, asked.told, is_brake=row.is_brake)
    word = word_of(SteerVerb(row.name), target, user(), "cli", arguments.why, SystemClock().now())
    box.put(word)
    answer = box.wait(word.word_id, arguments.wait)
    done = answer is not None and answer.state == "done"
    if arguments.json:
        sys.stdout.write(json.dumps(_tree(word, answer)) + "\n")
    else:
        sys.stdout.write(f"{_told(word, answer, arguments.wait)}\n")
    return 0 if done else 1


def _confirm(words: str, told: str, *, is_brake: bool) -> None:
    """Return where the words were typed, or none are needed. Raises NotConfirmed."""
    if sys.stdin.isatty():
        confirm(words, told, sys.stdin, sys.stderr)
    elif not is_brake:
        raise NotConfirmed(f"{told} There is no terminal on which to confirm that. Nothing was asked; add --yes.")


def _told(word: Word, answer: Answer | None, waited: float) -> str:
    if answer is None:
        old = "" if word.row.is_brake else " It is not obeyed when it is older than a minute."
        return (
            f"Not heard within {waited:g} s: {word.verb.value} waits in the mailbox of the run, and the session obeys it at its "
            f"next look between two bars.{old} Is the session running? `tribunal halt` needs none."
        )
    if answer.state == "heard":
        return f"Heard, and not done within {waited:g} s: {answer.told} Its journal will say what became of it."
    head = {"done": "Done", "refused": "Refused", "failed": "Not done"}[answer.state]
    return f"{head}: {answer.told}"


def _tree(word: Word, answer: Answer | None) -> dict[str, object]:
    told: dict[str, object] = word.model_dump(mode="json")
    state = "waits" if answer is None else answer.state
    return told | {"state": state, "told": None if answer is None else answer.told}
