"""Reads what GitHub, or whatever sits between it and us, has answered; says in one line what came where it is unusable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from reporter.errors import ForgeError
from reporter.forges.github.addresses import ApiAddress
from reporter.forges.github.shapes import MismatchError, Missing, Shape, kind_of, read_shape

_REASON_CHARACTERS = 300
_SOMEBODY_ELSE = (
    "GitHub itself does not answer so: look for a proxy or a sign-in page between this machine and GitHub, "
    "and check GITHUB_API_URL"
)


class AnswerError(ForgeError):
    """No usable answer came. The message names the request and what came, never a text that came."""

    def __init__(self, message: str, hint: str = _SOMEBODY_ELSE, *, passing: bool = False) -> None:
        super().__init__(message, hint)
        self.passing = passing
        """Another try may help."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came: nothing of it is believed yet."""

    status: int
    headers: Mapping[str, str]
    """Whatever their case."""
    body: bytes


def read_answer(asked: str, raw: RawAnswer, shape: Shape, api: ApiAddress) -> Any:
    """What a successful answer says, cut down to its shape. `asked` names the request: `GET /repos/o/r/pulls/7`.

    Raises `AnswerError` for anything else.
    """
    try:
        value = _json(raw.body)
    except ValueError:
        raise AnswerError(f"{_answered(asked, raw)}, not {shape.called}") from None
    try:
        return read_shape(value, shape, api)
    except MismatchError as mismatch:
        raise AnswerError(f"GitHub answered {asked} ({raw.status}) with {mismatch}") from None


def read_refusal(asked: str, raw: RawAnswer, token: str) -> str:
    """GitHub's own words for why it refuses. Raises `AnswerError` where GitHub cannot have said it."""
    try:
        value = _json(raw.body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("message"), str):
        raise AnswerError(_answered(asked, raw))
    reason = " ".join((value["message"], *_details(value.get("errors")))).encode("utf-8", "replace").decode()
    return reason.replace(token, "***")[:_REASON_CHARACTERS]  # some proxies repeat the whole request


def _details(errors: object) -> list[str]:
    """What is wrong with a request, of which the message only says that something is."""
    listed = errors if isinstance(errors, list) else []
    found = [each.get("message") if isinstance(each, dict) else each for each in listed]
    return [f"({each})" for each in found if isinstance(each, str)][:3]


def odd_status(asked: str, raw: RawAnswer) -> AnswerError:
    """The error for a status that neither grants nor refuses the request."""
    return AnswerError(_answered(asked, raw))


def kept_failing(asked: str, raw: RawAnswer, so: str) -> AnswerError:
    """The error for a request that GitHub was too busy for; `so` is a clause: `after all retries`."""
    return AnswerError(
        f"GitHub kept failing, {so}: the last answer to {asked} was {raw.status} with {came(raw)}",
        "look at https://www.githubstatus.com and run the job again",
    )


def _answered(asked: str, raw: RawAnswer) -> str:
    return f"GitHub answered {asked} ({raw.status}) with {came(raw)}"


def came(raw: RawAnswer) -> str:
    """What kind of body an answer has, in words that repeat nothing of it."""
    try:
        return kind_of(_json(raw.body))
    except ValueError:
        start = raw.body[:1000].lstrip().lower()
    if start.startswith(b"<"):
        return "HTML" if b"html" in start or "html" in raw.headers.get("content-type", "").lower() else "XML"
    if start.startswith((b"{", b"[")):
        return "broken JSON"
    try:
        raw.body.decode()
    except UnicodeDecodeError:
        return "bytes that are no text"
    return "a text that is no JSON"


def _json(body: bytes) -> Any:
    """Raises `ValueError` for what is no JSON, or no JSON of any use."""
    if not body.strip():
        return Missing()
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
