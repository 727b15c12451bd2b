"""One table of cells, drawn on a console and written as Markdown."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ops.tables.grid import Grid, Sheet, boxed, open_console, wrapped

GRID = Grid("What it was", ("Name", "number", "why"), (("a|b", "1.5", "a sentence that is long " * 4),), prose=(2,))


def drawn(grid: Grid, width: int) -> list[str]:
    return printed(grid.table(), width)


def printed(table: Sheet, width: int) -> list[str]:
    out = io.StringIO()
    open_console(out, width=width).print(table)
    return out.getvalue().splitlines()


def test_a_document_gets_every_cell_and_numbers_stand_right() -> None:
    title, _, head, rule, row = GRID.markdown().splitlines()
    assert (title, head, rule) == ("**What it was**", "| Name | number | why |", "| --- | ---: | --- |")
    assert row.startswith("| a\\|b | 1.5 | a sentence")


def test_a_table_without_a_title_begins_with_its_head() -> None:
    assert GRID._replace(title="").markdown().splitlines()[0] == "| Name | number | why |"


def test_on_a_narrow_console_sentences_wrap_and_numbers_do_not() -> None:
    wide, narrow = drawn(GRID, 140), drawn(GRID, 40)
    assert len(narrow) > len(wide)
    assert sum("1.5" in line for line in narrow) == 1
    assert all(len(line) <= 40 for line in narrow)


def test_a_cell_in_brackets_is_text_and_no_markup() -> None:
    assert any("[bold]" in line for line in drawn(GRID._replace(rows=(("[bold]", "1", ""),)), 80))


def test_marks_say_how_a_column_is_set_and_are_not_shown() -> None:
    table = boxed("t", ("<Word", ">Number", "Sentence", "At, UTC"))
    assert [str(column.header) for column in table.columns] == ["Word", "Number", "Sentence", "At, UTC"]
    assert [column.justify for column in table.columns] == ["left", "right", "left", "left"]
    assert [column.no_wrap for column in table.columns] == [True, True, False, True]


@given(text=st.text(st.characters(exclude_categories=("C",))), width=st.integers(2, 60))
def test_wrapping_loses_nothing_but_spaces_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_long_word_is_broken_after_a_mark_and_only_if_it_must() -> None:
    assert wrapped("the file market/files/bars.py of it", 14) == ["the file", "market/files/", "bars.py of it"]
    assert wrapped("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrapped("one\ntwo three", 80) == ["one", "two three"]


WIDE = Grid("Figures", ("Name", "first", "second", "why"), (("x" * 20, "1" * 10, "2" * 10, "told " * 20),), prose=(3,))


def test_a_narrow_console_does_without_the_columns_that_yield_and_says_so() -> None:
    some, all_of_them = WIDE._replace(yields=("second", "first")), drawn(WIDE._replace(yields=("second", "first")), 200)
    assert "2" * 10 in all_of_them[4]
    assert not any("Not shown" in line for line in all_of_them)
    seventy, fifty = drawn(some, 65), drawn(some, 54)
    assert seventy[-1] == "Not shown in 65 columns: second. 153 columns show all."
    assert "1" * 10 in seventy[4]
    assert " ".join(fifty[-2:]) == "Not shown in 54 columns: second, first. 153 columns show all."


def test_where_even_that_is_too_wide_each_row_is_a_few_lines_with_every_cell() -> None:
    lines = drawn(WIDE, 40)
    assert max(map(len, lines)) <= 40
    assert [line.split()[1] for line in lines if line.startswith("│ ") and line.split()[1] != "│"] == [
        "Name", "first", "second", "why"
    ]  # fmt: skip
    assert sum(line.count("told") for line in lines) == 20


def test_words_of_two_columns_each_are_measured_by_what_they_take() -> None:
    lines = drawn(Grid("", ("Name", "why"), (("a", "新闻" * 30),), prose=(1,)), 40)
    assert max(map(cell_len, lines)) <= 40
    assert sum(line.count("新") for line in lines) == 30


def test_a_table_may_have_another_form_where_it_is_too_wide() -> None:
    table = boxed("t", ("<Left", "<Right"))
    table.add_row("a" * 30, "b" * 30)
    table.narrow = boxed("t", ("<Both",))
    table.narrow.add_row("a" * 30)
    table.narrow.add_row("b" * 30)
    assert any("Both" in line for line in printed(table, 60))
    assert any("Right" in line for line in printed(table, 80))
