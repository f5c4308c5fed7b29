"""Addresses as a reader may see them: without user, password, or signature, and without the folders of this machine."""

from __future__ import annotations

import re

from reporter.model.formatting import cut

_USERINFO = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'\"]+@")
_QUERY = re.compile(r"(?P<address>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s?#'\"]+)[?#][^\s'\"]*")
_LOCAL_PATH = re.compile(
    r"(?<![\w/.~…})\]*-])(?:file://)?(?:~|[A-Za-z]:(?=[\\/]))?(?:[\\/][^\\/\s'\":,]+)*[\\/](?P<name>[^\\/\s'\":,]+)[\\/]?"
)
"""An absolute path of Unix or Windows. One of an address follows its host, and a relative one a name or a dot."""

NO_FOLDERS = "…/"
"""Stands for the folders of this machine in front of a name."""


def without_folders(text: str) -> str:
    """`text` with each absolute path of a machine in it cut to its last part, `…/registry`: a reader has no use for the rest."""
    return _LOCAL_PATH.sub(rf"{NO_FOLDERS}\g<name>", text)


def without_secrets(text: str) -> str:
    """`text` with the user, password, query and fragment of every address in it removed.

    A query is dropped whole: signed addresses of storage services carry their signature there.
    """
    return _QUERY.sub(r"\g<address>", _USERINFO.sub(r"\g<scheme>", text))


def one_line(text: str, limit: int = 300) -> str:
    """The first line of `text` that says something, without secrets and no longer than `limit` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return cut(without_secrets(line), limit)
