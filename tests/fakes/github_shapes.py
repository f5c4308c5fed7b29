"""GitHub's own description of its API, as githubkit's models hold it: builds answers and judges both directions by it."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from functools import cache, reduce
from operator import or_
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

NOW = datetime(2026, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def model(name: str) -> type[BaseModel]:
    """A model of the description, by the name that githubkit gives it."""
    from githubkit_schemas.v2026_03_10 import models

    return getattr(models, name)


def answer(name: str, /, **known: Any) -> dict[str, Any]:
    """An answer of this shape: what is known, and something of the right type for each other field that it must have."""
    required = {info.alias or field: info for field, info in model(name).model_fields.items() if info.is_required()}
    rest = {key: _anything(info.annotation, key) for key, info in required.items() if key not in known}
    return {**rest, **known}


def _anything(annotation: Any, key: str) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return None if type(None) in arguments else _anything(arguments[0], key)
    if origin is Literal:
        return arguments[0]
    if origin is list:
        return []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return answer(annotation.__name__)
    plain = {str: f"https://example.invalid/{key}", int: 0, bool: False, datetime: NOW}
    return plain[annotation]


def user(login: str, *, is_app: bool = False) -> dict[str, Any]:
    return answer("SimpleUser", login=login, type="Bot" if is_app else "User")


def violations_of_request(names: tuple[str, ...], body: Any) -> list[str]:
    """What the description does not allow in a request's body. GitHub ignores unknown fields; we do not send any."""
    if not isinstance(body, dict):
        return ["the body is not a JSON object"]
    allowed = {info.alias or field for name in names for field, info in model(name).model_fields.items()}
    unknown = [f"unknown field {key}" for key in body if key not in allowed]
    return unknown + _violations(names, body)


def violations_of_answer(name: str, body: Any) -> list[str]:
    """What the description does not allow in an answer; `[X]` stands for a list of X."""
    return _violations((name,), body)


def _violations(names: tuple[str, ...], body: Any) -> list[str]:
    try:
        _adapter(names).validate_python(body)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return []


@cache
def _adapter(names: tuple[str, ...]) -> TypeAdapter[Any]:
    kinds = [list[model(name[1:-1])] if name.startswith("[") else model(name) for name in names]
    return TypeAdapter(reduce(or_, kinds))
