"""Real git and DVC projects in a temporary folder, small enough to make one for each test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "A Scientist",
    "GIT_AUTHOR_EMAIL": "scientist@example.org",
    "GIT_COMMITTER_NAME": "A Scientist",
    "GIT_COMMITTER_EMAIL": "scientist@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def isolated_environment(folder: Path) -> dict[str, str]:
    """Variables under which git and DVC see nothing of the machine's own configuration and caches."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    git_config = home / ".gitconfig"
    git_config.write_text('[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n')
    return {
        **GIT_IDENTITY,
        "GIT_CONFIG_GLOBAL": str(git_config),
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
        "DVC_NO_ANALYTICS": "1",
    }


def isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name, value in isolated_environment(folder).items():
        monkeypatch.setenv(name, value)


class ProjectFactory:
    """A DVC project on disk, built step by step."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def new(cls, root: Path, subfolder: str = "") -> ProjectFactory:
        """`git init` and `dvc init`, with a first commit. With `subfolder` the DVC project lies below the repository's top."""
        from dvc.repo import Repo

        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "--quiet", "--initial-branch=main")
        project = root / subfolder
        project.mkdir(parents=True, exist_ok=True)
        Repo.init(str(project), subdir=bool(subfolder)).close()
        made = cls(project)
        made.commit("Initialize the project")
        return made

    def beside(self, folder: str) -> ProjectFactory:
        """Another project of the same repository, in this folder from its top."""
        from dvc.repo import Repo

        root = Path(self.git("rev-parse", "--show-toplevel"), folder)
        root.mkdir(parents=True)
        Repo.init(str(root), subdir=True).close()
        return ProjectFactory(root)

    def copy(self, root: Path) -> ProjectFactory:
        """The same project elsewhere; its cache is copied too."""
        shutil.copytree(self.root, root, symlinks=True)
        return ProjectFactory(root)

    def write(self, files: Mapping[str, Any]) -> ProjectFactory:
        """Text and bytes as they are, anything else as JSON; None removes the file."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # a file out of the cache is read-only
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content))
        return self

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, message: str = "Change") -> str:
        """Commit everything that is not ignored; returns the SHA."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    @contextmanager
    def dvc(self) -> Iterator[Any]:
        """DVC's own `Repo`, with the project as current folder."""
        from dvc.repo import Repo

        before = Path.cwd()
        os.chdir(self.root)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # building a project is DVC's affair; reading it is ours, and stays strict
                with Repo(str(self.root)) as repo:
                    yield repo
        finally:
            os.chdir(before)

    def imported(self, registry: ProjectFactory, path: str, *options: str) -> ProjectFactory:
        """`dvc import`, in a process of its own: DVC leaves the packs of the registry's clone open."""
        command = [sys.executable, "-m", "dvc", "import", "--quiet", *options, str(registry.root), path]
        subprocess.run(command, cwd=self.root, check=True)
        return self

    def add(self, *paths: str) -> ProjectFactory:
        """`dvc add`."""
        with self.dvc() as repo:
            repo.add(list(paths))
        return self

    def record(self) -> ProjectFactory:
        """`dvc commit --force`: write dvc.lock for the outputs as they lie there, without running a stage."""
        with self.dvc() as repo:
            repo.commit(force=True)
        return self

    def remote(self, folder: Path, name: str = "storage") -> ProjectFactory:
        """A default remote in a local folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.write({".dvc/config": f"[core]\n    remote = {name}\n['remote \"{name}\"']\n    url = {folder}\n"})
        return self

    def push(self) -> ProjectFactory:
        with self.dvc() as repo:
            repo.push()
        return self

    def empty_cache(self) -> ProjectFactory:
        """Forget every cached object, as a fresh machine has none."""
        shutil.rmtree(self.root / ".dvc" / "cache" / "files", ignore_errors=True)
        return self

    def clone(self, target: Path, *options: str) -> ProjectFactory:
        """`git clone` through the file protocol, so that `--depth` counts; outputs and cache stay behind."""
        top = Path(self.git("rev-parse", "--show-toplevel"))
        git(target.parent, "clone", "--quiet", *options, f"file://{top}", str(target))
        return ProjectFactory(target / self.root.resolve().relative_to(top.resolve()))

    def dvc_json(self, *arguments: str) -> Any:
        """What the command `dvc … --json` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments, "--json"], cwd=self.root, capture_output=True, check=True
        )
        return json.loads(done.stdout)


class RepositoryFactory:
    """A git repository without DVC: commits that hold nothing but their own name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def new(cls, root: Path) -> RepositoryFactory:
        root.mkdir(parents=True)
        git(root, "init", "--quiet", "--initial-branch=main")
        return cls(root)

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, *names: str) -> str:
        """One empty commit for each name, also a tag of that name, on the current branch; returns the last SHA."""
        branch = self.git("symbolic-ref", "HEAD")
        known = self.git("for-each-ref", branch)
        stream = [f"reset {branch}\nfrom {branch}^0\n"] if known else []
        for mark, name in enumerate(names, start=1):
            stream.append(f"commit {branch}\nmark :{mark}\ncommitter A <a@example.org> 1700000000 +0000\n")
            stream.append(f"data {len(name)}\n{name}\nreset refs/tags/{name}\nfrom :{mark}\n\n")
        subprocess.run(["git", "fast-import", "--quiet"], cwd=self.root, input="".join(stream), text=True, check=True)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        self.git("switch", "--quiet", "--create", name)

    def switch(self, name: str) -> None:
        self.git("switch", "--quiet", name)

    def clone(self, target: Path, *options: str) -> RepositoryFactory:
        git(target.parent, "clone", "--quiet", *options, f"file://{self.root}", str(target))
        return RepositoryFactory(target)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SMALL_DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data]
    params: [lr]
    outs: [model.bin]
    metrics: [metrics.json]
    plots:
      - loss.csv: {x: step, y: loss}
      - images
"""


def small_project(root: Path, remote: Path) -> ProjectFactory:
    """One stage with everything cached, a data directory, a remote in a local folder, all pushed; two commits on main.

    acc rises from 0.5 (HEAD~1) to 0.75 (HEAD).
    """
    project = ProjectFactory.new(root).remote(remote)
    project.write(
        {
            "dvc.yaml": SMALL_DVC_YAML,
            "params.yaml": "lr: 0.1\n",
            "train.py": "print('train')\n",
            "data/a.txt": "a",
            "data/b.txt": "b",
            "model.bin": b"\x00model",
            "metrics.json": {"acc": 0.5},
            "loss.csv": "step,loss\n0,1.0\n1,0.5\n",
            "images/roc.png": b"\x89PNG",
        }
    )
    project.add("data").record().push()
    project.commit("First")
    project.write({"params.yaml": "lr: 0.2\n", "metrics.json": {"acc": 0.75}, "loss.csv": "step,loss\n0,0.9\n1,0.4\n"})
    project.record().push()
    project.commit("Second")
    return project
