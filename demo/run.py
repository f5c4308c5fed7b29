"""`make demo`: what a parameter change did to a model trained on real data, from raw data to report.

It plays a team's day in a clone of its own, `.storage/demo`: train what the last commit describes, push it to storage,
propose a change on a branch, train that, and let `reporter` compare the two. The checkout is only read; it and the
clone share DVC's cache, so that the second time nothing is trained again.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dvc.config import Config
from rich.console import Console
from ruamel.yaml import YAML

from demo.storage import ROOT, StorageStartError, connected, embedded_storage, exit_on_signal

BRANCH = "faster-learning"
SECTION, PARAM, VALUE = "train", "learning_rate", 0.3
RAW_DATA = ("data/raw/flights.csv.zip.dvc", "data/raw/weather.csv.dvc")

console = Console(highlight=False, soft_wrap=True)


class StepError(Exception):
    """A command of the demo failed; it has said why itself."""


@dataclass(frozen=True, slots=True)
class Clone:
    """The demo's own clone."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> None:
        """Run a command in the clone, its output for the user to see. Raises StepError if it fails."""
        console.print("[dim]$ " + " ".join(command) + "[/dim]")
        _run(command, self.folder, self.environment)

    def commit(self, message: str) -> None:
        """Commit every change, if there is any."""
        _run(("git", "add", "--all"), self.folder, self.environment)
        if _output(("git", "status", "--porcelain"), self.folder):
            _run(("git", "commit", "--quiet", "--message", message), self.folder, self.environment)


def _run(command: tuple[str, ...], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:  # noqa: S603  fixed commands
        raise StepError(f"`{' '.join(command)}` failed")


def _output(command: tuple[str, ...], folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  fixed commands
    if result.returncode:
        raise StepError(f"`{' '.join(command)}` failed")
    return result.stdout.strip()


def make_clone(checkout: Path, storage_environment: Mapping[str, str]) -> Clone:
    """Clone the checkout's last commit, whatever branch it is on, as `main` of a repository without a remote."""
    folder = checkout / ROOT / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    _run(("git", "clone", "--quiet", "--no-hardlinks", str(checkout), str(folder)), checkout)
    commit = _output(("git", "rev-parse", "HEAD"), checkout)
    _run(("git", "checkout", "--quiet", "--no-track", "-B", "main", commit), folder)
    _run(("git", "remote", "remove", "origin"), folder)
    with Config(str(folder / ".dvc")).edit("local") as local:
        local["cache"]["dir"] = str(checkout / ".dvc" / "cache")
    return Clone(folder, os.environ | dict(storage_environment) | dict(_identity(checkout)))


def _identity(checkout: Path) -> Mapping[str, str]:
    """Who commits in the clone, without the user's identity, signature or hooks; dated, so that each run is the same."""
    date = _output(("git", "show", "--no-patch", "--format=%cI", "HEAD"), checkout)
    person = {f"GIT_{role}_NAME": "Demo" for role in ("AUTHOR", "COMMITTER")}
    address = {f"GIT_{role}_EMAIL": "demo@localhost" for role in ("AUTHOR", "COMMITTER")}
    dates = {f"GIT_{role}_DATE": date for role in ("AUTHOR", "COMMITTER")}
    settings = {"commit.gpgSign": "false", "core.hooksPath": os.devnull}
    numbered = {f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)}
    numbered |= {f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())}
    python_first = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return person | address | dates | numbered | {"GIT_CONFIG_COUNT": str(len(settings)), "PATH": python_first}


def train_baseline(clone: Clone) -> None:
    clone.run("dvc", "pull", *RAW_DATA)
    clone.run("dvc", "repro")
    # Another kind of processor may round the last bit differently: then this machine's results are the baseline.
    clone.commit("Record this machine's results")
    clone.run("dvc", "push")


def propose_change(clone: Clone) -> None:
    clone.run("git", "checkout", "--quiet", "-b", BRANCH)
    path = clone.folder / "params.yaml"
    yaml = YAML()
    params = yaml.load(path)
    console.print(f"params.yaml: {SECTION}.{PARAM} {params[SECTION][PARAM]} → {VALUE}")
    params[SECTION][PARAM] = VALUE
    yaml.dump(params, path)
    clone.run("dvc", "repro")
    clone.commit(f"Set {SECTION}.{PARAM} to {VALUE}")
    clone.run("dvc", "push")


def report(clone: Clone, folder: Path) -> None:
    """Compare the branch with main, as a pull request's check would."""
    clone.run("reporter", "report", "main", "--head", BRANCH, "--out", str(folder))


def step(text: str) -> None:
    console.print(f"\n[bold]▸ {text}[/bold]")


def tell(checkout: Path) -> None:
    """Play the whole story. Raises StepError or StorageStartError."""
    step("Storage: an S3 server on this machine, for as long as the demo runs")
    with embedded_storage(checkout / ROOT) as storage:
        console.print(f"{storage.endpoint}, files under {ROOT}/")
        clone = make_clone(checkout, storage.environment)
        with connected(storage, clone.folder):
            step("Baseline: pull a year of flights, train what the last commit describes, push the results")
            train_baseline(clone)
            step(f"Change: the branch {BRANCH}, as a pull request would bring it")
            propose_change(clone)
            step("Report: what did the change do?")
            report(clone, checkout / "reports")
    console.print("\nThe report: reports/report.html (open it in a browser), reports/report.md, reports/report.json")


def main() -> int:
    signal.signal(signal.SIGTERM, exit_on_signal)
    checkout = Path(__file__).resolve().parents[1]
    try:
        if _output(("git", "status", "--porcelain", "--untracked-files=no"), checkout):
            console.print("Your uncommitted changes are left alone: the demo shows the last commit.")
        tell(checkout)
    except (StepError, StorageStartError) as error:
        console.print(f"demo: {error}", style="red", markup=False)
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
