"""When a request to GitHub is sent again, and how long we are ready to wait for that.

After https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: `Retry-After` is obeyed,
secondary rate limits are waited out, and writes are at least a second apart.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from github.Requester import Requester

_LONG_WAIT = 5
"""Seconds; a longer one is told to whoever watches the log."""

_LONGEST_BACKOFF = 30
_MOST_DIGITS = 10
"""Of a number of seconds that is read at all: as a time, up to the year 2286."""

_FORBIDDEN, _TOO_MANY, _FAILED = 403, 429, 500

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """All times in seconds."""

    retries: int = 10
    """Where GitHub says that it is busy or failing."""
    network_retries: int = 3
    """Where no answer comes, or not all of it."""
    timeout: float = 30
    """For a connection, and for each further piece of an answer."""
    whole_answer: float = 60
    """For an answer from the first byte to the last: one that drips never times out otherwise."""
    in_all: float = 180
    """For everything that a forge asks of a job beyond the usual: waits, retries, slow answers. A rate limit that ends
    later ends the job at once, which says when, instead of burning its minutes."""
    backoff: float = 0.5
    """Doubles with each retry."""
    secondary_rate_wait: float = 60
    """Where a secondary rate limit comes without `Retry-After`."""
    seconds_between_writes: float = 1

    def pause(self, retry: int) -> float:
        """Before which retry, the first being 0: at once, then ever longer."""
        return min(self.backoff * 2**retry, _LONGEST_BACKOFF) if retry else 0


class Waiting:
    """How much of the patience of a job is left. After a pause as long as all of it, a training's, it is whole again."""

    def __init__(self, patience: Patience) -> None:
        self._spent, self._patience, self._last = 0.0, patience, time.monotonic()

    def left(self) -> float:
        """Seconds that may still be waited."""
        if time.monotonic() - self._last > self._patience.in_all:
            self._spent = 0.0
        return self._patience.in_all - self._spent

    @contextmanager
    def counted(self, usual: float) -> Iterator[None]:
        """What is done within it may take its usual time for nothing."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._last = time.monotonic()
            self._spent += max(0.0, self._last - started - usual)

    def pause(self, seconds: float) -> None:
        """Sleep so many seconds, at the cost of what is left. The log is told of a long wait."""
        if seconds > _LONG_WAIT:
            _logger.warning("GitHub is busy or limits the rate: waiting %.0f s before the next try", seconds)
        time.sleep(seconds)
        self._last = time.monotonic()
        self._spent += seconds


def wait_asked_for(
    status: int, headers: Mapping[str, str], reason: str, retry: int, patience: Patience
) -> float | None:
    """Seconds until a refused request may be sent again; None where that would be of no use. `reason` is GitHub's own."""
    backoff, asked = patience.pause(retry), _retry_after(headers)
    if status >= _FAILED:
        return max(backoff, asked or 0)
    if not is_rate_limit(status, headers, reason):
        return None
    if asked is not None:
        return asked
    if Requester.isPrimaryRateLimitError(reason):
        return max(backoff, _until_reset(headers))
    return backoff if status == _TOO_MANY else max(backoff, patience.secondary_rate_wait)


def is_rate_limit(status: int, headers: Mapping[str, str], reason: str) -> bool:
    """Whether GitHub refuses for want of patience, not of rights: 429, or a 403 that says so in a header or in `reason`."""
    if status == _FORBIDDEN:
        return _retry_after(headers) is not None or Requester.isRateLimitError(reason)
    return status == _TOO_MANY


def limit_resets(headers: Mapping[str, str]) -> datetime | None:
    """When a rate limit ends, if an answer says so in a way that means anything."""
    seconds = _number(headers.get("x-ratelimit-reset", ""))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _until_reset(headers: Mapping[str, str]) -> float:
    resets = limit_resets(headers)
    return max(0.0, (resets - datetime.now(UTC)).total_seconds() + 1) if resets else 0.0


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from a number or a date; None for anything else."""
    text = headers.get("retry-after", "").strip()
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(0.0, (date - datetime.now(UTC)).total_seconds()), 10.0**_MOST_DIGITS)


def _number(text: str) -> int | None:
    """Any text may stand in a header, also one of 5,000 digits."""
    return int(text) if re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", text) else None
