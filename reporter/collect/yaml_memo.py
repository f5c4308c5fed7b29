"""DVC's YAML parser with a memory: one text, met in two revisions or read twice in one, is parsed once.

Part of what this project takes from inside DVC. Parsing is most of what an index costs, and the files of two revisions
are mostly the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class YamlMemo:
    """What DVC parsed so far. DVC changes what it parsed, so that each caller gets a copy of its own."""

    def __init__(self) -> None:
        self._parsed: dict[str, bytes] = {}

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Within the block DVC's loaders parse through this memory."""
        from dvc.utils import strictyaml
        from dvc.utils.serialize import _yaml

        original = _yaml.parse_yaml

        def parse(text: Any, path: Any, typ: str = "safe") -> Any:
            if typ != "safe" or not isinstance(text, str):
                return original(text, path, typ)
            if text not in self._parsed:
                self._parsed[text] = pickle.dumps(original(text, path, typ), pickle.HIGHEST_PROTOCOL)
            return pickle.loads(self._parsed[text])  # noqa: S301  pickled two lines above

        strictyaml.parse_yaml = _yaml.parse_yaml = parse
        try:
            yield
        finally:
            strictyaml.parse_yaml = _yaml.parse_yaml = original
