"""What an answer of GitHub must look like: the one place that says so.

Each request that we make has one line in `_ENDPOINTS` with the shape of its answer. `read_shape` keeps the fields that are
named here and drops the others, so that nothing beneath our code (PyGithub among it) ever meets a value of another
type. A new request needs a line here; a request without one is a bug, and the first test that makes it says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from reporter.forges.github.addresses import ApiAddress


@dataclass(frozen=True, slots=True)
class Text:
    """A text that `pattern` matches as a whole."""

    called: str = "a text"
    pattern: str = r"[\s\S]*"


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from 0, below 2⁶³."""

    called: str = "a number"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; no number stands for it."""

    called: str = "true or false"


@dataclass(frozen=True, slots=True)
class Own:
    """An address of this API, to which a later request may be sent."""

    pattern: str
    """What follows the repository in its path."""
    called: str = "an address of this API"


@dataclass(frozen=True, slots=True)
class OrElse:
    """A field that may be null or missing, and then has a value of ours."""

    shape: Shape
    otherwise: str | None = None

    @property
    def called(self) -> str:
        """As the field is called where it has its value."""
        return self.shape.called


@dataclass(frozen=True, slots=True)
class Record:
    """An object; these of its fields are kept."""

    called: str
    fields: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of any length, each item of one shape."""

    called: str
    item: Shape


@dataclass(frozen=True, slots=True)
class Either:
    """One of two records; what fits neither is told against one of them."""

    first: Record
    second: Record

    @property
    def called(self) -> str:
        """As the first one is called."""
        return self.first.called


@dataclass(frozen=True, slots=True)
class Nothing:
    """No body at all: 204."""

    called: str = "nothing (204)"


Shape: TypeAlias = Text | Number | Flag | Own | OrElse | Record | ListOf | Either | Nothing


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for a field, or a whole body, that is not there."""


class MismatchError(Exception):
    """An answer does not have its shape. The message completes "GitHub answered … with"."""


_TEXT, _NUMBER, _FLAG = Text(), Number(), Flag()
_MAYBE = OrElse(_TEXT)
_NAME = Text("a name", r"[\s\S]+")
_BRANCH = Text("the name of a branch", r"(?![-./])[^\x00-\x20\x7f~^:?*\[\\]+")
"""As git allows it: it becomes an argument of git."""

_SHA = Text("the name of an object", r"[0-9a-f]{40}([0-9a-f]{24})?")
_LINK = Text("a web address", r"""https?://[^\s<>"'()\\]+""")

_ACCOUNT = Record("an account", {"login": _NAME})
_PULL = Record(
    "a pull request",
    {
        "number": _NUMBER,
        "state": _NAME,
        "url": Own(r"pulls/[0-9]+"),
        "head": Record(
            "a branch",
            # The repository is null once the fork is deleted.
            {"ref": _BRANCH, "sha": _SHA, "repo": OrElse(Record("a repository", {"full_name": _NAME}))},
        ),
        "base": Record("a branch", {"ref": _BRANCH}),
    },
)
_COMMENT = Record(
    "a comment",
    {
        "id": _NUMBER,
        "url": Own(r"issues/comments/[0-9]+"),
        "html_url": _LINK,
        "body": OrElse(_TEXT, ""),
        "user": OrElse(_ACCOUNT),  # null once the account is deleted
    },
)
_CHECK = Record(
    "a check run",
    {
        "id": _NUMBER,
        "url": Own(r"check-runs/[0-9]+"),
        "name": _MAYBE,
        "external_id": _MAYBE,
        "status": _MAYBE,
        "conclusion": _MAYBE,
        "details_url": _MAYBE,
        "output": Record("an output", {"title": _MAYBE, "summary": _MAYBE}),
    },
)
_REF = Record("a reference", {"ref": _NAME, "url": Own(r"git/refs/.+"), "object": Record("an object", {"sha": _SHA})})
_COMMIT = Record("a commit", {"sha": _SHA, "tree": Record("a tree", {"sha": _SHA})})
_ENTRY = Record("an entry", {"path": _NAME, "sha": _SHA})
_TREE = Record("a tree", {"sha": _SHA, "truncated": _FLAG, "tree": ListOf("a list of entries", _ENTRY)})
_VIEWER = Record("a viewer", {"data": Record("data", {"viewer": _ACCOUNT})})
_GRAPHQL_ERRORS = Record(
    "errors",
    {"errors": ListOf("a list of errors", Record("an error", {"type": _MAYBE, "message": _MAYBE}))},
)

_REPOSITORY = r"(?:/repos/[^/]+/[^/]+|/repositories/[0-9]+)"
"""GitHub's links to further pages, and redirects of renamed repositories, name it by its number."""

_ENDPOINTS: tuple[tuple[str, str, Shape], ...] = (
    ("GET", r"/user", _ACCOUNT),
    ("POST", r"/graphql", Either(_VIEWER, _GRAPHQL_ERRORS)),
    ("GET", r"{repo}/pulls", ListOf("a list of pull requests", _PULL)),
    ("GET", r"{repo}/pulls/[0-9]+", _PULL),
    ("GET", r"{repo}/issues/[0-9]+/comments", ListOf("a list of comments", _COMMENT)),
    ("POST", r"{repo}/issues/[0-9]+/comments", _COMMENT),
    ("GET", r"{repo}/issues/comments/[0-9]+", _COMMENT),
    ("PATCH", r"{repo}/issues/comments/[0-9]+", _COMMENT),
    ("DELETE", r"{repo}/issues/comments/[0-9]+", Nothing()),
    (
        "GET",
        r"{repo}/commits/.+/check-runs",
        Record(
            "a list of check runs",
            {"total_count": _NUMBER, "check_runs": ListOf("a list of check runs", _CHECK)},
        ),
    ),
    ("POST", r"{repo}/check-runs", _CHECK),
    ("GET", r"{repo}/check-runs/[0-9]+", _CHECK),
    ("PATCH", r"{repo}/check-runs/[0-9]+", _CHECK),
    ("POST", r"{repo}/statuses/.+", Record("a status", {"state": _NAME})),
    ("GET", r"{repo}/git/ref/.+", _REF),
    ("POST", r"{repo}/git/refs", _REF),
    ("PATCH", r"{repo}/git/refs/.+", _REF),
    ("GET", r"{repo}/git/commits/[^/]+", _COMMIT),
    ("POST", r"{repo}/git/commits", _COMMIT),
    ("GET", r"{repo}/git/trees/[^/]+", _TREE),
    ("POST", r"{repo}/git/trees", _TREE),
    ("POST", r"{repo}/git/blobs", Record("a blob", {"sha": _SHA})),
)
_SHAPES = tuple((method, re.compile(path.replace("{repo}", _REPOSITORY)), shape) for method, path, shape in _ENDPOINTS)


def shape_of(method: str, path: str) -> Shape:
    """The shape that the answer to a request must have; `path` is without its query."""
    for known, pattern, shape in _SHAPES:
        if known == method and pattern.fullmatch(path):
            return shape
    raise LookupError(f"no shape is known for the answer to {method} {path}: name it in {__name__}")


def subject_of(path: str) -> str:
    """A path without the repository in it, which GitHub writes in two ways."""
    return re.sub(rf"^{_REPOSITORY}/", "", path.partition("?")[0])


def read_shape(value: Any, shape: Shape, api: ApiAddress) -> Any:
    """The part of an answer's JSON that `shape` names. Raises `MismatchError` where it is not so."""
    return _Reader(shape.called, api).read(value, shape, "")


@dataclass(frozen=True, slots=True)
class _Reader:
    whole: str
    api: ApiAddress

    def read(self, value: Any, shape: Shape, at: str) -> Any:
        match shape:
            case OrElse(shape=inner, otherwise=otherwise):
                return otherwise if value is None or isinstance(value, Missing) else self.read(value, inner, at)
            case Either(first=first, second=second):
                return self._either(value, first, second, at)
            case Record(fields=fields) if isinstance(value, dict):
                return {key: self.read(value.get(key, Missing()), of, f"{at}.{key}") for key, of in fields.items()}
            case ListOf(item=item) if isinstance(value, list):
                return [self.read(each, item, f"{at}[{index}]") for index, each in enumerate(value)]
            case Record() | ListOf():
                raise self._mismatch(value, shape, at)
            case Text() | Number() | Flag() | Own() | Nothing():
                return self._plain(value, shape, at)
            case _:
                assert_never(shape)

    def _plain(self, value: Any, shape: Text | Number | Flag | Own | Nothing, at: str) -> Any:
        match shape:
            case Text(pattern=pattern) if isinstance(value, str) and re.fullmatch(pattern, value):
                return _without_surrogates(value)
            case Number() if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
                return value
            case Flag() if isinstance(value, bool):
                return value
            case Own(pattern=pattern) if isinstance(value, str) and self._is_own(value, pattern):
                return value
            case Nothing() if isinstance(value, Missing):
                return None
            case _:
                raise self._mismatch(value, shape, at)

    def _either(self, value: Any, first: Record, second: Record, at: str) -> Any:
        try:
            return self.read(value, first, at)
        except MismatchError as mismatch:
            try:
                return self.read(value, second, at)
            except MismatchError:
                raise mismatch from None

    def _is_own(self, value: str, pattern: str) -> bool:
        path = self.api.path_of(value)
        return path is not None and re.fullmatch(f"{_REPOSITORY}/{pattern}", path) is not None

    def _mismatch(self, value: Any, shape: Shape, at: str) -> MismatchError:
        if not at:
            return MismatchError(f"{kind_of(value)}, not {shape.called}")
        wrong = "missing" if isinstance(value, Missing) else f"{kind_of(value)}, not {shape.called}"
        return MismatchError(f"{self.whole} in which `{at.removeprefix('.')}` is {wrong}")


_KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    Missing: "nothing",
}


def kind_of(value: Any) -> str:
    """A value of JSON in words that repeat nothing of it."""
    return _KINDS[type(value)]


def _without_surrogates(text: str) -> str:
    r"""JSON may write halves of characters (`\ud800`), which no file and no terminal can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text
