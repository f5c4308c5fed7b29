"""Files through which a CI job speaks to its service: the job summary and the step's outputs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from reporter.errors import ForgeError


def append_summary(path: str, markdown: str, limit_bytes: int) -> None:
    """Append to the job summary. Raises `ForgeError` if the text exceeds the limit: the service would drop it whole."""
    content = markdown.rstrip("\n").encode() + b"\n"
    if len(content) > limit_bytes:
        raise ForgeError(
            f"the job summary has {len(content):,} bytes; one step may write {limit_bytes:,}",
            hint="exclude plots or metrics in reporter.yaml, or read the whole report in the bundle",
        )
    _append(path, content)


def write_outputs(path: str, outputs: Mapping[str, str]) -> None:
    """Append the step's outputs, each between delimiters that no value can guess."""
    delimiter = f"end-{secrets.token_hex(16)}"
    _append(
        path,
        "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in outputs.items()).encode(
            "utf-8", "surrogateescape"
        ),
    )


def _append(path: str, content: bytes) -> None:
    try:
        with Path(path).open("ab") as file:
            file.write(content)
    except OSError as error:
        raise ForgeError(
            f"cannot write {path}: {error.strerror}",
            hint="the CI service names this file in the environment; run inside its job",
        ) from error
