"""Small bundles on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from report_factories import make_report, metric, plot

from reporter.bundle import Bundle, write_bundle
from reporter.model.comparison import GateRow, Verdict
from reporter.model.report import Report
from reporter.model.revision import Revision
from tests.fakes.github_client import HEAD

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"
"""What every PNG begins with, of one pixel."""

WORKSPACE = Revision("workspace", HEAD, "workspace")


def write_small(folder: Path, project: str, verdict: Verdict = Verdict.PASS, **fields: object) -> Report:
    """A bundle on `project` with one picture and one gate of this verdict."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    picture = folder.parent / "roc.png"
    picture.write_bytes(PNG)
    report = make_report(
        head=WORKSPACE,
        project=project,
        verdict=verdict,
        summary=f"Summary of {project}",
        metrics=(metric("roc_auc", 0.63, 0.65),),
        plots=(plot("ROC"),),
        gates=(GateRow("evaluation/metrics.json:roc_auc", "min 0.5", verdict, "so it is"),),
    )
    report = replace(report, **fields)  # type: ignore[arg-type]
    write_bundle(folder, Bundle(report, {"images/roc.png": picture}), f"<!doctype html><p>{project}")
    return report
