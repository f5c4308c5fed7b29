"""GitHub, and GitHub Enterprise."""

from __future__ import annotations

from reporter.forges.github.context import read_github_context
from reporter.forges.interface import Forge
from reporter.forges.provider import Provider
from reporter.model.ci import CiContext, ForgeLimits

_JOB_SECRETS = ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""What a step may ask for in the job's name: caches and artifacts, and an identity that clouds trust."""

_COMMAND_FILES = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
"""Files through which a step speaks to later ones: who writes them has a say in what those run."""

_HINT = "set GITHUB_TOKEN in the step's `env:` to ${{ github.token }}, or give the action its `token` input"


def _open(context: CiContext, token: str, limits: ForgeLimits) -> Forge:
    from reporter.forges.github.forge import GitHubForge

    return GitHubForge(context, token, limits)


GITHUB = Provider(
    name="github",
    service="GitHub Actions",
    is_here=lambda environ: environ.get("GITHUB_ACTIONS") == "true",
    read_context=read_github_context,
    token_variables=("GITHUB_TOKEN", "GH_TOKEN"),
    hidden_variables=(*_JOB_SECRETS, *_COMMAND_FILES),
    hint_without_token=_HINT,
    limits=ForgeLimits(comment_characters=65_536, summary_bytes=1024 * 1024, check_characters=65_535),
    pages_suffix="",
    folds=True,
    open=_open,
)
