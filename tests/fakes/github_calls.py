"""Every request that our client makes, one by one, each on a fake GitHub that is as new."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reporter.errors import ForgeError
from reporter.forges.interface import Check, Conclusion
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, HURRIED, context_of, forge_of
from tests.fakes.github_faults import Fault
from tests.fakes.github_objects import actions_token, personal_token

TOKEN = "ghs_verysecret"
ONE_TRY = replace(HURRIED, retries=1, network_retries=1)
CHECK = Check("reporter (default)", HEAD, Conclusion.SUCCESS, "Better", "# Report", "https://forge/run")
BRANCH = "reporter-assets"


@dataclass(frozen=True)
class Endpoint:
    """A request that we make, and the part of our client that makes it."""

    method: str
    path: str
    act: object
    prepare: object = lambda github: None
    lists: bool = False
    asks_for_nothing: bool = False

    @property
    def pattern(self):
        """Of its path, as a request and an error have it."""
        return f"^(/repos/octo/flights)?/{self.path}"

    def fault(self, spoil):
        return Fault(self.method, f"{self.pattern}([?]|$)", spoil)


def by_number(forge, github):
    return forge.find_pull_requests(context_of(github, pull_request_number=7))


def by_branch(forge, github):
    return forge.find_pull_requests(context_of(github))


def add_files(forge, _github):
    return forge.add_files(BRANCH, {"a/roc.png": b"1"}, "Add pictures")


def with_a_branch(github):
    github.add_files(BRANCH, {"old.png": b"0"})


def with_a_check(github):
    github.tokens["other"] = github.tokens[TOKEN]
    forge_of(github, "other").set_check(CHECK)


def with_a_personal_token(github):
    github.tokens[TOKEN] = personal_token()


def with_a_comment(github):
    github.add_comment(7, "github-actions[bot]", "mine")


ENDPOINTS = {
    "the pull request": Endpoint("GET", r"pulls/7", by_number),
    "pull requests of a branch": Endpoint("GET", r"pulls", by_branch, lists=True),
    "the user": Endpoint("GET", r"user", lambda forge, _: forge.own_comments(7), with_a_personal_token),
    "the viewer": Endpoint("POST", r"graphql", lambda forge, _: forge.own_comments(7)),
    "comments": Endpoint(
        "GET", r"issues/7/comments", lambda forge, _: forge.own_comments(7), with_a_comment, lists=True
    ),
    "a new comment": Endpoint("POST", r"issues/7/comments", lambda forge, _: forge.create_comment(7, "hello")),
    "a comment": Endpoint(
        "PATCH", r"issues/comments/1001", lambda forge, _: forge.update_comment(7, 1001, "hello"), with_a_comment
    ),
    "a comment that goes": Endpoint(
        "DELETE", r"issues/comments/1001", lambda forge, _: forge.delete_comment(7, 1001), with_a_comment,
        asks_for_nothing=True,
    ),
    "check runs": Endpoint(
        "GET", rf"commits/{HEAD}/check-runs", lambda forge, _: forge.own_checks(CHECK.name, HEAD), with_a_check,
        lists=True,
    ),
    "a new check run": Endpoint("POST", r"check-runs", lambda forge, _: forge.set_check(CHECK)),
    "a check run": Endpoint("PATCH", r"check-runs/1001", lambda forge, _: forge.set_check(CHECK, 1001), with_a_check),
    "a status": Endpoint(
        "POST", rf"statuses/{HEAD}", lambda forge, _: forge.set_check(CHECK), with_a_personal_token
    ),
    "a branch": Endpoint("GET", rf"git/ref/heads/{BRANCH}", add_files, with_a_branch),
    "its commit": Endpoint("GET", r"git/commits/[0-9a-f]{40}", add_files, with_a_branch),
    "its tree": Endpoint("GET", r"git/trees/[0-9a-f]{40}", add_files, with_a_branch),
    "a new blob": Endpoint("POST", r"git/blobs", add_files),
    "a new tree": Endpoint("POST", r"git/trees", add_files),
    "a new commit": Endpoint("POST", r"git/commits", add_files),
    "a new branch": Endpoint("POST", r"git/refs", add_files),
    "a branch that moves": Endpoint("PATCH", rf"git/refs/heads/{BRANCH}", add_files, with_a_branch),
}  # fmt: skip
COMMENTS, NEW_COMMENT, VIEWER = ENDPOINTS["comments"], ENDPOINTS["a new comment"], ENDPOINTS["the viewer"]


def as_new(server):
    """The same server, having forgotten everything: starting one takes longer than a test."""
    fresh = FakeGitHub(tokens={TOKEN: actions_token()}, port=server.port)
    for name, value in vars(fresh).items():
        if name != "port":
            setattr(server, name, value)
    server.open_pull(7, HEAD)
    return server


def outcome(github, endpoint, patience=ONE_TRY):
    """What the client makes of the fault; the error, if there is one."""
    try:
        return endpoint.act(forge_of(github, TOKEN, patience), github)
    except ForgeError as error:
        return error
