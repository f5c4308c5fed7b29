"""Tables of a section's Markdown, bounded: rows that are shorter than their heading are filled up, so that a few characters may
stand for a thousand cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

MOST_CELLS = 25_000
"""Of all tables of one text: as many as the longest section can spell out."""
_LEFT = "reporter_cells_left"


def limit_tables(parser: MarkdownIt) -> None:
    """Show a table that would have too many cells, and all tables after it, as text."""
    from markdown_it.rules_block import table

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        left = state.env.get(_LEFT, MOST_CELLS)
        if left < 0 or not table(state, start, end, silent=True):
            return False
        if silent:
            return True
        state.env[_LEFT] = left - _cells(state, start, end)
        return state.env[_LEFT] >= 0 and table(state, start, end, silent=False)

    parser.block.ruler.at("table", limited, {"alt": ["paragraph", "reference"]})


def _cells(state: StateBlock, start: int, end: int) -> int:
    """At most: as many as the heading has in each line down to the first empty one."""
    heading = state.src[state.bMarks[start] : state.eMarks[start]]
    rows = next((line for line in range(start, end) if state.isEmpty(line)), end) - start
    return (heading.count("|") + 1) * rows
