"""The demo plays in a clone of its own, whatever state the checkout is in, and leaves that as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from demo.run import make_clone


def git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return result.stdout.strip()


@pytest.fixture(autouse=True)
def _no_identity(tmp_path, monkeypatch):
    """A user who never told git their name, and one whose settings would ask for a key."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[commit]\n    gpgSign = true\n[user]\n    useConfigOnly = true\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def origin(tmp_path):
    folder = tmp_path / "origin"
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("['remote \"storage\"']\n    url = s3://bucket\n", encoding="utf-8")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/cache\n/tmp\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".storage/\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    for number in range(3):
        (folder / "params.yaml").write_text(f"number: {number}\n", encoding="utf-8")
        git(folder, "add", "--all")
        identity = ("-c", "user.name=Someone", "-c", "user.email=someone@localhost", "-c", "commit.gpgSign=false")
        git(folder, *identity, "commit", "--quiet", "--message", f"Commit {number}")
    return folder


@pytest.mark.parametrize("state", ["on a branch", "detached", "shallow", "with local changes"])
def test_the_clones_main_is_the_checkouts_last_commit(origin, tmp_path, state):
    checkout = origin
    if state == "detached":
        git(checkout, "checkout", "--quiet", "--detach", "HEAD~1")
    if state == "shallow":
        checkout = tmp_path / "shallow"
        git(tmp_path, "clone", "--quiet", "--depth=1", origin.as_uri(), str(checkout))
    if state == "with local changes":
        (checkout / "params.yaml").write_text("number: mine\n", encoding="utf-8")
    status = git(checkout, "status", "--porcelain")

    clone = make_clone(checkout, {})

    assert git(clone.folder, "rev-parse", "main") == git(checkout, "rev-parse", "HEAD")
    assert git(clone.folder, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(clone.folder, "status", "--porcelain") == ""
    assert git(checkout, "status", "--porcelain") == status


def test_a_commit_needs_no_identity_and_is_the_same_each_time(origin):
    commits = []
    for _ in range(2):
        clone = make_clone(origin, {})
        (clone.folder / "params.yaml").write_text("number: 4\n", encoding="utf-8")
        clone.commit("Change the number")
        clone.commit("Nothing to commit is no error")
        commits.append(git(clone.folder, "rev-parse", "HEAD"))
    assert commits[0] == commits[1] != git(origin, "rev-parse", "HEAD")
    assert git(clone.folder, "log", "-1", "--format=%an %s") == "Demo Change the number"


def test_the_clone_keeps_its_data_in_the_checkouts_cache(origin):
    clone = make_clone(origin, {})
    assert str(origin / ".dvc" / "cache") in (clone.folder / ".dvc" / "config.local").read_text(encoding="utf-8")
