"""Whether two revisions were evaluated on the same data: if not, a better number need not mean a better model.

Where predictions are declared, the test rows themselves decide (`reporter.compare.statistics`). Elsewhere the pipeline is
asked, by this rule. Start at the stage that writes the metrics file and look at the data it reads, leaving out
1. code;
2. models: artifacts of type `model`, files with a model's suffix unless they are named as a part of the data (`X_test.pkl`), paths
   with a word such as `model` or `weights` and no suffix of data;
3. of several paths, those for training: of words like `train`, `test` and `valid` in the path, the last is `train`;
4. of several paths where rule 2 knew no model: those that most stages took part in making. What was made from data (a
   model, predictions) stands further down in the DAG than the data it is judged by.
What remains and has the same hash in both dvc.lock files is the same data, whatever happened upstream; so is a directory
in which only files for training differ. What has changed and comes from outside the pipeline is changed
evaluation data. What has changed and was written by a stage is followed to what that stage read, by the same rule.

Limits. A change of params or code alone that selects other test rows (another split ratio) is not seen: it cannot be told
from a change of features; predictions tell. Data added to the one raw file that feeds training and test alike counts as
changed evaluation data. A stage that reads only a model, and finds its data by itself, cannot be judged.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from reporter.compare.dag import DATA_SUFFIXES, Dag, changed_content, changed_paths
from reporter.compare.phrases import named
from reporter.model.evidence import Evidence
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.snapshot import Snapshot, Stage

_MODEL_SUFFIXES = (
    *(".bst", ".cbm", ".ckpt", ".gguf", ".h5", ".joblib", ".keras", ".mlmodel", ".model", ".onnx", ".pb", ".pickle"),
    *(".pkl", ".pt", ".pth", ".safetensors", ".tflite"),
)
_MODEL_WORD = re.compile(r"(?<![a-z])(models?|weights|checkpoints?|ckpts?)(?![a-z])", re.IGNORECASE)
_SPLIT_WORD = re.compile(
    r"(?<![a-z])(train(?:ing)?|test(?:ing)?|val|valid|validation|eval|holdout|dev)(?![a-z])", re.IGNORECASE
)

_FEATURES_OR_TARGET = re.compile(r"[xy]_", re.IGNORECASE)


def changed_evaluation_data(base: Snapshot | None, head: Snapshot, evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Metrics file → what of its evaluation data differs from the baseline's; a file without any is absent.

    What the predictions say of one of its metrics, where they say anything, holds for the whole file.
    """
    if base is None:
        return {}
    search = _search(base, head)
    judged = {file: _by_predictions(file, evidence) for file in head.metrics if file in base.metrics}
    found = {file: search.changed_data(file) if paths is None else paths for file, paths in judged.items()}
    return {file: paths for file, paths in found.items() if paths}


def other_data(paths: Iterable[str]) -> EvaluationChange:
    """What that makes of a metric that is judged by them."""
    return EvaluationChange(ClauseId.OTHER_DATA, f"evaluated on other data than the baseline: {named(paths)} changed")


def edited_test_data(base: Snapshot, head: Snapshot, files: Iterable[str], evidence: Evidence) -> tuple[str, ...]:
    """Data for testing, by its name, that changed although the predictions' rows and labels are the same: its features, perhaps."""
    same = [file for file in files if file in base.metrics and _by_predictions(file, evidence) == ()]
    if not same:
        return ()
    search = _search(base, head)
    found = (path for file in same for path in search.changed_data(file) if _is_for_testing(path))
    return tuple(dict.fromkeys(found))


def _search(base: Snapshot, head: Snapshot) -> _Search:
    return _Search(base, head, Dag.of(base.stages), Dag.of(head.stages), model_paths(base, head))


def _by_predictions(file: str, evidence: Evidence) -> tuple[str, ...] | None:
    """What the predictions say of this file's test rows; None where they say nothing."""
    known = [one for key, one in evidence.metrics.items() if key.file == file]
    if any(one.incomparable for one in known):
        return ("the test rows",)
    return () if any(one.same_examples for one in known) else None


def model_paths(*snapshots: Snapshot) -> frozenset[str]:
    """Paths of the artifacts that dvc.yaml declares to be models."""
    fields = (artifact for snapshot in snapshots for artifact in snapshot.artifacts.values())
    return frozenset(str(artifact.get("path")) for artifact in fields if artifact.get("type") == "model")


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Both revisions, and the way from a metrics file up to the data it was computed from."""

    base: Snapshot
    head: Snapshot
    old: Dag
    new: Dag
    models: frozenset[str]

    def changed_data(self, file: str) -> tuple[str, ...]:
        """Data from outside the pipeline that the metrics of `file` are judged by and that changed, sorted."""
        start = self.new.writer(file), self.old.writer(file)
        if None in start:
            return ()
        seen = {start}
        waiting = deque(seen)
        changed: set[str] = set()
        while waiting:
            head_name, base_name = waiting.popleft()
            for path in self._changed_inputs(self.new.stages[str(head_name)], self.old.stages[str(base_name)]):
                producers = {*self.new.producers(path), *self.old.producers(path)}
                if not producers and not self._is_the_same(path):
                    changed.add(path)
                further = {(name, name) for name in producers if name in self.new.stages and name in self.old.stages}
                waiting.extend(sorted(further - seen))
                seen |= further
        return tuple(sorted(changed))

    def _changed_inputs(self, after: Stage, before: Stage) -> Iterable[str]:
        """Evaluation data that the stage reads in either revision and that is not the same; moved data is the same."""
        if not changed_content(before.deps, after.deps):
            return ()
        code = {path for path in before.deps if self.old.is_code(before, path)}
        code |= {path for path in after.deps if self.new.is_code(after, path)}
        ours, theirs = self._evaluation_inputs(after, self.new, code), self._evaluation_inputs(before, self.old, code)
        return (path for path in changed_content(theirs, ours) if not self._only_training_files_differ(path))

    def _evaluation_inputs(self, stage: Stage, pipeline: Dag, code: Container[str]) -> dict[str, str | None]:
        """Those dependencies of the stage that rules 1 to 4 leave, with their recorded hashes.

        `code` is of either revision: what git has ceased to track is no data by that.
        """
        data = [path for path in stage.deps if path not in code]
        without_models = [path for path in data if not is_model(path, self.models)]
        kept = _some(without_models, [path for path in without_models if not _is_for_training(path)])
        if len(kept) > 1 and len(without_models) == len(data):
            made_by = {path: len(pipeline.ancestors(pipeline.producers(path))) for path in kept}
            kept = _some(kept, [path for path in kept if made_by[path] < max(made_by.values())])
        return {path: stage.deps[path] for path in kept}

    def _is_the_same(self, path: str) -> bool:
        """Tracked in both revisions with one content: a stage may have begun or ceased to read it."""
        before, after = self.base.data.get(path), self.head.data.get(path)
        return before is not None and after is not None and before.hash is not None and before.hash == after.hash

    def _only_training_files_differ(self, path: str) -> bool:
        before, after = self.base.data.get(path), self.head.data.get(path)
        if before is None or after is None or before.files is None or after.files is None:
            return False
        differing = changed_paths(before.files, after.files)
        return bool(differing) and all(map(_is_for_training, differing))


def is_model(path: str, models: frozenset[str]) -> bool:
    """By rule 2; `models` are those that dvc.yaml declares."""
    suffix, name = PurePosixPath(path).suffix.lower(), PurePosixPath(path).name
    is_named = bool(_MODEL_WORD.search(path))
    is_split = bool(_SPLIT_WORD.search(name) or _FEATURES_OR_TARGET.match(name)) and not is_named
    return path in models or (suffix in _MODEL_SUFFIXES and not is_split) or (suffix not in DATA_SUFFIXES and is_named)


def _is_for_testing(path: str) -> bool:
    return bool(_SPLIT_WORD.search(path)) and not _is_for_training(path)


def _is_for_training(path: str) -> bool:
    """Of several words for a part of the data, the last one counts: `train_test_split/test.csv` is for testing."""
    words = _SPLIT_WORD.findall(path)
    return bool(words) and words[-1].lower().startswith("train")


def _some(paths: list[str], fewer: list[str]) -> list[str]:
    """The narrower choice, unless it leaves nothing."""
    return fewer or paths
