"""A YAML parser with a memory: one text, met in two revisions or read by DVC and by us, is parsed once.

Parsing is most of what an index costs, and the files of two revisions are mostly the same.
Seen in DVC 3.60 to 3.67: `parse_yaml`, by which `strictyaml` and `serialize` call their parser.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from reporter.collect.long_integers import parsed_whole
from reporter.collect.memory import remembering_up_to
from reporter.collect.nesting import TooDeepError, not_too_deep
from reporter.model.values import count_values

_MOST_VALUES = 1_000_000
_REMEMBERED = 16_000_000
"""Characters of files whose content is kept, as bytes of about the same number."""


class TooLargeError(ValueError):
    """A few lines of aliases that stand for billions of values."""


class UnusableError(ValueError):
    """Well-formed YAML with a key or value that no reader can make: a list as a key, a merge of itself."""


def parse_yaml(text: str) -> Any:
    """The content of a YAML 1.2 document, for the caller to change. Raises ruamel's YAMLError, TooLargeError, TooDeepError and UnusableError."""
    return pickle.loads(_parsed(text))  # noqa: S301  pickled below


@remembering_up_to(_REMEMBERED)
def _parsed(text: str) -> bytes:
    """DVC changes what it parsed, so that the memory holds no objects."""
    from ruamel.yaml import YAML

    try:
        tree = not_too_deep(parsed_whole(YAML(typ="safe").load, text))
    except (TypeError, AttributeError) as error:  # of ruamel's own
        raise UnusableError("is not valid YAML: it holds a key or value that is none") from error
    if "*" in text and count_values(tree) > _MOST_VALUES:
        raise TooLargeError(f"holds more than {_MOST_VALUES:,} values, once its aliases are written out")
    return pickle.dumps(tree, pickle.HIGHEST_PROTOCOL)


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
        except (TooLargeError, TooDeepError, UnusableError) as error:
            raise type(error)(f"{PurePath(str(path)).name} {error}") from error
        except YAMLError:
            return original(text, path, typ)  # raises DVC's own error, which names the file

    strictyaml.parse_yaml = _yaml.parse_yaml = parse
    try:
        yield
    finally:
        strictyaml.parse_yaml = _yaml.parse_yaml = original
