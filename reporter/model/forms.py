"""What the type of a record's field does not say of its form in report.json. Stands in `Annotated`, for whoever reads or writes it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

FROM: Mapping[str, str] = {"name": "from"}
"""Metadata of a field whose name Python keeps for itself."""
UNWRITTEN: Mapping[str, bool] = {"unwritten": True}
"""Metadata of a field that report.json has in another form."""


@dataclass(frozen=True, slots=True)
class Form:
    """A text that is nothing but this."""

    pattern: str
    """A regular expression, read alike by Python and ECMAScript."""
    expected: str

    def fits(self, text: str) -> bool:
        """Whether the whole text is of this form."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Between:
    """A number strictly between two."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some members of an enumeration only."""

    choices: tuple[StrEnum, ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Some fields of a record, in this order."""

    names: tuple[str, ...]
    complete: bool = False
    """Each of them must be there, also where the record has a default for it."""


PICTURE_NAME = Form(r"images/[A-Za-z0-9._-]+\.png", "images/….png")
"""No folder but images/, no `..`, nothing a shell or a link would read otherwise."""
WEB_ADDRESS = Form("[Hh][Tt][Tt][Pp][Ss]?://.+", "an http or https address")

Sha: TypeAlias = Annotated[str, Form("[0-9a-f]{40}|[0-9a-f]{64}", "a commit's 40 hexadecimal digits")]
PictureName: TypeAlias = Annotated[str, PICTURE_NAME]
WebAddress: TypeAlias = Annotated[str, WEB_ADDRESS]
Finite: TypeAlias = Annotated[int | float, Between(-math.inf, math.inf)]
