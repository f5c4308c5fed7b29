"""How many small faults the fast tests notice: mutmut plants one at a time into what compares, judges, reads and tabulates.

    python -m benchmarks.mutants [--number 300] [--seed 1] [--at-least 85]

A mutant is one changed operator, argument, word or branch of a function. The sample is those of the smallest hash of seed and
name, so that a commit changes it only where it changes the code. Each mutant meets the unit and golden tests that call its
function, up to the first that fails; what they are and what is mutated stands in pyproject.toml under `tool.mutmut`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

WORK = Path("mutants")
"""Where mutmut copies the project to."""
FEW = "reporter.compare.order.*"
"""mutmut makes all mutants, and learns which tests call what, when asked for any."""
NOTICED = frozenset({"killed", "timeout", "check was interrupted by user"})
"""The last two are also how mutmut names a mutant that a test module cannot be imported with."""
MOST_TIMEOUTS = 0.2
"""A larger share of them is no virtue of the tests: they did not run."""
PARTS = ("compare", "judge", "codec", "render.tables")


def part_of(name: str) -> str:
    return next(part for part in PARTS if name.startswith(f"reporter.{part}."))


def sample(names: Iterable[str], number: int, seed: int) -> list[str]:
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).digest())[:number]


def run(names: Iterable[str]) -> None:
    """Its progress is for a terminal; what it says is printed where it fails."""
    done = subprocess.run(["mutmut", "run", "--max-children", "2", *names], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-20_000:]}{done.stderr}\nmutmut did not run: see above")


def outcomes() -> dict[str, str]:
    """What became of every mutant, by name: killed, survived, no tests, timeout, not checked and the like."""
    listed = subprocess.run(["mutmut", "results", "--all", "true"], capture_output=True, text=True, check=True).stdout
    pairs = (line.strip().partition(": ") for line in listed.splitlines())
    return {name: outcome for name, _, outcome in pairs if outcome}


def scores(tested: Mapping[str, str]) -> str:
    """A Markdown table: the four parts, and all of them."""
    of_parts = Counter(part_of(name) for name in tested)
    noticed = Counter(part_of(name) for name, outcome in tested.items() if outcome in NOTICED)
    rows = [
        f"| `{part}` | {noticed[part]} of {of_parts[part]} | {noticed[part] / of_parts[part]:.0%} |"
        for part in of_parts
    ]
    total = f"| all | {noticed.total()} of {of_parts.total()} | {noticed.total() / of_parts.total():.1%} |"
    return "\n".join(["| | killed | |", "|---|--:|--:|", *sorted(rows), total])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=300, help="how many mutants; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-least", type=float, default=85, help="percent of them that the tests must notice")
    wanted = parser.parse_args()

    shutil.rmtree(WORK, ignore_errors=True)
    run([FEW])
    chosen = sample(outcomes(), wanted.number or sys.maxsize, wanted.seed)
    run(chosen)
    found = outcomes()
    tested = {name: found[name] for name in chosen}

    if sum(outcome == "timeout" for outcome in tested.values()) > MOST_TIMEOUTS * len(tested):
        sys.exit("mutmut could not run the tests, or the machine is too busy: too many mutants timed out")
    for name, outcome in sorted(tested.items()):
        if outcome not in NOTICED:
            print(f"{outcome}: mutmut show {name}")
    print(scores(tested))
    share = sum(outcome in NOTICED for outcome in tested.values()) / len(tested)
    return int(share < wanted.at_least / 100)


if __name__ == "__main__":
    sys.exit(main())
