"""Tells an SVG by its content."""


def is_svg(content: bytes) -> bool:
    """Whether this can only be an SVG, if it is an image at all: nothing else begins as XML does."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
