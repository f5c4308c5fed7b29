"""Every forge we know. A new one is a folder of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.errors import ForgeError
from reporter.forges.github.provider import GITHUB
from reporter.forges.interface import Forge
from reporter.forges.provider import Provider
from reporter.model.ci import CiContext, ForgeLimits

PROVIDERS: tuple[Provider, ...] = (GITHUB,)
"""In the order in which the environment is asked: one whose jobs look like another's too comes before it."""

_ANY_FORGE = "REPORTER_TOKEN"
"""Holds the token of whichever forge it is, and comes first."""


def token_variables() -> tuple[str, ...]:
    """Where the forge's token is looked for, in this order."""
    return (_ANY_FORGE, *(name for provider in PROVIDERS for name in provider.token_variables))


def hidden_from_stages() -> tuple[str, ...]:
    """What is not in the environment of `dvc` and the stages that it runs, whichever forge the job is of."""
    return (*token_variables(), *(name for provider in PROVIDERS for name in provider.hidden_variables))


def read_ci_context(environ: Mapping[str, str]) -> CiContext | None:
    """The run that `environ` describes; None outside CI.

    Raises `ForgeError` if the service's own variables or its event file are missing or broken.
    """
    here = next((provider for provider in PROVIDERS if provider.is_here(environ)), None)
    return here.read_context(environ) if here else None


def least_comment() -> int:
    """Characters that a comment holds on every forge: where a report would go is not known outside a job."""
    return min(provider.limits.comment_characters for provider in PROVIDERS)


def limits_of(context: CiContext) -> ForgeLimits:
    """What the forge of the run holds; known without a connection, so that a dry run renders what a post would.

    Raises `ForgeError` for a forge that we do not know.
    """
    return provider_of(context).limits


def connect(context: CiContext, token: str | None) -> Forge:
    """The repository of the run, with the rights of the token. Sends nothing yet.

    Raises `ForgeError` without a token, and for a forge that we do not know.
    """
    provider = provider_of(context)
    if not token:
        raise ForgeError(f"there is no token for {context.repository}", hint=provider.hint_without_token)
    return provider.open(context, token, provider.limits)


def provider_of(context: CiContext) -> Provider:
    """Raises `ForgeError` for a forge that we do not know."""
    found = next((provider for provider in PROVIDERS if provider.name == context.forge), None)
    if found is None:
        known = ", ".join(provider.name for provider in PROVIDERS)
        raise ForgeError(f"there is no way to post to {context.forge}", hint=f"known forges: {known}")
    return found
