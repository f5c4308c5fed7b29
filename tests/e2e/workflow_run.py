"""Runs this project's workflows on this machine, with act, as GitHub would run them for a push or a pull request.

The repository is a bare one in a folder, made of what is in the work tree; the API is the fake GitHub; actions/checkout
and its like are stubs (tests/fakes/actions). Everything else, this project's own action first, is the real thing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.fakes.github import FakeGitHub
from tests.fakes.github_objects import Token, actions_token

PROJECT = Path(__file__).parents[2]
STUBS = PROJECT / "tests" / "fakes" / "actions"
TOKEN = f"ghs_of-these-tests-alone-{secrets.token_hex(8)}"
"""Like no other that a process on this machine may hold: a stage looks for it in all of them."""
SECONDS = 500
"""A run that takes longer hangs. Below the tests' own limit, so that its processes are ended in order."""


Changes = Mapping[str, tuple[str, str]]
"""File → the text to replace, which it must have once, and the text that takes its place."""


@dataclass(frozen=True)
class Repository:
    """What GitHub would hold: a bare repository with this project on its branch main."""

    folder: Path
    """The bare repository; a clone of it to work in lies beside it."""

    @property
    def clone(self) -> Path:
        return self.folder.with_name("clone")

    def git(self, *arguments: str) -> str:
        return _git(self.clone, *arguments)

    def push(self, ref: str, changes: Changes) -> str:
        """Commit changes on top of main, push them to `ref` and return the commit."""
        self.git("checkout", "--quiet", "--detach", "main")
        _change(self.clone, changes)
        self.git("commit", "--quiet", "--all", "--message", f"Change {', '.join(changes)}")
        self.git("push", "--quiet", "origin", f"HEAD:{ref}")
        return self.git("rev-parse", "HEAD")


def make_repository(folder: Path, changes: Changes) -> Repository:
    """The project as its work tree has it, committed or not, with some changes, as one commit."""
    listed = _git(PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    present = [
        name for name in listed.split("\0") if (PROJECT / name).is_file()
    ]  # the rest is deleted in the work tree
    clone = folder / "clone"
    copy_from_project(clone, present)
    _change(clone, changes)
    return publish(clone)


def copy_from_project(clone: Path, names: Iterable[str]) -> None:
    for name in names:
        target = clone / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, target)


def publish(clone: Path) -> Repository:
    """Make a folder the first commit of a repository whose bare copy lies beside it."""
    repository = Repository(clone.with_name("origin.git"))
    _git(clone, "init", "--quiet", "--bare", "--initial-branch=main", str(repository.folder))
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "The project")
    repository.git("remote", "add", "origin", str(repository.folder))
    repository.git("push", "--quiet", "origin", "main")
    return repository


def _change(folder: Path, changes: Changes) -> None:
    for name, (old, new) in changes.items():
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Dana", "-c", "user.email=dana@localhost", "-c", "commit.gpgSign=false")
    command = ["git", *identity, "-c", f"core.hooksPath={os.devnull}", *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@dataclass(frozen=True)
class WorkflowRun:
    """A run that has ended."""

    exit_code: int
    log: str
    """What a reader of the run's page sees, without GitHub's masking of secrets."""
    steps: Mapping[str, str]
    """Name of each step of the workflow → `success`, `failure` or `skipped`."""
    summary: str
    """Markdown, of all steps."""
    left_behind: tuple[str, ...]
    """Command lines of processes that outlived the run."""


@dataclass
class Runner:
    """A machine that runs jobs one after the other, each from an empty folder, like those that GitHub lends."""

    repository: Repository
    github: FakeGitHub
    folder: Path
    """The caches and artifacts that GitHub keeps between jobs, and the jobs' own folders."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What an administrator set on the machine."""
    runs: int = 0

    def __post_init__(self) -> None:
        for kept in (self.caches, self.artifacts):
            kept.mkdir(parents=True)

    @property
    def caches(self) -> Path:
        return self.folder / "caches"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def run(self, workflow: str, event: str, payload: Mapping[str, Any], *, read_only: bool = False) -> WorkflowRun:
        """Run a workflow for an event, with a token of exactly the rights that its jobs ask for, taken together.

        `read_only` is the token that GitHub hands out for a fork's pull request, whatever the job asks for.
        """
        self.runs += 1
        machine = self.folder / f"run-{self.runs}"
        machine.mkdir()
        checkout = self._event_checkout(machine, payload)
        file = checkout / ".github" / "workflows" / workflow
        self.github.tokens = {TOKEN: _job_token(file, read_only=read_only)}
        (machine / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        (machine / "secrets").write_text(f"GITHUB_TOKEN={TOKEN}\n", encoding="utf-8")
        command = [_tool("act"), event, *self._arguments(machine, file)]
        return _finish(command, checkout, self._environment(machine), str(machine))

    def _event_checkout(self, machine: Path, payload: Mapping[str, Any]) -> Path:
        """Where act finds the workflow and GITHUB_SHA: the pushed commit, a pull request's merge, else main's."""
        checkout = machine / "event"
        head = payload.get("after") or "main"
        _git(machine, "clone", "--quiet", str(self.repository.folder), str(checkout))
        _git(checkout, "fetch", "--quiet", "origin", "+refs/pull/*:refs/remotes/pull/*")
        _git(checkout, "checkout", "--quiet", "-B", "event", head)
        if pull := payload.get("pull_request"):
            _git(checkout, "merge", "--quiet", "--no-ff", "--message", "Merge", pull["head"]["sha"])
        _git(checkout, "remote", "set-url", "origin", f"https://github.com/{self.github.repository}")
        return checkout

    def _arguments(self, machine: Path, workflow: Path) -> list[str]:
        github = {
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.server_url,
            "GITHUB_RUN_ID": str(1000 + self.runs),
        }
        return [
            "--json",
            "--rm",
            "--insecure-secrets",  # a test that looks for the token must be able to see it
            f"--workflows={workflow}",
            f"--eventpath={machine / 'event.json'}",
            f"--secret-file={machine / 'secrets'}",
            f"--action-cache-path={machine / 'work'}",
            "--platform=ubuntu-latest=-self-hosted",
            "--actor=dana",
            "--action-offline-mode",
            "--no-cache-server",
            "--no-skip-checkout",
            *(f"--env={name}={value}" for name, value in github.items()),
            *(f"--local-repository={action}={STUBS / action.split('/')[1].split('@')[0]}" for action in _pinned()),
        ]

    def _environment(self, machine: Path) -> dict[str, str]:
        """The machine's environment; nothing of the user's own configuration, nor of the CI job this may run in."""
        foreign = ("GITHUB_", "RUNNER_", "ACTIONS_", "GIT_", "AWS_", "DVC_", "REPORTER_", "GH_", "CI")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        home = machine / "home"
        home.mkdir()
        return inherited | {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{self.repository.folder}.insteadOf",
            "GIT_CONFIG_VALUE_0": f"{self.github.server_url}/{self.github.repository}",
            "PIP_NO_INDEX": "1",  # the stages' packages are those of the test suite, and none may be missing
            "STUB_PYTHON": str(Path(sys.executable).parent),
            "STUB_CACHE": str(self.caches),
            "STUB_ARTIFACTS": str(self.artifacts),
            **self.environment,
        }


def installed_reporter(folder: Path) -> str:
    """A command that runs the work tree's reporter in the tests' environment, for a machine that brings it along."""
    command = folder / "reporter"
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from reporter.cli import main; sys.exit(main())"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -I -c "{code}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return str(command)


def _job_token(workflow: Path, *, read_only: bool) -> Token:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    asked = sorted(right for job in jobs for right in job["permissions"].items())
    granted = dict(asked)  # "write" comes after "read"
    return actions_token(dict.fromkeys(granted, "read") if read_only else granted)


def _pinned() -> set[str]:
    """Every action of GitHub's that the workflows and the project's action use, at its commit."""
    files = [*(PROJECT / ".github" / "workflows").glob("*.yml"), PROJECT / "action.yml"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return {f"actions/{name}@{sha}" for name, sha in re.findall(r"uses: actions/([\w-]+)[\w/-]*@([0-9a-f]{40})", text)}


def pinned_action(name: str) -> str:
    """One of GitHub's actions, as the workflows use it."""
    (found,) = {action for action in _pinned() if action.startswith(f"actions/{name}@")}
    return found


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is missing: `make test` installs it"
    return found


def _finish(command: list[str], folder: Path, environment: dict[str, str], mark: str) -> WorkflowRun:
    """Run act to its end, and end what it leaves behind. `mark` is in the environment of all its processes, alone."""
    act = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = act.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        act.send_signal(signal.SIGINT)
        output, _ = act.communicate()
        raise AssertionError(f"the workflow hangs; its log:\n{output}") from None
    finally:
        left_behind = _end_marked(mark)
    return _read_log(output, act.returncode, left_behind)


def _end_marked(mark: str) -> tuple[str, ...]:
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ().get("HOME", ""):
                found.append(" ".join(process.cmdline()))
                process.kill()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return tuple(found)


def _read_log(output: str, exit_code: int, left_behind: tuple[str, ...]) -> WorkflowRun:
    log, summaries, steps = [], [], {}
    for line in output.splitlines():
        entry = json.loads(line) if line.startswith("{") else {"msg": line}
        log.append(entry["msg"].rstrip("\n"))
        if entry.get("command") == "summary":
            summaries.append(entry["content"])
        if entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1:
            steps[entry["step"]] = entry["stepResult"]
    return WorkflowRun(exit_code, "\n".join(log), steps, "".join(summaries), left_behind)


def assert_ended_whole(run: WorkflowRun) -> None:
    """No process outlives a run, and its log holds no token."""
    assert run.left_behind == ()
    assert TOKEN not in run.log


def linked_pictures(github: FakeGitHub, body: str) -> list[bytes | None]:
    """What a reader's browser gets for the pictures of a comment."""
    return [github.picture(address) for address in re.findall(r'<img src="([^"]+)"', body)]


def is_png(content: bytes | None) -> bool:
    return content is not None and content.startswith(b"\x89PNG\r\n\x1a\n")
