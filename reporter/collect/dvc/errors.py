"""DVC's errors about a project's files as one line that names revision, file and line.

Seen in DVC 3.60 to 3.67: the attributes of the errors of `dvc.utils.strictyaml`, and the file's name in the texts of others.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reporter.collect.bugs import causes
from reporter.collect.pointers import holds_pointer, lfs_pointer
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import one_line, without_folders
from reporter.collect.tree import Tree
from reporter.errors import ProjectError
from reporter.model.revision import Revision

_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_QUOTED = re.compile(r"'([^']+)'")
_LOCK = "dvc.lock"


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file of one revision that DVC refuses."""

    path: str
    """The file that is to blame, from the project's root."""
    reason: str
    line: int | None
    revision: str
    hint: str
    is_unread: bool = False
    """Nobody has seen its content: it is not here, or damaged. `reason` is a clause that reads on after the path."""

    def error(self) -> ProjectError:
        """The same as an error, in one line with its mend."""
        if self.is_unread:
            return ProjectError(f"{self.path} cannot be read in {self.revision}: it {self.reason}", self.hint)
        position = f", line {self.line}" if self.line else ""
        return ProjectError(f"{self.path} is broken in {self.revision}{position}: {self.reason}", self.hint)


def met_on_a_file() -> tuple[type[Exception], ...]:
    """What DVC and its parsers raise on a file with a value that they cannot use. See also `is_bug`."""
    from dvc.exceptions import DvcException
    from ruamel.yaml.error import YAMLError
    from voluptuous import Error

    of_python = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError, re.error)
    return (DvcException, UnreadableError, YAMLError, Error, *of_python)


def broken_project(error: Exception, root: Path) -> ProjectError:
    """That DVC cannot open the project in the folder `root`."""
    if holds_pointer(root / ".dvc" / "config"):
        pointer = lfs_pointer()
        return ProjectError(f"DVC cannot open the project: .dvc/config {pointer.message}", pointer.hint)
    return ProjectError(f"DVC cannot open the project: {one_line(str(error))}", "see `dvc doctor` and .dvc/config")


def unusable_git(error: Exception) -> ProjectError:
    """DVC reads git's configuration itself, and knows fewer of its extensions than git."""
    extension = str(getattr(error, "extension", ""))
    if not extension:
        return ProjectError(
            f"DVC cannot open the git repository: {without_folders(one_line(str(error)))}",
            "see `dvc status`, which fails for the same reason, and .git/config",
        )
    return ProjectError(
        f"DVC cannot open the git repository: it does not know git's extension {extension}",
        f"`git config --unset extensions.{extension.split(maxsplit=1)[0]}` where nothing needs it, or report from a new clone",
    )


def broken_file(error: Exception, path: str | None, revision: Revision, tree: Tree) -> BrokenFile:
    """`path` is the DVC file that was being read, as a path of the tree's file system: what it needs may be to blame instead."""
    blamed = next((found for found in map(_own_path, causes(error)) if found), path)
    where = tree.relative(blamed) if blamed else "a DVC file"
    if unread := _unread(error, where, revision, tree):
        return BrokenFile(where, unread.message, None, revision.label, unread.hint, is_unread=True)
    line, reason = _location(error)
    text = str(getattr(error, "yaml_text", "") or getattr(error, "text", ""))
    return BrokenFile(
        where, without_folders(one_line(reason)), line, revision.label, _hint(where, reason, text, revision)
    )


def unreadable_for_dvc(error: UnreadableError, path: str) -> UnreadableError:
    """The same, naming the file and as an exception of DVC's, so that DVC reports it of that file and goes on with the others."""
    return _unreadable_file()(
        error.kind, error.message, error.hint, remote=error.remote, final=error.final, file=error.file or path
    )


@cache
def _unreadable_file() -> type[UnreadableError]:
    from dvc.exceptions import DvcException

    return type("UnreadableFileError", (UnreadableError, DvcException), {})


def _unread(error: Exception, path: str, revision: Revision, tree: Tree) -> UnreadableError | None:
    """What keeps the file from being read; None where DVC has read it. On disk DVC takes a pointer for the file."""
    if revision.is_workspace and tree.holds_pointer(path):
        return lfs_pointer()
    return next((link for link in causes(error) if isinstance(link, UnreadableError)), None)


def values_file(error: Exception, definition: str | None) -> str | None:
    """The file that the templates of a dvc.yaml, `definition`, lack or cannot use; None where the error is of another kind.

    Both are paths of the tree's file system. DVC names it in its text alone; where a name has no value, it may be of the file that
    DVC reads without being told to.
    """
    from dvc.parsing import DEFAULT_PARAMS_FILE
    from dvc.parsing.context import KeyNotInContext, ParamsLoadError

    for link in causes(error):
        if isinstance(link, ParamsLoadError) and (quoted := _QUOTED.findall(str(link))):
            return str(quoted[-1])
        if isinstance(link, KeyNotInContext) and definition:
            return posixpath.join(posixpath.dirname(definition), DEFAULT_PARAMS_FILE)
    return None


def _hint(path: str, reason: str, text: str, revision: Revision) -> str:
    if not revision.is_workspace:
        return "a commit stays as it is: compare with another one, in which the file is right"
    if "git-ignored" in reason:
        return f"take {path} out of .gitignore, and commit it"
    if reason.endswith("does not exist"):
        return f"bring {path} back (`git checkout <commit> -- {path}`), or take it out of what names it"
    if posixpath.basename(path) == _LOCK:
        return _hint_of_lock(path, text)
    if _CONFLICT.search(text):
        return f"resolve the merge conflict in {path}, and commit"
    return f"mend {path}; `dvc stage list` tells when it is right"


def _hint_of_lock(path: str, text: str) -> str:
    if _CONFLICT.search(text):
        take_one = f"take one side (`git checkout --ours {path}`), then run `dvc repro`"
        return f"resolve the merge conflict in {path}: {take_one}, and commit"
    if text and "schema:" not in text:
        return f"{path} is of DVC 1: delete it, and let `dvc repro` write it anew, where its data are"
    return f"mend {path}, or delete it and let `dvc repro` write it anew"


def _own_path(error: BaseException) -> str | None:
    """The file that the error itself names, some of DVC's in their text alone: `expected a dictionary, got 'str' in file 'params.yaml'`."""
    from dvc.dvcfile import FileIsGitIgnored
    from dvc.parsing.context import ParamsLoadError
    from dvc.stage.exceptions import StageFileDoesNotExistError, StageFileIsNotDvcFileError
    from dvc.utils.serialize import ParseError
    from dvc.utils.strictyaml import YAMLValidationError

    match error:
        case ParseError() | YAMLValidationError():
            return str(error.path) or None
        case UnreadableError():
            return error.file
        case ParamsLoadError() | FileIsGitIgnored() | StageFileIsNotDvcFileError() | StageFileDoesNotExistError():
            return next(reversed(_QUOTED.findall(str(error))), None)
        case OSError():
            return error.filename if isinstance(error.filename, str) else None
    return None


def _location(error: Exception) -> tuple[int | None, str]:
    """The line where DVC met the error, if it knows, and its reason."""
    from dvc.utils.serialize import ParseError
    from dvc.utils.strictyaml import YAMLSyntaxError, YAMLValidationError

    if isinstance(error, YAMLSyntaxError):
        return _syntax(error)
    if isinstance(error, YAMLValidationError):
        return _schema(error)
    if isinstance(error, ParseError):
        return _parsing(error)
    return None, str(error)


def _syntax(error: Any) -> tuple[int | None, str]:
    cause = error.exc.__cause__
    mark = getattr(cause, "problem_mark", None)
    hint = " (merge conflict markers?)" if error.hint else ""
    return (mark.line + 1 if mark else None), f"{getattr(cause, 'problem', None) or cause}{hint}"


def _parsing(error: Any) -> tuple[int | None, str]:
    """Of a params file that DVC reads for its templates: `unable to read: 'params.yaml', YAML file structure is corrupted`."""
    cause = error.__cause__
    mark = getattr(cause, "problem_mark", None)
    reason = getattr(cause, "problem", None) or str(error).rpartition("', ")[2]
    return (mark.line + 1 if mark else None), reason


def _schema(error: Any) -> tuple[int | None, str]:
    from dvc.utils.serialize import parse_yaml_for_update
    from dvc.utils.strictyaml import determine_linecol

    first = error.exc.errors[0]
    keys = " → ".join(str(key) for key in first.path)
    line = determine_linecol(parse_yaml_for_update(error.text, error.path), first.path)[0] if error.text else None
    return line, f"{first.error_message} in {keys}" if keys else first.error_message
