"""A report, put into words: Markdown for a forge, one HTML page, a terminal's table, JSON. Pure: text in, text out."""
