"""Our own client connected to the fake GitHub, without the pauses that the real one asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reporter.forges.github.forge import GitHubForge
from reporter.forges.github.retry import Patience
from reporter.forges.registry import limits_of
from reporter.model.ci import CiContext
from tests.fakes.github import FakeGitHub

HURRIED = Patience(backoff=0, secondary_rate_wait=0, seconds_between_writes=0)
HEAD = "a" * 40


def context_of(github: FakeGitHub, **details: Any) -> CiContext:
    """A push of `HEAD` to the branch try-more-trees, unless `details` say otherwise."""
    context = CiContext(
        forge="github",
        api_url=github.api_url,
        server_url=github.server_url,
        repository=github.repository,
        event="push",
        head_sha=HEAD,
        branch="try-more-trees",
        default_branch="main",
        pull_request=None,
        head_repository=github.repository,
        run_url=f"{github.server_url}/{github.repository}/actions/runs/42",
        run=42,
    )
    return replace(context, **details)


def forge_of(github: FakeGitHub, token: str | None = None, patience: Patience = HURRIED, **details: Any) -> GitHubForge:
    context = context_of(github, **details)
    return GitHubForge(context, token or github.token, limits_of(context), patience)
