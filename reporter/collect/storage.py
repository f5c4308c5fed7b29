"""Objects by their hash: from the cache, else from the remote storage into the cache."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from json import JSONDecodeError, loads
from pathlib import Path

from reporter.collect.bugs import is_bug
from reporter.collect.dvc.hashes import digest_of
from reporter.collect.dvc.project import DvcProject
from reporter.collect.dvc.remotes import RemoteAddress, RemoteObjects
from reporter.collect.dvc.storage_errors import explain_failure, explain_stall, is_cut
from reporter.collect.pipeline import StoredObject
from reporter.collect.problems import UnreadableError
from reporter.collect.transfers import CutError, Patience, StalledError, Transfer, Watch, at_once
from reporter.model.formatting import counted, size
from reporter.model.problem import ProblemKind

Progress = Callable[[str], None]

_DOWNLOADS_AT_ONCE = 8
_PAUSE_SECONDS = 0.5
"""After a transfer that broke off; twice as long after the second."""
_TELL_SECONDS = 15.0
"""Between two words about a download that takes long; for whoever waits, and to say that it goes on."""
_REFUSALS = 3
"""A storage may refuse what it does not have; after so many refusals and no success it refuses us."""


class Storage:
    """The cache and the remotes of one project, over all of its revisions."""

    def __init__(self, dvc: DvcProject, progress: Progress, patience: Patience | None = None) -> None:
        self._dvc = dvc
        self._progress = progress
        self._patience = patience or Patience()
        self._watch = Watch(self._patience, self._tell)
        self._told = (time.monotonic(), 0)
        self._telling = threading.Lock()
        self._remotes: dict[tuple[str | None, str], RemoteObjects] = {}
        self._given_up: dict[str | None, UnreadableError] = {}
        self._failures: dict[StoredObject, UnreadableError] = {}
        self._refused: dict[str | None, int] = {}
        self._uncached: dict[StoredObject, bytes] = {}
        self._listings: dict[StoredObject, Mapping[str, str]] = {}

    def remote_of(self, content: StoredObject) -> RemoteAddress | None:
        """The remote that should have the object; None where no remote is the default one."""
        return self._dvc.remote_address(content.remote)

    def read(self, content: StoredObject) -> bytes:
        """The bytes of an object, checked against its hash. Raises UnreadableError."""
        data = self._cached(content)
        if data is None:
            with _workplace() as folder:
                data = self._download(content, folder)
        return data

    def read_through(self, client: Callable[[], bytes], source: str) -> bytes:
        """What `client`, a call of DVC's, brings from where no plain object store is. Raises UnreadableError or what it raises.

        `source` is where from; where nothing came from there once, nothing is asked for again.
        """

        def check() -> None:
            if source in self._given_up:
                raise self._given_up[source]

        check()
        try:
            return self._watch.bring(lambda _: client(), None, check)
        except StalledError as error:
            self._given_up[source] = explain_stall(error, source)
            raise self._given_up[source] from error

    def has(self, content: StoredObject) -> bool:
        """Whether the cache has the object; it may be damaged."""
        return self._dvc.cached(content).exists()

    def fetch(self, contents: Iterable[StoredObject]) -> None:
        """Bring what the cache lacks, several at a time. What fails is said by `read`."""
        missing = [content for content in dict.fromkeys(contents) if not self._at_hand(content)]
        if not missing:
            return
        asked = sum(content.pushed and self.remote_of(content) is not None for content in missing)
        if asked:
            self._progress(f"Fetching {counted(asked, 'file')} from the remote storage")
        with _workplace() as folder:
            attempt = partial(self._attempt, folder=folder)
            attempt(missing[0])  # alone: if nobody answers, one timeout is enough
            at_once(attempt, missing[1:], min(_DOWNLOADS_AT_ONCE, len(missing) - 1))

    def listing(self, content: StoredObject) -> Mapping[str, str]:
        """Files of a directory: relative POSIX path → hash. Raises UnreadableError."""
        if content not in self._listings:
            try:
                entries = loads(self.read(content))
                self._listings[content] = {entry["relpath"]: entry["md5"] for entry in entries}
            except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
                raise UnreadableError(
                    ProblemKind.CORRUPT,
                    "the listing of its directory in the cache is broken",
                    "run the stage again, or push it from where it is sound",
                ) from error
        return self._listings[content]

    def _at_hand(self, content: StoredObject) -> bool:
        return content in self._uncached or content in self._failures or self._dvc.cached(content).exists()

    def _attempt(self, content: StoredObject, folder: str) -> None:
        with suppress(UnreadableError):  # remembered, and raised again by `read`
            self._download(content, folder)

    def _tell(self, received: int) -> None:
        with self._telling:
            when, then = self._told
            if received > then and time.monotonic() >= when + _TELL_SECONDS:
                self._told = (time.monotonic(), received)
                self._progress(f"Fetched {size(received)} so far")

    def _cached(self, content: StoredObject) -> bytes | None:
        """None where the cache lacks the object or holds a damaged one, which a download may mend."""
        if content in self._uncached:
            return self._uncached[content]
        try:
            data = self._dvc.cached(content).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableError(
                ProblemKind.CORRUPT, f"the cache cannot be read: {error.strerror}", "see `dvc doctor` for its folder"
            ) from error
        return data if _is_sound(content, data) else None

    def _download(self, content: StoredObject, folder: str) -> bytes:
        """Into the temporary folder `folder`, and from there into the cache."""
        self._check(content)
        try:
            data = self._download_now(content, folder)
        except UnreadableError as error:
            self._failures[content] = error
            raise
        self._refused[content.remote] = -_REFUSALS
        return data

    def _check(self, content: StoredObject) -> None:
        known = self._failures.get(content) or self._given_up.get(content.remote)
        if known is not None:
            raise known

    def _download_now(self, content: StoredObject, folder: str) -> bytes:
        try:
            remote = self._remote(content)
            with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as place:
                target = self._transferred(content, remote, Path(place))
                data = target.read_bytes()
                if _is_sound(content, data):
                    self._keep(content, target, data)
        except UnreadableError:
            raise  # by another transfer from the same remote
        except Exception as error:
            if is_bug(error):
                raise
            raise self._failure(error, content) from error
        if not _is_sound(content, data):
            raise UnreadableError(
                ProblemKind.CORRUPT,
                "the remote storage holds other content than dvc.lock says",
                "run the stage again and `dvc push`, after the damaged object is removed from the storage",
            )
        return data

    def _transferred(self, content: StoredObject, remote: RemoteObjects, folder: Path) -> Path:
        """The object's file, after as many tries as it takes and may take."""
        cuts = 0
        while True:
            target = folder / str(cuts)  # what was given up may still write to the one before

            def work(transfer: Transfer[None], target: Path = target) -> None:
                remote.download(content.hash, target, transfer.callback)

            try:
                self._watch.bring(work, target, partial(self._check, content))
            except Exception as error:
                if not is_cut(error):
                    raise
                cuts += remote.tries
                if cuts >= self._patience.cuts:
                    raise CutError(cuts) from error
                time.sleep(_PAUSE_SECONDS * cuts)
            else:
                return target

    def _keep(self, content: StoredObject, downloaded: Path, data: bytes) -> None:
        try:
            self._dvc.add_to_cache(content, downloaded)
        except OSError:  # a cache that cannot be written costs the next run a download, no more
            self._uncached[content] = data

    def _failure(self, error: Exception, content: StoredObject) -> UnreadableError:
        damaged = self._dvc.cached(content).exists()
        failure = explain_failure(error, content, self.remote_of(content), self._dvc.remotes, damaged=damaged)
        if failure.remote is not None:
            self._refused[content.remote] = self._refused.get(content.remote, 0) + 1
            if failure.final or self._refused[content.remote] >= _REFUSALS:
                self._given_up[content.remote] = failure
        return failure

    def _remote(self, content: StoredObject) -> RemoteObjects:
        key = (content.remote, content.algorithm)
        if key not in self._remotes:
            self._remotes[key] = self._dvc.remote(*key)
        return self._remotes[key]


def _workplace() -> tempfile.TemporaryDirectory[str]:
    """Removed even while a transfer that was given up still writes into it."""
    return tempfile.TemporaryDirectory(prefix="reporter-", ignore_cleanup_errors=True)


def _is_sound(content: StoredObject, data: bytes) -> bool:
    return digest_of(data, content.algorithm) == content.hash.removesuffix(".dir")
