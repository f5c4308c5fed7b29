"""A forge that nobody knew: a folder of its own and a line in the registry are all that it takes to be posted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from report_factories import make_report, metric

from reporter.bundle import Bundle, write_bundle
from reporter.cli import main
from reporter.forges import registry
from reporter.forges.interface import Check, OwnCheck, OwnComment, PlacedCheck, StoredFiles
from reporter.forges.provider import Provider
from reporter.model.ci import CiContext, ForgeLimits, PullRequest
from reporter.model.revision import Revision

HEAD = "a" * 40
SERVER = "https://tiny.example"
LIMITS = ForgeLimits(comment_characters=3_000, summary_bytes=10_000, check_characters=1_000)


@dataclass
class Repository:
    """What the forge holds."""

    comments: list[OwnComment] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)


@dataclass
class TinyForge:
    """As small as a forge can be."""

    repository: Repository
    limits: ForgeLimits

    def find_pull_requests(self, context: CiContext) -> Sequence[PullRequest]:
        return [PullRequest(1, "main", HEAD)]

    def own_comments(self, pull_request: int) -> Sequence[OwnComment]:
        return self.repository.comments

    def create_comment(self, pull_request: int, body: str) -> str:
        self.repository.comments.append(OwnComment(len(self.repository.comments), f"{SERVER}/1", body))
        return f"{SERVER}/1"

    def update_comment(self, pull_request: int, comment_id: int, body: str) -> str | None:
        self.repository.comments[comment_id] = replace(self.repository.comments[comment_id], body=body)
        return f"{SERVER}/1"

    def delete_comment(self, pull_request: int, comment_id: int) -> None:
        raise AssertionError("there is but one")

    def own_checks(self, name: str, head_sha: str) -> Sequence[OwnCheck]:
        return []

    def set_check(self, check: Check, place: int | None = None) -> PlacedCheck:
        self.repository.checks.append(check)
        return PlacedCheck("mark")

    def add_files(self, branch: str, files: Mapping[str, bytes], message: str) -> StoredFiles:
        return StoredFiles("c" * 40, len(files))

    def file_url(self, commit: str, path: str) -> str:
        return f"{SERVER}/files/{commit}/{path}"


def read_context(environ: Mapping[str, str]) -> CiContext:
    return CiContext(
        forge="tiny",
        api_url=f"{SERVER}/api",
        server_url=SERVER,
        repository="octo/flights",
        event="push",
        head_sha=environ["TINY_COMMIT"],
        branch="try",
        default_branch="main",
        pull_request=None,
        head_repository="octo/flights",
    )


@pytest.fixture
def repository(monkeypatch) -> Repository:
    repository = Repository()

    def open_forge(context: CiContext, token: str, limits: ForgeLimits) -> TinyForge:
        repository.tokens.append(token)
        return TinyForge(repository, limits)

    tiny = Provider(
        name="tiny",
        service="Tiny CI",
        is_here=lambda environ: "TINY_COMMIT" in environ,
        read_context=read_context,
        token_variables=("TINY_TOKEN",),
        hidden_variables=("TINY_OUTPUT",),
        hint_without_token="give the job TINY_TOKEN",
        limits=LIMITS,
        pages_suffix="/-",
        folds=False,
        open=open_forge,
    )
    monkeypatch.setattr(registry, "PROVIDERS", (tiny, *registry.PROVIDERS))
    return repository


@pytest.fixture
def environ(tmp_path, monkeypatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    report = make_report(
        head=Revision("workspace", HEAD, "workspace"),
        summary="Better",
        metrics=tuple(metric(f"m{number}", 0.5, 0.5 + number / 100) for number in range(30)),
    )
    write_bundle(tmp_path / "reports", Bundle(report, {}), "<!doctype html>")
    return {"CI": "true", "TINY_COMMIT": HEAD, "TINY_TOKEN": "tiny_secret"}


def test_a_bundle_is_posted_there(repository, environ, capfd):
    assert main(["post", "reports"], environ) == 0

    [comment], [check] = repository.comments, repository.checks
    assert "Better" in comment.body
    assert f"{SERVER}/octo/flights/-/commit/{HEAD}" in comment.body
    assert "<details>" not in comment.body
    assert "**All metrics" in comment.body
    assert len(comment.body) <= LIMITS.comment_characters
    assert check.head_sha == HEAD
    assert repository.tokens == ["tiny_secret"]
    assert "tiny_secret" not in "".join(capfd.readouterr())


def test_again_it_is_the_same_comment(repository, environ):
    assert main(["post", "reports"], environ) == 0
    assert main(["post", "reports"], environ) == 0
    assert len(repository.comments) == 1


def test_without_its_token_it_says_where_that_comes_from(repository, environ, capfd):
    assert main(["post", "reports"], {name: value for name, value in environ.items() if name != "TINY_TOKEN"}) == 3
    assert "give the job TINY_TOKEN" in capfd.readouterr().err


def test_its_secrets_are_hidden_from_the_stages(repository):
    assert {"TINY_TOKEN", "TINY_OUTPUT", "REPORTER_TOKEN", "GITHUB_TOKEN"} <= {*registry.hidden_from_stages()}


def test_nothing_else_of_the_package_knows_a_forge_by_name():
    package = Path(registry.__file__).parents[1]
    named = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "github" in path.read_text(encoding="utf-8").lower() and path.parent.name != "github"
    }
    assert named <= {
        "forges/registry.py",
        "cli.py",  # docs/github.md
        "commands/post.py",  # docs/github.md
        "collect/pointers.py",  # the specification of Git LFS
        "errors.py",  # an example
        "forges/provider.py",  # examples
        "model/ci.py",  # an example
        "model/report.py",  # an example
        "publish/branch.py",  # a comment
        "render/markdown/document.py",  # the dialect's name
    }
