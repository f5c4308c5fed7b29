"""`reporter report` against what its users would run instead, side by side on the same project.

    python -m benchmarks.bench_report [--runs 5] [--size small]

Without pictures the alternative is `dvc metrics diff`, `params diff`, `diff` and `plots diff --json`, one after another. With
pictures it is the recipe of reports made by hand: three tables, and for each plot `dvc plots diff --show-vega` made a PNG
by vl-convert. The two sides run in turn; the medians and their ratio are printed. Memory is the peak of the proportional
set size (PSS) of the whole process tree.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import LARGE, SMALL, Size, make_project

DVC = (sys.executable, "-m", "dvc")
REPORTER = (sys.executable, "-m", "reporter")
TO_PNG = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.vegalite_to_png(sys.stdin.read(), scale=2))"


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["small", "large"], help="default: both")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print("| project | work | reporter | alternative | ratio | reporter's peak PSS |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for size in (SMALL, LARGE):
            if options.size in {None, size.name}:
                _measure_size(Path(folder, size.name), size, options.runs)


def _measure_size(folder: Path, size: Size, runs: int) -> None:
    project = make_project(folder, size)
    report = (*REPORTER, "report", "main", "--out", str(folder.parent / f"{size.name}-reports"))
    _print_row(size, "no pictures", _in_turn(project, runs, [(*report, "--no-images")], _four_diffs()))
    _print_row(size, "pictures", _in_turn(project, runs, [report], _recipe(size)))
    if size is SMALL:
        _print_row(size, "--help", _in_turn(project, runs, [(*REPORTER, "--help")], [(*DVC, "--help")]))


def _four_diffs() -> list[Sequence[str]]:
    return [
        (*DVC, "metrics", "diff", "--json", "main"),
        (*DVC, "params", "diff", "--json", "main"),
        (*DVC, "diff", "--json", "main"),
        (*DVC, "plots", "diff", "--json", "main"),
    ]


def _recipe(size: Size) -> list[Sequence[str]]:
    tables = [(*DVC, *words, "--md", "main") for words in (("metrics", "diff"), ("params", "diff"), ("diff",))]
    plots = [*(f"Series {number}" for number in range(len(size.series))), "Confusion"]
    pictures = [
        (
            "sh",
            "-c",
            f"{sys.executable} -m dvc plots diff --show-vega main --targets '{plot}' | {sys.executable} -c '{TO_PNG}'",
        )
        for plot in plots
    ]
    return [*tables, *pictures]


def _in_turn(
    project: Path, runs: int, ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]
) -> tuple[list[Measured], list[Measured]]:
    """One run of each to warm up, then `runs` pairs."""
    pairs = [(_run(project, ours), _run(project, theirs)) for _ in range(runs + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _run(project: Path, commands: Sequence[Sequence[str]]) -> Measured:
    start = time.perf_counter()
    peaks = [_run_one(project, command) for command in commands]
    return Measured(time.perf_counter() - start, max(peaks))


def _run_one(project: Path, command: Sequence[str]) -> float:
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = _MemoryWatch(process.pid)
    watch.start()
    _, errors = process.communicate()
    watch.stop()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} exited {process.returncode}:\n{errors.decode()}")
    return watch.peak_mib


class _MemoryWatch(threading.Thread):
    """Samples the PSS of a process and its descendants every 50 ms."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._done = threading.Event()
        self.peak_mib = 0.0

    def run(self) -> None:
        while not self._done.wait(0.05):
            total = sum(map(_pss_kib, _tree(self._root)))
            self.peak_mib = max(self.peak_mib, total / 1024)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting.extend(_children(process))
    return found


def _children(process: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it ended between two looks
        return []


def _pss_kib(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it ended between two looks
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _print_row(size: Size, work: str, measured: tuple[list[Measured], list[Measured]]) -> None:
    ours, theirs = measured
    ratio = statistics.median(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))
    print(
        f"| {size.name} | {work} | {_median(ours):.2f} s | {_median(theirs):.2f} s | {ratio:.1f} × "
        f"| {max(run.peak_mib for run in ours):.0f} MiB |",
        flush=True,
    )


def _median(runs: Sequence[Measured]) -> float:
    return statistics.median(run.seconds for run in runs)


if __name__ == "__main__":
    main()
