"""A report's tables in Markdown, in their short form: names as code, sentences without markup, the rest as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from reporter.model.comparison import MetricRow
from reporter.render import tables, wording
from reporter.render.escape import LONGEST_IN_TABLE, LONGEST_NAME, code, codes, prose, visible
from reporter.render.markdown.markup import LEFT, RIGHT, bullets, paragraphs, table
from reporter.render.tables import Cell, Column, Note, Table, Written

_LONGEST_HEADING = 40
"""Of a revision's name: shorter than in a column of names."""
_MOST_NAMES = 8
"""Of metrics that one method was used for."""
_MOST_IN_CELL = 3
"""Names: more would be longer than all else."""


def laid_out(whole: Table) -> str:
    """A table as Markdown has room for it."""
    shown = tables.short(whole)
    columns = [(_heading(column), RIGHT if column.is_number else LEFT) for column in shown.columns]
    longest = [column.longest for column in shown.columns]
    return table(columns, [list(map(cell_text, row.cells, longest)) for row in shown.rows])


def with_whole_names(whole: Table, between: str = "") -> str:
    """The table, and below it, and below what comes `between`, the names that it had to cut."""
    names = [row.cells[0].text for row in whole.rows]
    cut = [name for name in names if len(visible(name)) > LONGEST_IN_TABLE]
    in_full = paragraphs("Names in full:", bullets(list(map(code, cut)))) if cut else ""
    return paragraphs(laid_out(whole), between, in_full)


def methods(rows: Sequence[MetricRow]) -> str:
    """How intervals and p-values were found: below the table, which has no room for it."""
    found = {method: codes(names, _MOST_NAMES) for method, names in wording.methods_of(rows).items()}
    if len(found) == 1:
        ((method, names),) = found.items()
        of_some = "" if all(row.method for row in rows) else f" of {names}"
        return f"Intervals and p{of_some}: {prose(wording.ended(method))}"
    lines = [f"{names}: {prose(wording.ended(method))}" for method, names in found.items()]
    return paragraphs("Intervals and p:", bullets(lines)) if lines else ""


def note_text(note: Note) -> str:
    """A note below a table."""
    about = f"{', '.join(map(code, note.names))}: " if note.names else ""
    return about + prose(note.text)


def cell_text(cell: Cell, longest: int = LONGEST_NAME) -> str:
    """A cell, escaped by who has written its words; names are cut to `longest` characters."""
    match cell.written:
        case Written.BY_US:
            return f"{cell.symbol}{wording.NO_BREAK}{cell.text}" if cell.symbol else cell.text
        case Written.AS_NAME if not cell.names:
            return code(cell.text, longest)
        case Written.AS_NAME:
            return codes(cell.names, _MOST_IN_CELL, longest, cell.between)
        case Written.AS_SENTENCE:
            return prose(cell.text)
        case _:
            assert_never(cell.written)


def _heading(column: Column) -> str:
    return code(column.heading, _LONGEST_HEADING) if column.is_revision else column.heading
