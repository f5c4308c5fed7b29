"""Content that only a remote storage has: fetched once, cached, and each way to fail said once with its mend."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_factories import ProjectFactory, isolate, small_project

from reporter.collect.project import Project, Wanted, open_project
from reporter.model.problem import ProblemKind
from reporter.model.snapshot import Snapshot

KEY, SECRET = "AKIAREPORTERTEST", "not-a-secret-of-anyone"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    """A fresh clone, as CI has it: no cache, no outputs. The remote is the test's own."""
    isolate(monkeypatch, tmp_path)
    shutil.copytree(template.root.parent / "remote", tmp_path / "remote")
    return template.clone(tmp_path / "project").remote(tmp_path / "remote")


def snapshot(project: ProjectFactory | Project, revision: str = "HEAD", wanted: Wanted | None = None) -> Snapshot:
    opened = project if isinstance(project, Project) else open_project(project.root)
    return opened.snapshot(opened.resolve_head(revision), wanted or Wanted())


def cached_files(project: ProjectFactory) -> list[Path]:
    return [path for path in (project.root / ".dvc" / "cache").rglob("*") if path.is_file()]


def test_only_what_a_report_needs_is_fetched_and_then_cached(project):
    said: list[str] = []
    opened = open_project(project.root, said.append)

    first = snapshot(opened)

    assert first.metrics["metrics.json"].values == {"acc": 0.75}
    assert first.images == {"images/roc.png": b"\x89PNG"}
    assert said == ["Fetching 3 files from the remote storage"]
    contents = {path.read_bytes() for path in cached_files(project)}
    assert b"\x00model" not in contents
    assert b"a" not in contents, "data sets are not downloaded, their listings are"
    assert first.data["data"].files.keys() == {"a.txt", "b.txt"}

    shutil.rmtree(project.root.parent / "remote")
    again = snapshot(project)
    assert (again.metrics, again.images, again.problems) == (first.metrics, first.images, ())


def test_predictions_are_fetched_where_they_are_wanted(project):
    found = snapshot(project, wanted=Wanted(predictions=("loss.csv",)))

    assert found.predictions["loss.csv"].columns["loss"].tolist() == [0.9, 0.4]
    assert snapshot(project).predictions == {}


def test_an_object_that_is_damaged_in_the_cache_is_fetched_again(project):
    digest = snapshot(project).data["metrics.json"].hash
    damage(project.root / ".dvc" / "cache", digest)

    assert snapshot(project).metrics["metrics.json"].values == {"acc": 0.75}


def test_an_object_that_is_damaged_everywhere_is_corrupt(project):
    digest = snapshot(project).data["metrics.json"].hash
    damage(project.root / ".dvc" / "cache", digest)
    damage(project.root.parent / "remote", digest)

    found = snapshot(project)

    assert found.metrics["metrics.json"].problem.kind is ProblemKind.CORRUPT
    assert found.tables["loss.csv"].rows == 2
    assert [problem.path for problem in found.problems] == ["metrics.json"]


def test_an_object_that_is_nowhere_is_missing_and_the_rest_is_complete(project):
    digest = snapshot(project).data["metrics.json"].hash
    for store in (project.root / ".dvc" / "cache", project.root.parent / "remote"):
        object_path(store, digest).unlink()

    found = snapshot(project)

    problem = found.metrics["metrics.json"].problem
    assert (problem.kind, problem.message) == (ProblemKind.MISSING, "in neither the cache nor remote 'storage'")
    assert "dvc push" in problem.hint
    assert found.tables.keys() == {"loss.csv"}
    assert found.images.keys() == {"images/roc.png"}


def test_without_any_remote_what_is_not_cached_is_missing(project):
    project.write({".dvc/config": ""})

    found = snapshot(project, "workspace")

    assert found.metrics["metrics.json"].problem.message == "not in the cache, and there is no remote"
    assert not found.stages["train"].outdated


def test_a_remote_that_dvc_does_not_know_is_said_with_its_name(project):
    project.write({".dvc/config": "[core]\n    remote = elsewhere\n"})

    (problem,) = snapshot(project).problems

    assert problem.kind is ProblemKind.ACCESS
    assert "elsewhere" in problem.message


def test_a_read_only_cache_does_not_keep_a_report_from_being_made(project, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the cache's folder should be")
    with project.dvc() as repo, repo.config.edit("local") as config:
        config["cache"]["dir"] = str(blocked / "cache")

    found = snapshot(project)

    assert found.metrics["metrics.json"].values == {"acc": 0.75}


@pytest.fixture(scope="module")
def endpoint(template, tmp_path_factory) -> Iterator[str]:
    """A real S3 server that holds the remote's objects in a bucket and checks signatures."""
    folder = tmp_path_factory.mktemp("s3")
    shutil.copytree(template.root.parent / "remote", folder / "bucket")
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("rclone")),
        "serve",
        "s3",
        f"--auth-key={KEY},{SECRET}",
        f"--addr=127.0.0.1:{port}",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


class TestS3:
    @pytest.fixture(autouse=True)
    def _environment(self, monkeypatch, tmp_path):
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    @staticmethod
    def point_to(project: ProjectFactory, endpoint: str) -> None:
        config = "[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket\n"
        project.write({".dvc/config": f"{config}    endpointurl = {endpoint}\n"})

    @staticmethod
    def authorize(monkeypatch, key: str, secret: str) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    def test_is_read_with_the_credentials_of_the_environment(self, project, endpoint, monkeypatch):
        self.point_to(project, endpoint)
        self.authorize(monkeypatch, KEY, SECRET)

        found = snapshot(project)

        assert found.problems == ()
        assert found.metrics["metrics.json"].values == {"acc": 0.75}

    def test_that_refuses_the_credentials_is_said_once_and_the_secret_never(self, project, endpoint, monkeypatch):
        self.point_to(project, endpoint)
        self.authorize(monkeypatch, KEY, "wrong-secret")

        (problem,) = snapshot(project).problems

        assert problem.kind is ProblemKind.ACCESS
        assert problem.message.startswith("remote 'storage' (s3://bucket) refuses the credentials")
        assert set(problem.files) >= {"metrics.json", "loss.csv"}
        assert "wrong-secret" not in f"{problem}"

    def test_without_credentials_says_what_to_give(self, project, endpoint, monkeypatch):
        self.point_to(project, endpoint)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)

        (problem,) = snapshot(project).problems

        assert problem.kind is ProblemKind.ACCESS
        assert problem.message.startswith("there are no credentials for remote 'storage'")

    def test_that_nobody_serves_is_said_once_within_seconds(self, project, monkeypatch):
        self.point_to(project, f"http://127.0.0.1:{free_port()}")
        self.authorize(monkeypatch, KEY, SECRET)
        opened = open_project(project.root)

        started = time.monotonic()
        problems = [snapshot(opened, revision).problems for revision in ("HEAD~1", "HEAD", "workspace")]

        assert time.monotonic() - started < 20
        assert [len(found) for found in problems] == [1, 1, 1]
        assert problems[0][0].message.startswith("remote 'storage' (s3://bucket) is unreachable")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_http_storage_that_nobody_serves_is_unreachable_and_shown_without_its_password(project, scheme):
    address = f"{scheme}://me:hunter2@127.0.0.1:{free_port()}/cache"
    project.write({".dvc/config": f"[core]\n    remote = web\n['remote \"web\"']\n    url = {address}\n"})

    (problem,) = snapshot(project).problems

    assert "is unreachable" in problem.message
    assert "hunter2" not in f"{problem}"


def damage(store: Path, digest: str) -> None:
    path = object_path(store, digest)
    path.chmod(0o644)
    path.write_text("damaged")


def object_path(store: Path, digest: str) -> Path:
    return store / "files" / "md5" / digest[:2] / digest[2:]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the S3 server did not start")
