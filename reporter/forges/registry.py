"""Every forge we know, by name. A new provider is one more file and one more line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reporter.errors import ForgeError
from reporter.forges.interface import Forge
from reporter.model.ci import CiContext, ForgeLimits


@dataclass(frozen=True, slots=True)
class Provider:
    limits: ForgeLimits
    open: Callable[[CiContext, str, ForgeLimits], Forge]
    """Takes the run, the token and the limits. Sends nothing yet."""


def _open_github(context: CiContext, token: str, limits: ForgeLimits) -> Forge:
    from reporter.forges.github.forge import GitHubForge

    return GitHubForge(context, token, limits)


PROVIDERS: Mapping[str, Provider] = {
    "github": Provider(
        limits=ForgeLimits(comment_characters=65_536, summary_bytes=1024 * 1024, check_characters=65_535),
        open=_open_github,
    ),
}


def least_comment() -> int:
    """Characters that a comment holds on every forge: where a report would go is not known outside a job."""
    return min(provider.limits.comment_characters for provider in PROVIDERS.values())


def limits_of(context: CiContext) -> ForgeLimits:
    """What the forge of the run holds; known without a connection, so that a dry run renders what a post would.

    Raises `ForgeError` for a forge that we do not know.
    """
    return _provider(context).limits


def connect(context: CiContext, token: str | None) -> Forge:
    """The repository of the run, with the rights of the token. Sends nothing yet.

    Raises `ForgeError` without a token, and for a forge that we do not know.
    """
    provider = _provider(context)
    if not token:
        raise ForgeError(
            f"there is no token for {context.repository}",
            hint="set GITHUB_TOKEN in the step's `env:` to ${{ github.token }}, or give the action its `token` input",
        )
    return provider.open(context, token, provider.limits)


def _provider(context: CiContext) -> Provider:
    try:
        return PROVIDERS[context.forge]
    except KeyError:
        known = ", ".join(PROVIDERS)
        raise ForgeError(f"there is no way to post to {context.forge}", hint=f"known forges: {known}") from None
