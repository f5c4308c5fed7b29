"""reporter.yaml and the environment, read once and strictly: unknown keys and wrong types are errors that say where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from reporter.errors import ConfigurationError, UsageError
from reporter.model.formatting import cut
from reporter.model.rules import (
    CommentRule,
    Direction,
    GateRule,
    ImagesRule,
    ImageStoreKind,
    LossRule,
    PredictionsRule,
    Rules,
    SignificanceRule,
    SliceRule,
    Task,
    is_glob,
)
from reporter.model.values import count_values, is_finite

CONFIG_NAME = "reporter.yaml"
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|(?:^|_)KEY(?:_|$)", re.IGNORECASE)
_LEAST_SECRET = 6
"""Characters: `KEY=1` hides nothing, and taking every 1 out of a traceback would."""

_MOST_CHARACTERS = 200_000
"""Of a reporter.yaml: parsing more takes longer than a report."""
_MOST_VALUES = 100_000
_LONGEST_QUOTE = 100
"""Characters of the file's own in an error: a key may be as long as the file."""
_HALF_CHARACTER = frozenset(map(chr, range(0xD800, 0xE000)))
"""Surrogates: no file can hold them as UTF-8."""

LEAST_LEVEL = 0.5
"""A confidence level below it is a mistake: most likely 1 − level was written."""

Record = TypeVar("Record")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the process's environment says. The token is kept out of `repr`, so that no log can hold it."""

    variables: Mapping[str, str] = field(repr=False)
    token_variables: tuple[str, ...] = ()
    """Where the forge's token is looked for, in this order."""

    @property
    def token(self) -> str | None:
        """The forge's token, if there is one."""
        return next((self.variables[name] for name in self.token_names), None)

    @property
    def token_names(self) -> tuple[str, ...]:
        """The variables that hold a token of the forge, the one in use first."""
        return tuple(name for name in self.token_variables if self.variables.get(name))

    def without_secrets(self, text: str) -> str:
        """`text` with the value of each variable that by its name is a secret replaced by `***`."""
        secrets = {
            value for name, value in self.variables.items() if len(value) >= _LEAST_SECRET and _SECRET_NAME.search(name)
        }
        for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
            text = text.replace(secret, "***")
        return text


def read_rules(path: Path, *, required: bool = False) -> Rules:
    """Read a configuration file; absent means every default, unless it was asked for by name.

    Raises UsageError where the file cannot be read or says something that reporter does not know.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise UsageError(f"{path}: no such file", "Check the path given to --config.") from None
        return Rules()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "It must be a UTF-8 text file.") from error
    return parse_rules(text, str(path))


def parse_rules(text: str, name: str = CONFIG_NAME) -> Rules:
    """Parse the text of a reporter.yaml. `name` is how errors call the file. Raises ConfigurationError, whatever the text is."""
    if len(text) > _MOST_CHARACTERS:
        raise ConfigurationError(name, None, f"is longer than {_MOST_CHARACTERS:,} characters", "Mend the file.")
    document = _load(text, name)
    if document is None:
        return Rules()
    if "*" in text and count_values(document) > _MOST_VALUES:
        problem = f"holds more than {_MOST_VALUES:,} values, once its aliases are written out"
        raise ConfigurationError(name, None, problem, "Mend the file.")
    return _rules(_Node(document, name, ""))


def _load(text: str, name: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    line, problem = None, ""
    try:
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        problem = error.problem or "it cannot be parsed"
    except YAMLError as error:
        problem = str(error).splitlines()[0]
    except RecursionError:
        problem = "it is nested without end"
    except (
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # of ruamel's own, at `2026-99-99`, `!!int x`, `<<: *itself`
        problem = f"it holds a value that is none ({str(error).partition(':')[0]})"
    raise ConfigurationError(name, line, f"not valid YAML: {cut(problem, _LONGEST_QUOTE)}", "Mend the file.")


@dataclass(frozen=True, slots=True)
class _Node:
    """A value of the file with the place it stands at, for errors."""

    value: Any
    file: str
    key: str
    line: int | None = None

    def error(self, problem: str, hint: str = "See docs/configuration.md for every key.") -> ConfigurationError:
        return ConfigurationError(
            self.file, self.line, f"{cut(self.key, _LONGEST_QUOTE)} {problem}" if self.key else problem, hint
        )

    def keys(self, *known: str) -> dict[str, _Node]:
        """The entries of a mapping; a key that is not known is an error that names the nearest one."""
        entries = {str(key): node for key, node in self._entries()}
        for key, node in entries.items():
            if key not in known:
                nearest = get_close_matches(key, known, n=1, cutoff=0.5)
                guess = f"did you mean `{nearest[0]}`?" if nearest else f"known here: {', '.join(known)}."
                raise node.error(f"is an unknown key; {guess}")
        return entries

    def _entries(self) -> Iterator[tuple[Any, _Node]]:
        if not isinstance(self.value, Mapping):
            raise self.error("must be a mapping of keys to values")
        for key, value in self.value.items():
            line = self.value.lc.key(key)[0] + 1 if hasattr(self.value, "lc") else self.line
            yield key, _Node(value, self.file, f"{self.key}.{key}" if self.key else str(key), line)

    def items(self, parse: Callable[[_Node], Record]) -> tuple[Record, ...]:
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        nodes = (_Node(value, self.file, f"{self.key}[{index}]", self.line) for index, value in enumerate(self.value))
        return tuple(parse(node) for node in nodes)

    def texts(self) -> dict[str, str]:
        return {str(key): node.text() for key, node in self._entries()}

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.error("must be a text; put it in quotes")
        if not _HALF_CHARACTER.isdisjoint(self.value):
            raise self.error("holds half of a character (`\\ud800` and the like)")
        return str(self.value)

    def label(self) -> str | int | float | bool:
        if not isinstance(self.value, str | int | float | bool):
            raise self.error("must be one value")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error("must be true or false")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not is_finite(self.value):
            raise self.error("must be a number")
        try:
            return float(self.value)
        except OverflowError:  # an integer of more than 308 digits
            raise self.error("is too large a number") from None

    def limit(self) -> float:
        """A number that is not negative."""
        number = self.number()
        if number < 0:
            raise self.error("must not be negative")
        return number

    def count(self, least: int = 0) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            raise self.error(f"must be a whole number of at least {least}")
        return int(self.value)

    def fraction(self) -> float:
        """`2%` and `0.02` are the same."""
        if isinstance(self.value, str) and self.value.endswith("%"):
            try:
                value: Any = float(self.value[:-1]) / 100
            except ValueError:
                raise self.error("must be a percentage such as 2%, or a fraction such as 0.02") from None
            return _Node(value, self.file, self.key, self.line).limit()
        if (fraction := self.limit()) > 1:
            raise self.error(
                f"is a fraction, so {self.value} is {self.value:.0%}; write {self.value}% if that is meant"
            )
        return fraction

    def choice(self, choices: type[Choice]) -> Choice:
        try:
            return choices(self.value)
        except ValueError:
            raise self.error(f"must be one of {', '.join(choices)}") from None


@dataclass(frozen=True, slots=True)
class _Files:
    match: str


@dataclass(frozen=True, slots=True)
class _FurtherComment:
    key: str
    title: str


def _record(node: _Node, record: type[Record], **parsers: Callable[[_Node], Any]) -> Record:
    """The record, each entry parsed as its field is annotated, or by the parser that is named for it; a null entry keeps the default."""
    kinds = get_type_hints(record)
    entries = {key: entry for key, entry in node.keys(*kinds).items() if entry.value is not None}
    for key in _required(record):
        if key not in entries:
            raise node.error(f"needs `{key}`")
    parsed = {key: parsers[key](each) if key in parsers else _parsed(each, kinds[key]) for key, each in entries.items()}
    return record(**parsed)


def _required(record: type) -> list[str]:
    return [each.name for each in fields(record) if each.default is MISSING and each.default_factory is MISSING]


def _parsed(node: _Node, kind: Any) -> Any:
    """The value of a field with this annotation."""
    if get_origin(kind) is UnionType and get_args(kind)[1:] == (NoneType,):
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        return node.items(lambda each: _parsed(each, get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return node.choice(kind)
    return _PARSERS[kind](node) if kind in _PARSERS else _record(node, kind)


def _rules(node: _Node) -> Rules:
    return _record(node, Rules, seeds=_glob, folds=_folds)


def _glob(node: _Node) -> str:
    return _record(node, _Files).match


def _folds(node: _Node) -> str:
    glob = _glob(node)
    if not is_glob(glob):
        raise node.error("needs a wildcard in `match`, such as evaluation/fold-*/metrics.json: it tells folds apart")
    return glob


def _slices(node: _Node) -> SliceRule:
    return _record(node, SliceRule, max_drop=_Node.limit, min_rows=lambda each: each.count(1))


def _gate(node: _Node) -> GateRule:
    gate = _record(node, GateRule, max_drop=_Node.limit, max_relative_drop=_Node.fraction, no_worse_than=_Node.limit)
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        raise node.error("has a `min` above its `max`: no value can pass")
    return gate


def _predictions(node: _Node) -> PredictionsRule:
    rule = _record(node, PredictionsRule, positive=_Node.label)
    if rule.loss is not None:
        _only_a_loss(node, rule)
    elif rule.task is None or rule.actual is None:
        missing = "task" if rule.task is None else "actual"
        raise node.error(f"needs `{missing}`, or `loss` where a column already says how good each row is")
    else:
        _of_task(node, rule)
    if rule.is_repeated and (rule.groups or rule.cluster or rule.order):
        raise node.error(
            "has `groups`, `cluster` or `order`, which are for one file, but its `path` is a glob over repeated runs"
        )
    if rule.cluster and rule.order:
        raise node.error(
            "has both `cluster` and `order`: rows of one time are resampled together anyway; leave one of them out"
        )
    return rule


def _only_a_loss(node: _Node, rule: PredictionsRule) -> None:
    for key, entry in node.keys(*get_type_hints(PredictionsRule)).items():
        if key in _OF_A_TASK and entry.value is not None:
            raise entry.error("is of a task, and `loss` is none; leave one of them out, or make two entries")
    if rule.id is None:
        raise node.error("needs `id`: nothing else in a `loss` tells which rows are the same example")


_OF_A_TASK = ("task", "actual", "predicted", "score", "scores", "positive", "threshold", "average")
"""Keys that say how a metric is computed of labels, scores or numbers."""


def _loss(node: _Node) -> LossRule:
    rule = _record(node, LossRule)
    if rule.direction is Direction.NONE:
        raise node.error("`direction` must be one of higher, lower")
    return rule


def _of_task(node: _Node, rule: PredictionsRule) -> None:
    if rule.predicted is None and rule.score is None and not rule.scores:
        raise node.error("needs `predicted`, `score` or `scores`: which column holds the model's answer?")
    if rule.task is Task.BINARY and rule.score is not None and rule.positive is None:
        raise node.error("needs `positive`: which value of the actual column is `score` the probability of?")
    if rule.threshold is not None and (
        rule.task is not Task.BINARY or rule.score is None or rule.predicted is not None
    ):
        raise node.error("has `threshold`, which makes labels of the `score` of a binary task that has no `predicted`")


def _significance(node: _Node) -> SignificanceRule:
    rule = _record(node, SignificanceRule, resamples=lambda each: each.count(100))
    if not LEAST_LEVEL <= rule.level < 1:
        raise node.error(f"`level` must be at least {LEAST_LEVEL} and below 1, such as 0.95")
    return rule


def _images(node: _Node) -> ImagesRule:
    rule = _record(node, ImagesRule)
    if rule.store is ImageStoreKind.S3 and rule.url is None:
        raise node.error("needs `url` with `store: s3`, such as s3://bucket/prefix")
    return rule


def _comment(node: _Node) -> CommentRule:
    return _record(node, CommentRule, allow=lambda each: each.items(_further_comment))


def _further_comment(node: _Node) -> CommentRule:
    return CommentRule(**asdict(_record(node, _FurtherComment)))


_PARSERS: Mapping[Any, Callable[[_Node], Any]] = {
    str: _Node.text,
    bool: _Node.flag,
    float: _Node.number,
    int: _Node.count,
    Mapping[str, str]: _Node.texts,
    GateRule: _gate,
    SliceRule: _slices,
    LossRule: _loss,
    PredictionsRule: _predictions,
    SignificanceRule: _significance,
    ImagesRule: _images,
    CommentRule: _comment,
}
"""By the annotation of a field; all other records are nothing but their fields."""
