"""What changed in how the metrics were computed, for the verdict's sentence: test rows, labels, test data and code.

None of it changes a verdict by itself: that a metric is not comparable does. A better number of an
evaluation that was edited need not be one of a better model, so that a reader of the verdict alone must know of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reporter.compare.dag import Dag, changed_content
from reporter.compare.evaluation_data import edited_test_data, is_model, model_paths, other_data
from reporter.compare.lost_writers import lost_writers, lost_writers_upstream
from reporter.compare.phrases import named
from reporter.model.comparison import MetricRow
from reporter.model.evidence import Evidence
from reporter.model.reasons import ClauseId, EvaluationChange
from reporter.model.rules import Rules
from reporter.model.snapshot import Snapshot, Stage

_EVALUATES = re.compile(r"(?<![a-z])(eval\w*|test\w*|valid\w*|scor\w*|metrics?|predict\w*|benchmark\w*)", re.IGNORECASE)
"""Words in the name or the code of a stage that evaluates, where neither a model nor another stage's output tells."""


def evaluation_changes(
    base: Snapshot | None,
    head: Snapshot,
    metrics: Sequence[MetricRow],
    rules: Rules,
    evidence: Evidence,
    changed_data: Mapping[str, tuple[str, ...]],
) -> tuple[EvaluationChange, ...]:
    """Each once, and first what no stage writes any more, then what makes a metric incomparable, of equal values or not; usually none. `changed_data` are of metrics files."""
    if base is None:
        return ()
    files = _files_that_matter(metrics, rules)
    found = (
        *_lost_writers(base, head, files),
        *_of_first_incomparable(metrics, evidence, changed_data),
        *evidence.test_rows,
        *_data(edited_test_data(base, head, files, evidence)),
        *_code(base, head, files),
    )
    return tuple(dict.fromkeys(found))


def _of_first_incomparable(
    metrics: Sequence[MetricRow], evidence: Evidence, changed_data: Mapping[str, tuple[str, ...]]
) -> Iterator[EvaluationChange]:
    for row in metrics:
        if row.is_incomparable:
            known = evidence.metrics.get(row.key)
            yield known.incomparable if known and known.incomparable else other_data(changed_data[row.file])
            return


def _files_that_matter(metrics: Sequence[MetricRow], rules: Rules) -> tuple[str, ...]:
    """Metrics files that hold a headline or gated metric; all of them where none does."""
    chosen_runs = {str(row.key) for row in metrics if row.runs and row.headline}
    chosen = dict.fromkeys(
        row.file
        for row in metrics
        if not row.runs and (row.headline or ((rule := row.rule(rules)) is not None and rule.gate is not None))
    )
    of_runs = dict.fromkeys(row.file for row in metrics if row.run_of in chosen_runs)
    return tuple(chosen | of_runs or dict.fromkeys(row.file for row in metrics if not row.runs))


def _data(paths: Sequence[str]) -> Iterator[EvaluationChange]:
    if paths:
        yield EvaluationChange(ClauseId.TEST_DATA, f"{named(paths)} changed, though not in its rows or labels")


def _lost_writers(base: Snapshot, head: Snapshot, files: Sequence[str]) -> Iterator[EvaluationChange]:
    for writer in (*lost_writers(base, head, files), *lost_writers_upstream(base, head, files)):
        yield EvaluationChange(ClauseId.LOST_WRITER, writer.clause)


def _code(base: Snapshot, head: Snapshot, files: Iterable[str]) -> Iterator[EvaluationChange]:
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
        yield EvaluationChange(ClauseId.EVALUATION_CODE, f"evaluation changed: {named(alone)} edited")
    if shared:
        clause = f"{named(shared)}, which also computes the metrics, changed"
        yield EvaluationChange(ClauseId.SHARED_CODE, clause)


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
