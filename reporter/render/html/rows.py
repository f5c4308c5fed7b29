"""The rows of the page's tables as HTML. A template would take 0.59 s in place of 0.13 s for 5,000 metrics with intervals, which is a
sixth of a run that compares them (`reporter report --no-images`, 2.4 s).
"""

from __future__ import annotations

from markupsafe import Markup, escape

from reporter.render.escape import QUOTED, shorten, visible
from reporter.render.tables import Cell, Column, Note, Row, Table, Written

LONGEST_VALUE = 400
"""Characters of one cell."""


def table_rows(table: Table) -> Markup:
    """The inside of the table's body. All text is escaped here."""
    labels = [_label(column) if table.is_opening else "" for column in table.columns]
    return Markup("").join(_row(row, table.columns, labels) for row in table.rows)


def column_class(column: Column) -> Markup:
    """The attribute that places a cell or heading, with a space before it; empty where there is nothing to say."""
    kind = "number" if column.is_number else "wide" if column.is_wide else "outcome" if column.is_outcome else ""
    return Markup(f' class="{kind}"' if kind else "")  # noqa: S704  one of three words


def sentence(text: str) -> Markup:
    """A sentence in which `quoted` words are code."""
    if "`" not in text:
        return escape(visible(text))
    pieces = QUOTED.split(visible(text))
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if index % 2 else piece for index, piece in enumerate(pieces)
    )


def note_text(note: Note) -> str:
    """What the page says below a table, before it is escaped."""
    about = f"{', '.join(note.names)}: " if note.names else ""
    return visible(about + note.text)


def _row(row: Row, columns: tuple[Column, ...], labels: list[str]) -> Markup:
    cells = "".join(
        _cell(cell, column, "td" if index else "th", labels[index] if index else ' scope="row"')
        for index, (cell, column) in enumerate(zip(row.cells, columns, strict=True))
    )
    quiet = ' class="quiet"' if row.is_quiet else ""
    return Markup(f"    <tr{quiet}>\n{cells}    </tr>\n")  # noqa: S704  of cells that are escaped


def _label(column: Column) -> str:
    """The heading within the cell: a phone shows it there, for want of room for columns. An outcome needs none."""
    return "" if column.is_outcome else f' data-label="{escape(visible(column.heading))}"'


def _cell(cell: Cell, column: Column, tag: str, attribute: str) -> str:
    order = "" if cell.sort is None else f' data-sort="{cell.sort}"'
    return f"      <{tag}{attribute}{column_class(column)}{order}>{_content(cell, column)}</{tag}>\n"


def _content(cell: Cell, column: Column) -> str:
    text = cell.text if cell.written is Written.BY_US else shorten(visible(cell.text), LONGEST_VALUE)
    if cell.tone and text:
        return f'<span class="tag {cell.tone}">{escape(text)}</span>'
    if column.is_code and text:
        return f"<code>{escape(text)}</code>"
    return sentence(text) if column.is_wide else escape(text)
