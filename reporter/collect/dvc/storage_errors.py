"""What the exceptions of a storage's client mean to a user.

Seen in DVC 3.60 to 3.67 (dvc-objects 5.2): `NoRemoteError`, `RemoteMissingDepsError`, and the text of an ImportError.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reporter.collect.bugs import causes
from reporter.collect.dvc.remotes import RemoteAddress
from reporter.collect.pipeline import StoredObject
from reporter.collect.problems import UnreadableError
from reporter.collect.redaction import one_line, without_folders
from reporter.collect.transfers import CutError, StalledError
from reporter.model.problem import ProblemKind

_REFUSED_STATUS = {401, 403}
_REFUSED_CODES = {
    "401",
    "403",
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "Forbidden",
}
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "DefaultCredentialsError",
    "AuthError",
}
_UNREACHABLE = {
    "ConnectionError",
    "TimeoutError",
    "gaierror",
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ClientConnectorError",
    "ClientConnectionError",
    "ServerTimeoutError",
    "ServerDisconnectedError",
    "ServiceRequestError",
    "FSTimeoutError",
}

_TIMES = {1: "once", 2: "twice", 3: "three times"}
_CUT = {
    "ClientPayloadError",
    "ResponseStreamingError",
    "IncompleteReadError",
    "IncompleteRead",
    "ChunkedEncodingError",
    "ProtocolError",
    "ServerDisconnectedError",
    "ConnectionClosedError",
    "ConnectionResetError",
    "ConnectionAbortedError",
    "BrokenPipeError",
    "ConnectionLost",
    "SFTPConnectionLost",
}
"""What clients raise where the other side ends a connection in the middle."""


_REQUIRES = re.compile(r"requires '(dvc-[a-z0-9-]+)' to be installed")
"""Of an ImportError of dvc_objects, which names the package in its text alone."""
_PLUGINS = {"webdavs": "webdav", "s3a": "s3", "abfss": "azure", "https": "http", "gcs": "gs"}
"""Schemes whose plugin of DVC is called otherwise: `dvc-gs`."""


def is_cut(error: Exception) -> bool:
    """Whether a transfer broke off: asked again, the storage may well deliver."""
    return bool(_kinds(error) & _CUT)


def explain_stall(error: StalledError, where: str) -> UnreadableError:
    """`where`: what is too slow, as a reader may see it."""
    pace = f"less than {error.slowest / 1024:g} KiB/s" if error.received else "nothing"
    return UnreadableError(
        ProblemKind.ACCESS,
        f"{where} sent {pace} for {error.seconds:g} seconds",
        "check the network and the storage, or run `dvc fetch` where it is faster",
        remote=where,
    )


def _explain_cuts(error: CutError, where: str, remote: str) -> UnreadableError:
    """It may be for this object's size: others are tried still."""
    return UnreadableError(
        ProblemKind.ACCESS,
        f"{where} broke the transfer off {_TIMES.get(error.times, f'{error.times} times')}",
        "check the network and the storage, or run `dvc fetch` where they are sound",
        remote=remote,
        final=False,
    )


def explain_failure(
    error: Exception, content: StoredObject, remote: RemoteAddress | None, remotes: Sequence[str], *, damaged: bool
) -> UnreadableError:
    """`remote` was asked, one of the `remotes` that there are. `damaged`: the cache has the object, with wrong content."""
    from dvc.config import NoRemoteError

    if isinstance(error, NoRemoteError | FileNotFoundError):
        return _missing(content, remote, remotes, damaged=damaged)
    name = f"remote '{remote.name if remote else 'default'}'"
    where = f"{name} ({remote.address})" if remote and remote.address else name
    if isinstance(error, StalledError):
        return explain_stall(error, where)
    if isinstance(error, CutError):
        return _explain_cuts(error, where, name)
    message, hint = _why(error, where)
    return UnreadableError(ProblemKind.ACCESS, message, hint, remote=name, final=not _is_refused(error))


def _why(error: Exception, where: str) -> tuple[str, str]:
    """The reason a storage as a whole cannot be read, and its mend."""
    from dvc.config import ConfigError

    kinds = _kinds(error)
    if package := _missing_plugin(error):
        return (
            f"{where} needs {package}, which is not installed",
            f"run `pip install {package}` where reporter is installed",
        )
    if isinstance(error, ConfigError):
        return f"{where} is not configured rightly: {without_folders(one_line(str(error)))}", "see `dvc remote list`"
    if kinds & _NO_CREDENTIALS:
        return f"there are no credentials for {where}", "give them in the environment or in .dvc/config.local"
    if _is_refused(error):
        return f"{where} refuses the credentials", "check that they are current and may read"
    if kinds & _UNREACHABLE:
        return f"{where} is unreachable", "check the network, or run `dvc fetch` where it is reachable"
    return (
        f"{where} cannot be read: {without_folders(one_line(str(error))) or type(error).__name__}",
        "run `dvc fetch` to see why",
    )


def _missing_plugin(error: Exception) -> str | None:
    """The package that DVC lacks to read the storage: its plugin, or what that needs."""
    from dvc.fs import RemoteMissingDepsError

    if isinstance(error, RemoteMissingDepsError):
        return f"dvc-{_PLUGINS.get(error.protocol, error.protocol)}"
    named = _REQUIRES.search(str(error)) if isinstance(error, ImportError) else None
    return named[1] if named else None


def _kinds(error: Exception) -> set[str]:
    """Names of classes: those of every client that there may be cannot be imported."""
    return {kind.__name__ for link in causes(error) for kind in type(link).__mro__}


def _missing(
    content: StoredObject, remote: RemoteAddress | None, remotes: Sequence[str], *, damaged: bool
) -> UnreadableError:
    no_remote = f"no default remote is set ({', '.join(remotes)})" if remotes else "there is no remote"
    elsewhere = f"not in remote '{remote.name}'" if remote else no_remote
    if damaged:
        return UnreadableError(
            ProblemKind.CORRUPT,
            f"its object in the cache is damaged, and {elsewhere}",
            "run the stage again, or push it from where it is sound",
        )
    if not content.pushed:
        message = "not in the cache, and `push: false` keeps it out of every remote"
        return UnreadableError(
            ProblemKind.MISSING, message, "reproduce it here, or take `push: false` out and run `dvc push`"
        )
    if remote is None:
        message = f"not in the cache, and {no_remote}"
        mend = f"name it: `dvc remote default {remotes[0]}`" if remotes else "add a remote (`dvc remote add`)"
        hint = f"{mend}, and run `dvc push` where it was made, or reproduce it"
        return UnreadableError(ProblemKind.MISSING, message, hint)
    message = f"in neither the cache nor remote '{remote.name}'"
    return UnreadableError(ProblemKind.MISSING, message, "run `dvc push` where it was made, or reproduce it")


def _is_refused(error: Exception) -> bool:
    return any(_is_refusal(link) for link in causes(error))


def _is_refusal(error: BaseException) -> bool:
    status = getattr(error, "status", None)
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return isinstance(error, PermissionError) or status in _REFUSED_STATUS or code in _REFUSED_CODES
