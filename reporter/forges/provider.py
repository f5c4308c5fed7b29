"""All that is known of one forge, as one record: a new forge is a folder with one of these, and a line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reporter.forges.interface import Forge
from reporter.model.ci import CiContext, ForgeLimits


@dataclass(frozen=True, slots=True)
class Provider:
    """A forge together with its own continuous integration service."""

    name: str
    """`github`: what `CiContext.forge` holds."""
    service: str
    """Its CI, as a reader knows it: `GitHub Actions`."""
    is_here: Callable[[Mapping[str, str]], bool]
    """Whether the environment is that of a job of it."""
    read_context: Callable[[Mapping[str, str]], CiContext]
    """The run that the environment describes. Raises `ForgeError` where the service's own variables or files are broken."""
    token_variables: tuple[str, ...]
    """Where its token is looked for, in this order."""
    hidden_variables: tuple[str, ...]
    """Further variables that no program may see which runs the project's own code: other secrets, and files that speak to later steps."""
    hint_without_token: str
    """What to do where there is no token."""
    limits: ForgeLimits
    pages_suffix: str
    """After the address of a repository, in front of `/commit/SHA`: empty on GitHub, `/-` on GitLab."""
    folds: bool
    """Whether `<details>` is folded in its Markdown; else it would be shown as it is written."""
    open: Callable[[CiContext, str, ForgeLimits], Forge]
    """Takes the run, the token and the limits. Sends nothing yet."""

    def pages_of(self, context: CiContext) -> str:
        """The address below which the forge shows the repository's commits, without a trailing slash."""
        return f"{context.server_url}/{context.repository}{self.pages_suffix}"
