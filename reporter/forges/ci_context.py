"""Tells which CI service runs us and reads its environment, once, into a `CiContext`."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.forges.github.context import read_github_context
from reporter.model.ci import CiContext


def read_ci_context(environ: Mapping[str, str]) -> CiContext | None:
    """The run that `environ` describes; None outside CI.

    Raises `ForgeError` if the service's own variables or its event file are missing or broken.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return read_github_context(environ)
    return None
