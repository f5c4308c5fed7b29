"""Why an imported file cannot be had: it is never pushed, so what fails is the place that it comes from."""

from __future__ import annotations

from reporter.collect.bugs import causes
from reporter.collect.pipeline import Output
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import one_line, without_folders
from reporter.model.problem import ProblemKind


def explain_import(error: Exception, output: Output) -> UnreadableError:
    """`error` is whatever reading the source raised."""
    if output.source is None:  # kept under its own name in a storage with versions
        return UnreadableError(ProblemKind.ACCESS, f"cannot be read: {_reason(error)}", "run `dvc fetch` to see why")
    return UnreadableError(
        ProblemKind.ACCESS,
        f"is imported, and its source {output.source} cannot be read: {_reason(error)}",
        f"if it is private, give this job the right to read it; if it has moved, edit `url:` in {output.path}.dvc, or import it anew",
    )


def explain_missing_import(error: UnreadableError, output: Output, *, has_remote: bool) -> UnreadableError:
    """`error` is that the cache and the remote lack the object of an `output` that comes from elsewhere."""
    mend = f"run `dvc update {output.path}.dvc` where its source can be read"
    return UnreadableError(
        error.kind,
        f"is imported from {output.source}, and {error.message}",
        f"{mend}, or `dvc push` from where it was imported" if has_remote else mend,
    )


def without_content(output: Output) -> UnreadableError:
    """That nothing says what the import was: its source may have changed since, so what it has today is no value of this revision."""
    return UnreadableError(
        ProblemKind.MISSING,
        "was imported without its content: its .dvc file records none",
        f"run `dvc update {output.path}.dvc` and commit it",
        edits=True,
    )


def _reason(error: BaseException) -> str:
    """The innermost cause that says something: DVC's own errors on top say little (`SCM error`)."""
    if isinstance(error, LookupError):
        return str(error.args[0])
    reasons = [without_folders(one_line(str(link))) for link in causes(error)]
    return next((reason for reason in reversed(reasons) if reason), type(error).__name__)
