"""report.json, read back. It may have been written by a stranger's workflow: every field is checked before it is believed.

Unknown fields are ignored, so that an older reader understands a newer writer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from reporter.codec.bounds import MOST_SECTIONS
from reporter.codec.json_node import Node, document
from reporter.errors import BundleError
from reporter.model.comparison import (
    SLICE_OUTCOMES,
    ArtifactRow,
    Cause,
    CauseKind,
    Content,
    DataRow,
    Explanation,
    FlipExample,
    Flips,
    GateRow,
    MetricOrigin,
    MetricRow,
    Outcome,
    ParamRow,
    SliceRow,
    StageRow,
    State,
    Verdict,
)
from reporter.model.history import HistoryPoint, MetricHistory
from reporter.model.problem import Problem, ProblemKind
from reporter.model.report import SCHEMA_VERSION, PlotRow, Report, RunInfo, SectionPicture, SectionText
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule, Direction, FailOn

PICTURE_NAME = re.compile(r"images/[A-Za-z0-9._-]+\.png")
"""No folder but images/, no `..`, nothing a shell or a link would read otherwise."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def report_from_json(text: str) -> Report:
    """The report in the text of report.json.

    Raises BundleError naming the first field that is not what it must be, by its place in the document. One reading is
    ambiguous by design: the texts "NaN", "Infinity" and "-Infinity" are read as these numbers.
    """
    root = document(text)
    _check_version(root.field("schema_version").whole())
    gates = root.field("gates").items(_gate)
    return Report(
        base=root.field("base").optional(_revision),
        head=_revision(root.field("head")),
        verdict=_verdict(root.field("verdict"), gates),
        summary=root.field("summary").text(),
        metrics=root.field("metrics").items(_metric),
        params=root.field("params").items(_param),
        plots=root.field("plots").items(_plot),
        data=root.field("data").items(_data),
        stages=root.field("stages").items(_stage),
        gates=gates,
        problems=root.field("problems").items(_problem),
        run=root.field("run").or_else(RunInfo(version=""), _run),
        explanations=root.field("explanations").or_else((), lambda rows: rows.items(_explanation)),
        slices=root.field("slices").or_else((), lambda rows: rows.items(_slice)),
        flips=root.field("flips").or_else((), lambda rows: rows.items(_flips)),
        artifacts=root.field("artifacts").or_else((), lambda rows: rows.items(_artifact)),
        history=root.field("history").or_else((), lambda rows: rows.items(_history)),
        sections=root.field("sections").or_else((), _sections),
        notices=_texts(root.field("notices")),
        level=root.field("level").optional(Node.real),
        comment=root.field("comment").or_else(CommentRule(), _comment),
        fail_on=root.field("fail_on").or_else(FailOn.FAIL, lambda node: node.choice(FailOn)),
    )


def _verdict(node: Node, gates: Sequence[GateRow]) -> Verdict:
    """A verdict must be that of the worst gate: a bundle that says otherwise was changed by somebody."""
    verdict = node.choice(Verdict)
    worst = max((gate.result for gate in gates), key=lambda result: result.severity, default=verdict)
    if verdict is not worst:
        raise node.wrong(f"{worst}, as the worst of its gates says")
    return verdict


def _check_version(version: int) -> None:
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"report.json is of schema version {version}; this reporter reads version {SCHEMA_VERSION}.",
            "Use the same version of dvc-reporter to write and to read the bundle.",
        )


def _revision(node: Node) -> Revision:
    return Revision(
        rev=node.field("rev").text(),
        sha=_matching(node.field("sha"), _SHA, "a commit's 40 hexadecimal digits"),
        label=node.field("label").text(),
        dirty=node.field("dirty").or_else(False, Node.flag),
        behind=node.field("behind").optional(Node.count),
    )


def _metric(node: Node) -> MetricRow:
    return MetricRow(
        file=node.field("file").text(),
        name=node.field("name").text(),
        base=node.field("base").value(),
        head=node.field("head").value(),
        delta=node.field("delta").optional(Node.number),
        relative=node.field("relative").optional(Node.real),
        state=node.field("state").choice(State),
        direction=node.field("direction").choice(Direction),
        outcome=node.field("outcome").choice(Outcome),
        interval=node.field("interval").optional(Node.bounds),
        p_value=node.field("p_value").optional(Node.real),
        method=node.field("method").optional(Node.text),
        headline=node.field("headline").or_else(False, Node.flag),
        note=node.field("note").or_else("", Node.text),
        tested_delta=node.field("tested_delta").optional(Node.real),
        comparable=node.field("comparable").or_else(True, Node.flag),
        doubt=node.field("doubt").or_else("", Node.text),
        origin=node.field("from").optional(_origin),
    )


def _origin(node: Node) -> MetricOrigin:
    return MetricOrigin(file=node.field("file").text(), name=node.field("name").text())


def _param(node: Node) -> ParamRow:
    return ParamRow(
        file=node.field("file").text(),
        name=node.field("name").text(),
        base=node.field("base").value(),
        head=node.field("head").value(),
        state=node.field("state").choice(State),
    )


def _plot(node: Node) -> PlotRow:
    return PlotRow(
        id=node.field("id").text(),
        kind=node.field("kind").text(),
        state=node.field("state").choice(State),
        image=node.field("image").optional(_image),
        revisions=_texts(node.field("revisions")),
        title=node.field("title").or_else("", Node.text),
        alt=node.field("alt").or_else("", Node.text),
        notes=_texts(node.field("notes")),
    )


def _image(node: Node) -> str:
    return _matching(node, PICTURE_NAME, "images/….png")


def _data(node: Node) -> DataRow:
    return DataRow(
        path=node.field("path").text(),
        state=node.field("state").choice(State),
        base=node.field("base").optional(_content),
        head=node.field("head").optional(_content),
        renamed_from=node.field("from").optional(Node.text),
        added=node.field("added").optional(Node.count),
        removed=node.field("removed").optional(Node.count),
        modified=node.field("modified").optional(Node.count),
    )


def _content(node: Node) -> Content:
    return Content(
        hash=node.field("hash").optional(Node.text),
        size=node.field("size").optional(Node.count),
        nfiles=node.field("nfiles").optional(Node.count),
    )


def _stage(node: Node) -> StageRow:
    return StageRow(
        name=node.field("name").text(),
        state=node.field("state").choice(State),
        changed=_texts(node.field("changed")),
        outdated=node.field("outdated").flag(),
        ran=node.field("ran").or_else(False, Node.flag),
        ever_ran=node.field("ever_ran").or_else(True, Node.flag),
        upstream=_texts(node.field("upstream")),
    )


def _gate(node: Node) -> GateRow:
    return GateRow(
        metric=node.field("metric").text(),
        rule=node.field("rule").text(),
        result=node.field("result").choice(Verdict),
        reason=node.field("reason").text(),
    )


def _problem(node: Node) -> Problem:
    return Problem(
        revision=node.field("revision").text(),
        path=node.field("path").text(),
        kind=node.field("kind").choice(ProblemKind),
        message=node.field("message").text(),
        hint=node.field("hint").or_else("", Node.text),
        files=_texts(node.field("files")),
    )


def _explanation(node: Node) -> Explanation:
    return Explanation(file=node.field("file").text(), causes=node.field("causes").items(_cause))


def _cause(node: Node) -> Cause:
    return Cause(
        kind=node.field("kind").choice(CauseKind),
        name=node.field("name").text(),
        stage=node.field("stage").text(),
        distance=node.field("distance").count(),
        base=node.field("base").or_else(None, Node.value),
        head=node.field("head").or_else(None, Node.value),
    )


def _slice(node: Node) -> SliceRow:
    return SliceRow(
        predictions=node.field("predictions").text(),
        metric=node.field("metric").text(),
        group=node.field("group").text(),
        value=node.field("value").text(),
        rows=node.field("rows").count(),
        base=node.field("base").optional(Node.real),
        head=node.field("head").optional(Node.real),
        delta=node.field("delta").optional(Node.real),
        interval=node.field("interval").optional(Node.bounds),
        p_value=node.field("p_value").optional(Node.real),
        outcome=node.field("outcome").or_else(Outcome.UNKNOWN, _slice_outcome),
    )


def _slice_outcome(node: Node) -> Outcome:
    outcome = node.choice(Outcome)
    if outcome not in SLICE_OUTCOMES:
        raise node.wrong(f"one of {', '.join(SLICE_OUTCOMES)}")
    return outcome


def _flips(node: Node) -> Flips:
    return Flips(
        predictions=node.field("predictions").text(),
        rows=node.field("rows").count(),
        gained=node.field("gained").count(),
        lost=node.field("lost").count(),
        examples=node.field("examples").items(_flip_example),
    )


def _flip_example(node: Node) -> FlipExample:
    return FlipExample(
        id=node.field("id").text(),
        actual=node.field("actual").text(),
        base=node.field("base").text(),
        head=node.field("head").text(),
        confidence=node.field("confidence").optional(Node.real),
        gained=node.field("gained").flag(),
    )


def _artifact(node: Node) -> ArtifactRow:
    return ArtifactRow(
        name=node.field("name").text(),
        state=node.field("state").choice(State),
        path=node.field("path").optional(Node.text),
        changed=_texts(node.field("changed")),
        note=node.field("note").or_else("", Node.text),
    )


def _history(node: Node) -> MetricHistory:
    return MetricHistory(
        file=node.field("file").text(),
        name=node.field("name").text(),
        points=node.field("points").items(_history_point),
    )


def _history_point(node: Node) -> HistoryPoint:
    return HistoryPoint(
        sha=_matching(node.field("sha"), _SHA, "a commit's 40 hexadecimal digits"), value=node.field("value").number()
    )


def _sections(node: Node) -> tuple[SectionText, ...]:
    sections = node.items(_section)
    if len(sections) > MOST_SECTIONS:
        raise node.wrong(f"a list of at most {MOST_SECTIONS} sections")
    return sections


def _section(node: Node) -> SectionText:
    return SectionText(
        title=node.field("title").text(),
        markdown=node.field("markdown").text(),
        pictures=node.field("pictures").or_else((), lambda pictures: pictures.items(_section_picture)),
    )


def _section_picture(node: Node) -> SectionPicture:
    return SectionPicture(address=node.field("address").text(), image=_image(node.field("image")))


def _run(node: Node) -> RunInfo:
    return RunInfo(
        version=node.field("version").text(),
        runner=node.field("runner").or_else("", Node.text),
        url=node.field("url").optional(_web_address),
        repository_url=node.field("repository_url").optional(_web_address),
    )


def _comment(node: Node) -> CommentRule:
    return CommentRule(title=node.field("title").text(), key=node.field("key").text())


def _texts(node: Node) -> tuple[str, ...]:
    return node.or_else((), lambda texts: texts.items(Node.text))


def _matching(node: Node, pattern: re.Pattern[str], expected: str) -> str:
    text = node.text()
    if not pattern.fullmatch(text):
        raise node.wrong(expected)
    return text


def _web_address(node: Node) -> str:
    text = node.text()
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise node.wrong("an http or https address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise node.wrong("an http or https address")
    return text
