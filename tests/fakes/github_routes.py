"""Which requests the fake GitHub knows, and by which shape of GitHub's description each one is judged."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

DOCUMENTATION = "https://docs.github.com/rest"


class Refusal(Exception):  # noqa: N818  a normal answer, not an error of the fake
    def __init__(self, status: int, message: str, errors: list[dict[str, str]] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
        if errors:
            self.body["errors"] = errors


class Answer(NamedTuple):
    body: Any
    headers: dict[str, str] = {}  # noqa: RUF012  never changed


class Route(NamedTuple):
    method: str
    path: re.Pattern[str]
    handler: str
    request: tuple[str, ...] = ()
    """Names of the description's shapes that the body may have."""
    answer: str = ""
    status: int = 200


def _route(method: str, path: str, handler: str, request: str = "", answer: str = "", status: int = 200) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path).replace("{*ref}", "(?P<ref>.+)")
    return Route(method, re.compile(pattern + "$"), handler, tuple(request.split()), answer, status)


REPO = "/repos/{owner}/{name}"
_CHECK = "ReposOwnerRepoCheckRuns"
ROUTES = (
    _route("GET", "/user", "get_user", answer="PublicUser"),
    _route("POST", "/graphql", "post_graphql"),
    _route("GET", f"{REPO}/pulls", "list_pulls", answer="[PullRequestSimple]"),
    _route("GET", f"{REPO}/pulls/{{number}}", "get_pull", answer="PullRequest"),
    _route("GET", f"{REPO}/issues/{{number}}/comments", "list_comments", answer="[IssueComment]"),
    _route(
        "POST", f"{REPO}/issues/{{number}}/comments", "create_comment",
        "ReposOwnerRepoIssuesIssueNumberCommentsPostBody", "IssueComment", 201,
    ),
    _route(
        "PATCH", f"{REPO}/issues/comments/{{comment}}", "update_comment",
        "ReposOwnerRepoIssuesCommentsCommentIdPatchBody", "IssueComment",
    ),
    _route("DELETE", f"{REPO}/issues/comments/{{comment}}", "delete_comment", status=204),
    _route("POST", f"{REPO}/git/blobs", "create_blob", "ReposOwnerRepoGitBlobsPostBody", "ShortBlob", 201),
    _route("POST", f"{REPO}/git/trees", "create_tree", "ReposOwnerRepoGitTreesPostBody", "GitTree", 201),
    _route("GET", f"{REPO}/git/trees/{{sha}}", "get_tree", answer="GitTree"),
    _route("POST", f"{REPO}/git/commits", "create_commit", "ReposOwnerRepoGitCommitsPostBody", "GitCommit", 201),
    _route("GET", f"{REPO}/git/commits/{{sha}}", "get_commit", answer="GitCommit"),
    _route("GET", f"{REPO}/git/ref/{{*ref}}", "get_ref", answer="GitRef"),
    _route("POST", f"{REPO}/git/refs", "create_ref", "ReposOwnerRepoGitRefsPostBody", "GitRef", 201),
    _route("PATCH", f"{REPO}/git/refs/{{*ref}}", "update_ref", "ReposOwnerRepoGitRefsRefPatchBody", "GitRef"),
    _route("POST", f"{REPO}/check-runs", "create_check", f"{_CHECK}PostBodyOneof0 {_CHECK}PostBodyOneof1", "CheckRun", 201),
    _route(
        "PATCH", f"{REPO}/check-runs/{{check}}", "update_check",
        f"{_CHECK}CheckRunIdPatchBodyAnyof0 {_CHECK}CheckRunIdPatchBodyAnyof1", "CheckRun",
    ),
    _route(
        "GET", f"{REPO}/commits/{{sha}}/check-runs", "list_checks",
        answer="ReposOwnerRepoCommitsRefCheckRunsGetResponse200",
    ),
    _route("POST", f"{REPO}/statuses/{{sha}}", "create_status", "ReposOwnerRepoStatusesShaPostBody", "Status", 201),
)  # fmt: skip


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        match = route.path.match(path)
        if match and route.method == method:
            return route, match.groupdict()
    raise Refusal(404, "Not Found")
