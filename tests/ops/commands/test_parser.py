"""What a parser says: groups, defaults, examples, exit codes; and one sentence for each mistake, with what to do about it."""

import re
import shlex
import subprocess
import sys
from importlib import import_module

import pytest

import config.errors
from ops.commands import cli
from ops.commands.exits import exits_of
from ops.commands.options import CommandParser
from ops.commands.parser import GROUPS
from ops.commands.table import BY_NAME, COMMANDS, Command

HEAVY = {"numpy", "pandas", "pydantic", "rich", "shtab", "yaml", "config.settings"}
NEEDED_LATER = {
    "agents.session",
    "aiohttp",
    "ccxt",
    "jinja2",
    "langgraph",
    "numba",
    "ops.report.page",
    "pandas",
    "rich",
    "scipy",
}
Shown = pytest.CaptureFixture[str]
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def parser_of(command: Command) -> CommandParser:
    made = import_module(command.module).parser()
    assert isinstance(made, CommandParser)
    return made


@each_command
def test_each_command_has_two_examples_that_its_parser_reads(command: Command) -> None:
    assert len(command.examples) == 2
    for example in command.examples:
        program, name, *rest = shlex.split(example)
        assert (program, name) == ("tribunal", command.name)
        parser_of(command).parse_args(rest)


@each_command
@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_shows_every_option_with_its_default_in_a_group(
    command: Command, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    parser = parser_of(command)
    text = parser.format_help()
    parts = dict(re.findall(r"^([\w ]+):\n((?: .*\n|\n(?= ))+)", text, re.MULTILINE))
    assert set(parts) <= {*GROUPS, "positional arguments", "examples", "exit codes"}
    for action in parser._actions:
        if action.option_strings and action.nargs != 0:
            assert action.option_strings[-1] in text
            told = " ".join(parser._get_formatter()._expand_help(action).split())
            assert re.search(r"\(required\)|default: ", told), f"{action.option_strings} does not say its default"
    assert all(example in text for example in command.examples)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ([], [0.9]),
        (["--gamma", "0", "0.99"], [0.0, 0.99]),
        (["--gamma", "0", "--gamma", "0.9", "0.5"], [0.0, 0.9, 0.5]),
    ],
)
def test_what_is_typed_takes_the_place_of_a_default_list_and_adds_to_what_was_typed_before(
    typed: list[str], known: list[float]
) -> None:
    for _ in range(2):  # the default is not changed by a command line
        assert parser_of(BY_NAME["train"]).parse_args(["--simulated", *typed]).gamma == known


@each_command
def test_help_is_no_wider_than_it_is_asked_to_be(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = parser_of(command).format_help().partition("\nexamples:\n")[0].splitlines()
    assert [line for line in lines if len(line) > 80] == []


@each_command
def test_help_names_the_exit_codes_of_the_command_and_those_of_its_docstring_are_among_them(command: Command) -> None:
    codes = dict(command.exit_codes())
    assert {0, 2, 130} <= codes.keys()
    assert all(codes.values())
    assert set(command.errors) <= codes.keys(), "config/errors.py draws no such error"
    told = re.search(r"Exit\s+codes: (.*)", str(import_module(command.module).__doc__), re.DOTALL)
    if told:
        assert {int(code) for code in re.findall(r"(?:^|[,;] *(?:or )?)\s*(\d+) ", told[1])} <= codes.keys()
    help_text = parser_of(command).format_help().partition("exit codes:\n")[2]
    assert [int(code) for code in re.findall(r"^  (\d+) ", help_text, re.MULTILINE)] == sorted(codes)


def test_a_code_is_described_as_the_drawing_of_errors_describes_it() -> None:
    drawing = str(config.errors.__doc__)
    replay, halt = (dict(exits_of(name, (2, 10), drawing)) for name in ("replay", "halt"))
    assert replay[9].startswith("identical as far as the journal goes")
    assert replay[1] == "a difference, which is shown"
    assert halt[1].startswith("the latch is down")
    assert 9 not in halt
    assert replay[10] == "a voter of the user's own failed, or cannot be believed: nothing it said is used"
    assert 1 not in dict(exits_of("check", (2,), drawing))


MISTAKES = {
    "run --profile-name x": "tribunal run has no option --profile-name; nothing was started. Did you mean --profile?",
    "backtest --dta x": "tribunal backtest has no option --dta; nothing was started. Did you mean --data?",
    "run --qqq": "tribunal run has no option --qqq; nothing was started. `tribunal run --help` lists its options.",
    "run -x": "tribunal run has no option -x; nothing was started. `tribunal run --help` lists its options.",
    "run foo": "tribunal run does not know what to do with 'foo'; nothing was started. `tribunal run --help` lists its options.",
    "run --days x": "--days 'x' is not a whole number; nothing was started. `tribunal run --help` lists its options.",
    "collect --feed a=b --archive c --every x": (
        "--every 'x' is not a number; nothing was started. `tribunal collect --help` lists its options."
    ),
    "run --timeframe 1hh": (
        "--timeframe '1hh' is not one of 1m, 5m, 15m, 30m, 1h, 4h, 1d; nothing was started. Did you mean 1h?"
    ),
    "run --json=3": "--json takes no value, and was given '3'; nothing was started. Leave the value out.",
    "run --out": "--out needs a value; nothing was started. `tribunal run --help` lists its options.",
    "run --data": "--data needs at least one value; nothing was started. `tribunal run --help` lists its options.",
    "replay": "RUN must be given; nothing was started. Such as: tribunal replay runs/paper-001",
    "sweep": (
        "--param must be given; nothing was started. "
        "Such as: tribunal sweep --data BTCUSDT_1h.parquet --strategy ema_cross --param ema_cross.rsi_max=55:85:10"
    ),
    "run --s 3": (
        "tribunal run has no option --s; nothing was started. Did you mean --store, --symbols, --start, --strategy, --seed, "
        "--set, --stamps, --scenario or --serve?"
    ),
    "run --prof paper": "tribunal run has no option --prof; nothing was started. Did you mean --profile?",
    "run --strat=ema_cross": "tribunal run has no option --strat; nothing was started. Did you mean --strategy?",
    "backtest --sym BTC/USDT": "tribunal backtest has no option --sym; nothing was started. Did you mean --symbols?",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_ends_with_one_line_and_the_code_of_usage(line: str, capsys: Shown) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(line.split())
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert told.err == f"{MISTAKES[line]}\n"


@pytest.mark.parametrize(("line", "meant"), [("--versoin", "--version"), ("--hlep", "--help"), ("swep", "sweep")])
def test_a_misspelt_word_of_the_script_is_answered_with_the_nearest(line: str, meant: str, capsys: Shown) -> None:
    assert cli.main([line]) == 2
    assert capsys.readouterr().err.endswith(f"Did you mean `tribunal {meant}`?\n")


def test_the_version_is_that_of_the_program_whoever_is_asked(capsys: Shown) -> None:
    assert cli.main(["--version"]) == 0
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--version"])
    assert ended.value.code == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert re.fullmatch(r"tribunal \d+\.\d+\.\d+", first)


def test_help_of_a_command_may_be_asked_for_in_both_orders(capsys: Shown) -> None:
    for line in (["help", "halt"], ["halt", "--help"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(line)
        assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told == 2 * told[: len(told) // 2]


def test_every_listed_option_is_one_of_some_command() -> None:
    known = {
        option for command in COMMANDS for action in parser_of(command)._actions for option in action.option_strings
    }
    assert {name for names in GROUPS.values() for name in names} <= known


def test_what_takes_long_can_be_told_to_be_quiet() -> None:
    short = {"alert", "halt", "unhalt", "collect", "facts", "check", "doctor", "show", "account", "record", "models"}
    for name, command in BY_NAME.items():
        options = parser_of(command)._option_string_actions
        assert ("--quiet" in options) == (name not in short), f"{name}: say that it is short, or tell its progress"


@each_command
def test_help_costs_less_than_a_quarter_of_a_second_and_loads_nothing_heavy(command: Command) -> None:
    code = (
        "import sys, time; from ops.commands.cli import main\n"
        f"try: main([{command.name!r}, '--help'])\n"
        "except SystemExit: pass\n"
        f"print(time.process_time(), *sorted({HEAVY!r} & set(sys.modules)))"
    )
    spent = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
        seconds, *loaded = done.stdout.splitlines()[-1].split()
        assert loaded == []
        spent.append(float(seconds))
        if spent[-1] < 0.25:
            return
    raise AssertionError(f"help took {min(spent):.2f} s of CPU")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["run"], ["backtest", "--data", "bars.csv"]], ids=lambda command: command[0])
def test_a_wrong_setting_is_told_before_the_court_the_exchange_and_the_report_are_loaded(command: list[str]) -> None:
    code = (
        "import sys; from ops.commands.cli import main\n"
        f"code = main([*{command!r}, '--strategy', 'nonsuch'])\n"
        f"print(code, *sorted({NEEDED_LATER!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split() == ["2"]
    assert "strategies.0.strategy: 'nonsuch' is not allowed" in done.stderr
