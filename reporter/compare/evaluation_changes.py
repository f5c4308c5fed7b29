"""What changed in how the metrics were computed, for the verdict's sentence: test rows, labels, test data and code.

None of it changes a verdict by itself; what is not comparable is told by `reporter.compare.evaluation_data`. A better number of an
evaluation that was edited need not be one of a better model, so that a reader of the verdict alone must know of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from reporter.compare.dag import Dag, changed_content
from reporter.compare.evaluation_data import edited_test_data, is_model, model_paths
from reporter.compare.phrases import named
from reporter.model.comparison import MetricRow
from reporter.model.evidence import Evidence
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot, Stage

_EVALUATES = re.compile(r"(?<![a-z])(eval\w*|test\w*|valid\w*|scor\w*|metrics?|predict\w*|benchmark\w*)", re.IGNORECASE)
"""Words in the name or the code of a stage that evaluates, where neither a model nor another stage's output tells."""


def evaluation_changes(
    base: Snapshot | None, head: Snapshot, metrics: Sequence[MetricRow], rules: Rules, evidence: Evidence
) -> tuple[str, ...]:
    """Clauses, each of which stands by itself: `evaluation changed: src/evaluate.py edited`. Usually none."""
    if base is None:
        return ()
    files = _files_that_matter(metrics, rules)
    return (
        *(f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}" for sentence in evidence.test_rows),
        *_data(edited_test_data(base, head, files, evidence)),
        *_code(base, head, files),
    )


def _files_that_matter(metrics: Sequence[MetricRow], rules: Rules) -> tuple[str, ...]:
    """Metrics files that hold a headline or gated metric; all of them where none does."""
    chosen = dict.fromkeys(
        row.file
        for row in metrics
        if row.headline or ((rule := rules.for_metric(row.file, row.name)) is not None and rule.gate is not None)
    )
    return tuple(chosen or dict.fromkeys(row.file for row in metrics))


def _data(paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield f"{named(paths)} changed, though not in its rows or labels"


def _code(base: Snapshot, head: Snapshot, files: Iterable[str]) -> Iterator[str]:
    """What only evaluates, and what trains too: that such code changed is what most changes are about."""
    old, new = Dag.of(base.stages), Dag.of(head.stages)
    models = model_paths(base, head)
    alone: dict[str, None] = {}
    shared: dict[str, None] = {}
    for before, after in dict.fromkeys((old.writer(file), new.writer(file)) for file in files):
        if before is None or after is None:
            continue
        for edited in _edited(old.stages[before], new.stages[after], old, new):
            (shared if _is_shared(edited, new.stages[after], new, models) else alone)[edited] = None
    if alone:
        yield f"evaluation changed: {named(alone)} edited"
    if shared:
        yield f"{named(shared)}, which also computes the metrics, changed"


def _edited(before: Stage, after: Stage, old: Dag, new: Dag) -> Iterator[str]:
    """Code that dvc.lock recorded with other content, as far as both revisions' stages ran."""
    if before.ran_cmd is None or after.ran_cmd is None:
        return
    for path in changed_content(before.deps, after.deps):
        if old.is_code(before, path) or new.is_code(after, path):
            yield path
    if before.ran_cmd != after.ran_cmd and before.name == after.name:
        yield f"the command of {after.name}"


def _is_shared(edited: str, stage: Stage, pipeline: Dag, models: frozenset[str]) -> bool:
    earlier = (pipeline.stages[name] for name in pipeline.ancestors((stage.name,)) if name != stage.name)
    return _trains(stage, pipeline, models) or any(edited in other.deps for other in earlier)


def _trains(stage: Stage, pipeline: Dag, models: frozenset[str]) -> bool:
    """Whether the stage that writes the metrics also makes the model that they are of."""
    if any(is_model(path, models) for path in stage.outs):
        return True
    if any(is_model(path, models) or pipeline.producers(path) for path in stage.deps):
        return False
    return not any(map(_EVALUATES.search, (stage.name, *stage.code)))
