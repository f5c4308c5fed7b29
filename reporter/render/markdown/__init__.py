"""The report as Markdown, cut to what a forge holds."""
