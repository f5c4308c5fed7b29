"""DVC's errors about a project's files as one line that names revision, file and line."""

from __future__ import annotations

from typing import Any

from reporter.collect.redaction import one_line
from reporter.errors import ProjectError


def broken_project(error: Exception) -> ProjectError:
    return ProjectError(f"DVC cannot open the project: {one_line(str(error))}", "see `dvc doctor` and .dvc/config")


def broken_file(error: Exception, path: str | None, revision: str) -> ProjectError:
    """`path` is the DVC file that was being read, from the project's root."""
    where = path or "a DVC file"
    line, reason = _location(error)
    position = f", line {line}" if line else ""
    return ProjectError(
        f"{where} is broken in {revision}{position}: {one_line(reason)}",
        f"mend {where} in {revision}; `dvc stage list` tells when it is right",
    )


def _location(error: Exception) -> tuple[int | None, str]:
    """The line where DVC met the error, if it knows, and its reason."""
    from dvc.utils.strictyaml import YAMLSyntaxError, YAMLValidationError

    if isinstance(error, YAMLSyntaxError):
        return _syntax(error)
    if isinstance(error, YAMLValidationError):
        return _schema(error)
    return None, str(error)


def _syntax(error: Any) -> tuple[int | None, str]:
    cause = error.exc.__cause__
    mark = getattr(cause, "problem_mark", None)
    hint = " (merge conflict markers?)" if error.hint else ""
    return (mark.line + 1 if mark else None), f"{getattr(cause, 'problem', None) or cause}{hint}"


def _schema(error: Any) -> tuple[int | None, str]:
    from dvc.utils.serialize import parse_yaml_for_update
    from dvc.utils.strictyaml import determine_linecol

    first = error.exc.errors[0]
    keys = " → ".join(str(key) for key in first.path)
    line = determine_linecol(parse_yaml_for_update(error.text, error.path), first.path)[0] if error.text else None
    return line, f"{first.error_message} in {keys}" if keys else first.error_message
