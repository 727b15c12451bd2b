"""One table of cells, drawn on a console and written as Markdown."""

import io

from rich.console import Console

from ops.tables.grid import Grid, boxed

GRID = Grid("What it was", ("Name", "number", "why"), (("a|b", "1.5", "a sentence that is long " * 4),), prose=(2,))


def drawn(grid: Grid, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, markup=False).print(grid.table())
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
