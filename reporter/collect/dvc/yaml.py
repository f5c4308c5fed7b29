"""YAML as DVC parses it, but within bounds: no few lines that stand for billions of values, and integers of any length.

Seen in DVC 3.60 to 3.67: `parse_yaml`, by which `strictyaml` and `serialize` call their parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from reporter.collect.long_integers import parsed_whole
from reporter.collect.nesting import TooDeepError, not_too_deep
from reporter.model.values import count_values

_MOST_VALUES = 1_000_000


class TooLargeError(ValueError):
    """A few lines of aliases that stand for billions of values."""


class UnusableError(ValueError):
    """Well-formed YAML with a key or value that no reader can make: a list as a key, a merge of itself."""


def parse_yaml(text: str) -> Any:
    """The content of a YAML 1.2 document. Raises ruamel's YAMLError, TooLargeError, TooDeepError and UnusableError."""
    from ruamel.yaml import YAML

    try:
        tree: Any = not_too_deep(parsed_whole(YAML(typ="safe").load, text))
    except (TypeError, AttributeError) as error:  # of ruamel's own
        raise UnusableError("is not valid YAML: it holds a key or value that is none") from error
    if "*" in text and count_values(tree) > _MOST_VALUES:
        raise TooLargeError(f"holds more than {_MOST_VALUES:,} values, once its aliases are written out")
    return tree


@contextmanager
def bounded() -> Iterator[None]:
    """Within the block DVC's loaders parse within these bounds."""
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml
    from ruamel.yaml.error import YAMLError

    original = _yaml.parse_yaml

    def parse(text: Any, path: Any, typ: str = "safe") -> Any:
        if typ != "safe" or not isinstance(text, str):
            return original(text, path, typ)
        try:
            return parse_yaml(text) or {}
        except (TooLargeError, TooDeepError, UnusableError) as error:
            raise type(error)(f"{PurePath(str(path)).name} {error}") from error
        except YAMLError:
            return original(text, path, typ)  # raises DVC's own error, which names the file

    strictyaml.parse_yaml = _yaml.parse_yaml = parse
    try:
        yield
    finally:
        strictyaml.parse_yaml = _yaml.parse_yaml = original
