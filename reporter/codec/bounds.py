"""What a bundle may hold at most: enough for any real report, and little enough to be read and put into words within 10 s.

A reader refuses what is beyond them, since anybody may have written a bundle; a writer leaves out what is beyond them, and says so.
"""

from __future__ import annotations

MOST_CHARACTERS = 40_000_000
"""Of report.json: 50,000 rows take about half of it."""
MOST_ROWS = 50_000
"""Of metrics, params, plots and all other lists together."""
MOST_OBJECTS = 200_000
"""Of the document: a row has up to three. Counted by their braces, those in texts included."""
MOST_VALUES = 2_000_000
"""Of the document: a row has up to 20. Counted by commas and brackets, those in texts included."""
MOST_ITEMS = 200_000
"""Of one list."""
LONGEST_TEXT = 1_000_000
"""Characters."""
DEEPEST_VALUE = 50
"""Lists and mappings within a metric's or param's value."""
LARGEST_COUNT = 2**63 - 1
"""Of rows, files or bytes."""
MOST_SECTIONS = 100

MOST_PICTURES = 200
LARGEST_PICTURE = 20_000_000
"""Bytes."""
MOST_PICTURE_BYTES = 200_000_000
"""Of all pictures together: each is in memory when it is sent."""
MOST_PIXELS = 40_000_000
"""Of one picture: a few kilobytes may stand for gigabytes in a reader's browser."""
