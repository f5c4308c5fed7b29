"""Holds what is collected from public DVC projects against DVC itself, commit by commit, and writes docs/compatibility.md.

    python -m benchmarks.compatibility [--clones FOLDER] [--pairs 8]

Each project is cloned into FOLDER, unless it is there already. Commits with their parents, spread over the
history of all branches, are compared by `dvc metrics diff --all` and `dvc params diff --all` (through `dvc.repo.Repo`, which the
commands print) and by two snapshots.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from reporter.collect.project import Project, Wanted, open_project
from reporter.errors import ReporterError
from reporter.model.snapshot import Snapshot, ValueFile

PROJECTS = (
    "iterative/example-get-started",
    "iterative/example-get-started-experiments",
    "iterative/example-dvc-experiments",
    "iterative/vscode-dvc-demo",
    "iterative/cml_dvc_case",
)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "compatibility.md"
INTRODUCTION = """\
# Compatibility with public projects

What a snapshot holds, against what DVC itself prints, on projects with a real history. A row is one metric or one param
of a commit and its parent. Made by `python -m benchmarks.compatibility`; their remotes are not needed: what only they
hold is *unavailable*, which DVC's tables leave out.

| project | commits | rows | equal | differences and why | unavailable files | plots | problems said |
|---|---|--:|--:|---|--:|--:|--:|
"""
ENDING = """
## Where a report says more than DVC

| situation | `dvc metrics diff`, `dvc params diff`, `dvc plots diff` | the report |
|---|---|---|
| A stage begins to track a param of a file that was there | new (`old` is null) | the old value and the new one |
| A stage no longer tracks a param that the file still holds | removed (`new` is null) | the old value and the new one |
| A params file that only one revision names, and both have | new, or removed | both values |
| … and that cannot be read in the other one | new, or removed | unavailable, with what mends it |
| A metrics file is newly declared, and was there before | new | the old values and the new ones |
| A plot is new, its data file is not | the new revision alone | both revisions; the plot is *new* |
| The definition of a plot changed, its columns are in both revisions | both by the new definition, without a word | the same, with a note of what changed |
| … and the old revision lacks the new columns | the new revision alone, and a warning | each by its own definition; axes, legend and a note name the columns |

## What cannot be known, and what mends it

None of these is called changed, new or out of date. Each mend was followed in a test, and what had been said was gone
(`tests/integration/test_collect_mends.py`).

| situation | what is said | what mends it |
|---|---|---|
| A dependency or a metrics file is a pointer of Git LFS | it is one, and its content is not in this clone | `git lfs fetch --all` and `git lfs pull` (actions/checkout: `lfs: true`) |
| A stage reads a submodule that is not checked out, or not with the commit that the revision pins | the submodule is not in this clone | `git submodule update --init` (actions/checkout: `submodules: true` and `fetch-depth: 0`) |
| A sparse checkout leaves out what a stage reads, or a metrics file | it is left out of this sparse checkout | `git sparse-checkout add PATH`, or `disable` |
| A params or metrics file is generated, and git ignores it | it is not in the commit, and git ignores it | make it an output of the stage that writes it |
| A link leads nowhere, or out of the repository | which link | keep the file itself in the repository, or let DVC keep it |
| A git object is missing or damaged; the remote of a partial clone does not give it | git cannot read it, in its own words | `git fsck`, `git fetch --refetch`, a new clone |
| `dvc import-url --no-download` | imported without its content | `dvc update FILE.dvc` |
| The source of a `dvc import` is gone or private | the source, by its address | the right to read it, or `dvc update FILE.dvc` where it is now |
| An output has `push: false` | no remote has it, and why | reproduce it, or let it be pushed |
| An output is in no cache and no remote | the remote, by its name | `dvc push` where it was made, or reproduce it |
| DVC's plugin for the remote is not installed | which package | `pip install dvc-gs` (…) |
| Outputs are those of another branch | they are not what the stage wrote | `dvc checkout` |
| `dvc.lock` has conflict markers, or is of DVC 1; `params.yaml` does not parse | that file, its line | resolve it; delete it and let `dvc repro` write it anew |
| DVC refuses the `dvc.yaml` or a `.dvc` file of a *baseline* (`live:`, DVC 0 and 1) | of what it defines only what it records is known | another BASE: a commit stays as it is |
| `dvc repro` is running in the work tree | the run and its lock, after 20 s | wait, or compare a commit: `--head HEAD` |
| A `dvc.lock` differs in line ends alone (written on Windows) | nothing: it is the same code | – |
| The project was moved to another folder | where it was; it is compared with itself there | – |
| … and so were others, and git's renames do not tell which it was | the verdict is unknown | `git mv` in a commit of its own |
"""

Rows = dict[tuple[str, str], tuple[Any, Any]]
"""(file, name) → value in the old and in the new commit."""


@dataclass(frozen=True, slots=True)
class Line:
    """The comparison of one pair of commits."""

    project: str
    commits: str
    rows: int
    differences: tuple[str, ...]
    unavailable: int
    plots: int
    problems: int
    refusal: str = ""
    """Why neither side reads the pair at all."""

    def markdown(self) -> str:
        why = "; ".join(self.differences) or self.refusal or "–"
        counts = f"{self.rows} | {self.rows - len(self.differences)} | {why} | {self.unavailable} | {self.plots} | {self.problems}"
        return f"| {self.project} | {self.commits} | {counts} |"


def compare_pair(name: str, project: Project, old: str, new: str) -> Line:
    commits = f"`{old[:7]}` → `{new[:7]}`"
    try:
        before, after = (project.snapshot(project.resolve_head(sha), Wanted()) for sha in (old, new))
    except ReporterError as error:
        return Line(name, commits, 0, (), 0, 0, 1, refusal=f"{who_refuses(project.root, old, new)}: {error.message}")
    ours = {**rows_of(before.metrics, after.metrics), **rows_of(before.params, after.params)}
    theirs = rows_of_dvc(project.root, old, new)
    differences = [
        why(key, ours, theirs, before, after) for key in sorted({*ours, *theirs}) if differ(key, ours, theirs)
    ]
    return Line(
        project=name,
        commits=commits,
        rows=len({*ours, *theirs}),
        differences=tuple(differences),
        unavailable=sum(file.problem is not None for snapshot in (before, after) for file in files_of(snapshot)),
        plots=len({plot.id for snapshot in (before, after) for plot in snapshot.plots}),
        problems=len(before.problems) + len(after.problems),
    )


def rows_of(old: Mapping[str, ValueFile], new: Mapping[str, ValueFile]) -> Rows:
    found: Rows = {}
    for files, place in ((old, 0), (new, 1)):
        for path, file in files.items():
            for name, value in file.values.items():
                pair = list(found.get((path, name), (None, None)))
                pair[place] = value
                found[path, name] = (pair[0], pair[1])
    return found


def rows_of_dvc(root: Path, old: str, new: str) -> Rows:
    with Repo(str(root)) as repo:
        diffs = [kind.diff(a_rev=old, b_rev=new, all=True) for kind in (repo.metrics, repo.params)]
    return {
        (path, name): (change.get("old"), change.get("new"))
        for diff in diffs
        for path, names in diff.get("diff", {}).items()
        for name, change in names.items()
    }


def who_refuses(root: Path, old: str, new: str) -> str:
    with Repo(str(root)) as repo:
        refused = repo.metrics.diff(a_rev=old, b_rev=new, all=True).get("errors")
    return "neither reads it" if refused else "**unexplained**, only DVC reads it"


def differ(key: tuple[str, str], ours: Rows, theirs: Rows) -> bool:
    return [as_printed(value) for value in ours.get(key, (None, None))] != [*map(str, theirs.get(key, (None, None)))]


def as_printed(value: Any) -> str:
    return str(value)


def why(key: tuple[str, str], ours: Rows, theirs: Rows, before: Snapshot, after: Snapshot) -> str:
    path, name = key
    if any(file.path == path and file.problem for snapshot in (before, after) for file in files_of(snapshot)):
        return f"`{path}` `{name}`: unavailable in one commit, DVC shows it as new or removed"
    if key not in theirs and any(isinstance(value, list) for value in ours[key]):
        return f"`{path}` `{name}`: a list, which DVC drops"
    if key not in theirs:
        return f"`{path}` `{name}`: null, which DVC drops"
    return f"`{path}` `{name}`: **unexplained**, {ours.get(key)} against {theirs[key]}"


def files_of(snapshot: Snapshot) -> Iterator[ValueFile]:
    yield from snapshot.metrics.values()
    yield from snapshot.params.values()


def adjacent_pairs(root: Path, limit: int) -> list[tuple[str, str]]:
    """Commits with their parents, where the parent holds a DVC project, spread over the history of all branches."""
    command = ["git", "log", "--all", "--no-merges", "--format=%P %H"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    pairs = [(line[0], line[1]) for line in lines if len(line) > 1 and has_project(root, line[0])]
    return pairs[:: max(1, len(pairs) // limit)][:limit]


def has_project(root: Path, sha: str) -> bool:
    return (
        subprocess.run(
            ["git", "cat-file", "-e", f"{sha}:.dvc/config"], cwd=root, capture_output=True, check=False
        ).returncode
        == 0
    )


def lines(clones: Path, limit: int) -> Iterable[Line]:
    for name in PROJECTS:
        root = clones / name.partition("/")[2]
        if not root.exists():
            subprocess.run(["git", "clone", "--quiet", f"https://github.com/{name}", str(root)], check=True)
        project = open_project(root)
        for old, new in adjacent_pairs(root, limit):
            line = compare_pair(name, project, old, new)
            print(line.markdown())
            yield line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path, help="keep the clones in this folder")
    parser.add_argument("--pairs", type=int, default=8, help="pairs of commits of each project")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = list(lines(arguments.clones or Path(scratch), arguments.pairs))
    total, unequal = sum(line.rows for line in found), sum(len(line.differences) for line in found)
    summary = f"\n{total} rows of {len(found)} pairs of commits, {unequal or 'no'} differences.\n"
    PAGE.write_text(
        INTRODUCTION + "".join(f"{line.markdown()}\n" for line in found) + summary + ENDING, encoding="utf-8"
    )


if __name__ == "__main__":
    main()
