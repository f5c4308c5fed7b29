"""A YAML parser with a memory: one text, met in two revisions or read by DVC and by us, is parsed once.

Part of what this project takes from inside DVC. Parsing is most of what an index costs, and the files of two revisions
are mostly the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


def parse_yaml(text: str) -> Any:
    """The content of a YAML 1.2 document, for the caller to change. Raises ruamel's YAMLError."""
    return pickle.loads(_parsed(text))  # noqa: S301  pickled below


@lru_cache(maxsize=1024)
def _parsed(text: str) -> bytes:
    """DVC changes what it parsed, so that the memory holds no objects."""
    from ruamel.yaml import YAML

    return pickle.dumps(YAML(typ="safe").load(text), pickle.HIGHEST_PROTOCOL)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block DVC's loaders parse through this memory."""
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml
    from ruamel.yaml.error import YAMLError

    original = _yaml.parse_yaml

    def parse(text: Any, path: Any, typ: str = "safe") -> Any:
        if typ != "safe" or not isinstance(text, str):
            return original(text, path, typ)
        try:
            return parse_yaml(text) or {}
        except YAMLError:
            return original(text, path, typ)  # raises DVC's own error, which names the file

    strictyaml.parse_yaml = _yaml.parse_yaml = parse
    try:
        yield
    finally:
        strictyaml.parse_yaml = _yaml.parse_yaml = original
