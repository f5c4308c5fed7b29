"""Templates of plots: DVC's built-in ones by name, the project's own Vega-Lite ones with their text."""

from __future__ import annotations

from collections.abc import Callable

from reporter.collect.pointers import without_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import without_folders
from reporter.collect.tree import Tree
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Template

_BUILT_IN = frozenset(Template)

ReadFile = Callable[[str], bytes | None]
"""A path from the project's root → the file's content, or None."""


class Templates:
    """The templates of one revision, each looked up once."""

    def __init__(self, tree: Tree, read_elsewhere: ReadFile) -> None:
        """`read_elsewhere` is asked for what the revision lacks: the work tree may have the template by now."""
        self._tree = tree
        self._read_elsewhere = read_elsewhere
        self._known: dict[str, str | None] = {}

    def text(self, name: str) -> str | None:
        """The project's own template called `name`, or None for a built-in one. Raises UnreadableError if it is neither.

        As DVC does, `.dvc/plots` is looked through first, even for the name of a built-in template.
        """
        if name not in self._known:
            self._known[name] = self._find(name)
        if self._known[name] is None and name not in _BUILT_IN:
            message = f"there is no plot template '{name}'; the plot is drawn as lines"
            file = name if "/" in name or name.endswith(".json") else f".dvc/plots/{name}.json"
            hint = f"commit {file}, or use one of DVC's own templates"
            raise UnreadableError(ProblemKind.PLOT, without_folders(message), without_folders(hint), edits=True)
        return self._known[name]

    def _find(self, name: str) -> str | None:
        own = (f".dvc/plots/{name}", f".dvc/plots/{name}.json")
        places = own if name in _BUILT_IN else (*own, name, f"{name}.json")
        return next((text for place in places if (text := self._read(place)) is not None), None)

    def _read(self, path: str) -> str | None:
        try:
            data = self._content(path)
            return None if data is None else without_pointer(data).decode("utf-8", "replace")
        except UnreadableError as error:
            error.file = path  # the template is to blame, not the plot
            raise

    def _content(self, path: str) -> bytes | None:
        try:
            return self._tree.read(path)
        except OSError:  # not there, or no file
            return self._read_elsewhere(path)
