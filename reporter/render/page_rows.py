"""The rows of the page's tables as HTML: thousands of cells, for which a template takes five times as long."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup, escape

from reporter.render.escape import QUOTED, visible
from reporter.render.page_tables import Cell, Column, PageTable, Row


def table_rows(table: PageTable) -> Markup:
    """The inside of the table's body. All text is escaped here."""
    return Markup("").join(_row(row, table.columns) for row in table.rows)


def column_class(column: Column) -> Markup:
    """The attribute that aligns a cell or heading, with a space before it; empty where there is nothing to say."""
    if not column.is_number and not column.is_wide:
        return Markup()
    kind = "number" if column.is_number else "wide"
    return Markup(f' class="{kind} extra"' if column.is_extra else f' class="{kind}"')  # noqa: S704  two words


def sentence(text: str) -> Markup:
    """A sentence in which `quoted` words are code."""
    if "`" not in text:
        return escape(visible(text))
    pieces = QUOTED.split(visible(text))
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if index % 2 else piece for index, piece in enumerate(pieces)
    )


def _row(row: Row, columns: tuple[Column, ...]) -> Markup:
    cells = "".join(
        _cell(cell, column, "td" if index else "th", "" if index else ' scope="row"')
        for index, (cell, column) in enumerate(zip(row.cells, columns, strict=True))
    )
    quiet = ' class="quiet"' if row.is_quiet else ""
    return Markup(f"    <tr{quiet}>\n{cells}    </tr>\n")  # noqa: S704  of cells that are escaped


def _cell(cell: Cell, column: Column, tag: str, scope: str) -> str:
    order = "" if cell.sort is None else f' data-sort="{cell.sort}"'
    return f"      <{tag}{scope}{column_class(column)}{order}>{_content(cell, column)}</{tag}>\n"


def _content(cell: Cell, column: Column) -> str:
    if cell.below:
        return f'{_content(replace(cell, below=""), column)}<span class="below">{escape(cell.below)}</span>'
    if cell.tone:
        return f'<span class="tag {escape(cell.tone)}">{escape(cell.text)}</span>'
    if column.is_code and cell.text:
        return f"<code>{escape(cell.text)}</code>"
    return sentence(cell.text) if column.is_wide else escape(cell.text)
