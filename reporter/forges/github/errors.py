"""Turns what GitHub and the network refuse into errors that say which right is missing or what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from github import GithubException, RateLimitExceededException
from github.GithubException import RateLimitExceededExceedsMaxWait

from reporter.errors import ForgeError, PermissionMissingError
from reporter.forges.github.answers import AnswerError
from reporter.forges.github.retry import limit_resets

_GRANT = (
    "grant it with `permissions:` in the workflow (GITHUB_TOKEN) or in the settings of the token or app; "
    "runs for pull requests from forks never get it"
)


@contextmanager
def github_errors(action: str, permission: str) -> Iterator[None]:
    """Within it every refusal becomes a `ForgeError` or `PermissionMissingError`.

    `action` completes "cannot …" ("list the comments of pull request #7"); `permission` is the right that it takes, as
    GitHub's settings name it ("pull-requests: write"). No text of a request, which carries the token, is repeated.
    """
    try:
        yield
    except GithubException as error:
        _refused(error, action, permission)
    except AnswerError as error:
        raise ForgeError(f"cannot {action}: {error.message}", error.hint) from error


def _refused(error: GithubException, action: str, permission: str) -> NoReturn:
    match error:
        case RateLimitExceededException() | GithubException(status=429):
            raise _rate_limited(error, action) from error
        case GithubException(status=401):
            raise ForgeError(
                f"cannot {action}: GitHub does not accept the token",
                hint="the token is mistyped, expired or revoked; pass a valid one as GITHUB_TOKEN or the `token` input",
            ) from error
        case GithubException(status=403) if _closed(error):
            raise ForgeError(
                f"cannot {action}: {said(error)}",
                hint="unlock the conversation or unarchive the repository; no right of the token opens them",
            ) from error
        case GithubException(status=403):
            raise _forbidden(error, action, permission) from error
        case GithubException(status=404):
            raise ForgeError(
                f"cannot {action}: GitHub has not found it",
                hint=f"check the repository's name and number; a token without `{permission}` cannot see it either",
            ) from error
    raise ForgeError(
        f"cannot {action}: GitHub answered {error.status}: {said(error)}",
        hint="run the job again; if that does not help, the answer says what GitHub did not accept",
    ) from error


def _closed(error: GithubException) -> bool:
    """Nobody may write here, whatever the token: the conversation is locked or the repository archived."""
    return any(word in said(error).lower() for word in ("is locked", "was archived"))


def _forbidden(error: GithubException, action: str, permission: str) -> PermissionMissingError:
    accepted = (error.headers or {}).get("x-accepted-github-permissions", "")
    also = f" (GitHub accepts: {accepted.replace('=', ': ')})" if accepted else ""
    return PermissionMissingError(
        f"cannot {action}: the token lacks `{permission}`{also}: {said(error)}",
        hint=_GRANT,
    )


def _rate_limited(error: GithubException, action: str) -> ForgeError:
    ends = _limit_ends(error)
    return ForgeError(
        f"cannot {action}: GitHub's rate limit for this token is used up"
        + (f" until {ends:%H:%M} UTC" if ends else ""),
        hint="run the job again then, or use a token of its own (GITHUB_TOKEN of Actions has its own limit)",
    )


def _limit_ends(error: GithubException) -> datetime | None:
    if isinstance(error, RateLimitExceededExceedsMaxWait) and error.wait:
        return datetime.now(UTC) + timedelta(seconds=error.wait)
    return limit_resets(error.headers or {})


def said(error: GithubException) -> str:
    """GitHub's own words, on one line."""
    data = error.data
    message = data.get("message") if isinstance(data, dict) else None
    return " ".join(str(message or "no reason given").split())[:200]
