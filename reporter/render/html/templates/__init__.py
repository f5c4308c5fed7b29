"""The page's HTML, style sheet and script, read as package data."""
