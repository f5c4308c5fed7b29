"""When a request to GitHub is sent again, and how long we are ready to wait for that.

After https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: `Retry-After` is obeyed,
secondary rate limits are waited out, and writes are at least a second apart.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from github import GithubRetry
from github.GithubException import RateLimitExceededExceedsMaxWait

_LONG_WAIT = 5
"""Seconds; a longer one is told to whoever watches the log."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """All times in seconds."""

    retries: int = 10
    timeout: int = 30
    """Of one request."""
    backoff: float = 0.5
    """Doubles with each retry, up to 30 s."""
    secondary_rate_wait: float = 60
    """Where a secondary rate limit comes without `Retry-After`."""
    longest_wait: float = 300
    """For a rate limit: beyond it the job fails at once and says when the limit ends, instead of burning its minutes."""
    seconds_between_writes: float = 1


class PatientRetry(GithubRetry):
    """PyGithub's retry, for every verb, for 429 as well, and with an end to what `Retry-After` may ask."""

    def __init__(self, *, max_rate_limit_wait: float | None = None, **options: Any) -> None:
        options.setdefault("status_forcelist", [429, *range(500, 600)])
        options.setdefault("allowed_methods", None)
        super().__init__(max_rate_limit_wait=max_rate_limit_wait, **options)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Any:
        """Count the retry and return the next state; raises PyGithub's exceptions where waiting is hopeless."""
        wait = self.get_retry_after(response) if response else None
        if wait is not None and self.max_rate_limit_wait is not None and wait > self.max_rate_limit_wait:
            message = {"message": "You have exceeded a rate limit."}
            raise RateLimitExceededExceedsMaxWait(response.status, message, dict(response.headers), wait=wait)
        retry = super().increment(method, url, response, error, _pool, _stacktrace)
        seconds = wait or retry.get_backoff_time()
        if seconds > _LONG_WAIT:
            _logger.warning("GitHub is busy or limits the rate: waiting %.0f s before the next try", seconds)
        return retry


def retry_with(patience: Patience) -> PatientRetry:
    return PatientRetry(
        total=patience.retries,
        connect=min(patience.retries, 3),
        backoff_factor=patience.backoff,
        backoff_max=30,
        secondary_rate_wait=patience.secondary_rate_wait,
        max_rate_limit_wait=patience.longest_wait,
    )
