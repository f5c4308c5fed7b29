"""Mermaid graphs, which forges draw themselves: the pipeline, and which graphs of the team's own are safe to be drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reporter.model.comparison import StageRow, State
from reporter.render.escape import shorten, visible
from reporter.render.wording import stage_note

MOST_STAGES = 60
"""A forge draws larger graphs slowly and unreadably, or not at all."""

_STYLES = {
    "outdated": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
    "changed": "fill:#fff1c2,stroke:#9a6700,color:#1f2328",
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "removed": "fill:#f6f8fa,stroke:#6e7781,color:#6e7781,stroke-dasharray:4 3",
    "unavailable": "fill:#f6f8fa,stroke:#9a6700,color:#1f2328,stroke-dasharray:4 3",
    "ran": "fill:#ddf4ff,stroke:#0969da,color:#1f2328",
    "same": "fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
}
"""Readable on a light and on a dark page."""

_DRAWN = re.compile(
    r"\s*(?:flowchart|graph|sequenceDiagram|classDiagram|stateDiagram(?:-v2)?|erDiagram|gantt|pie|timeline|journey)\b"
)
_POWERFUL = re.compile(
    r"\b(?:click|href|links?|call|callback|properties|details|img|image|icon)\b|url\s*\(|@(?:import|\{)|%%\{|//|[\\`&]"
    r"|<(?!br\s*/?>|-|\||=|<)",
    re.IGNORECASE,
)
"""What a graph links, loads, or is set up by: directives, shapes with pictures, styles with addresses, HTML but for line breaks."""

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.,/ -]")


def pipeline_graph(stages: Sequence[StageRow]) -> str:
    """The text of a Mermaid flowchart, or empty for a pipeline too large to draw: names are text whatever they hold."""
    if not stages or len(stages) > MOST_STAGES:
        return ""
    keys = {stage.name: f"s{index}" for index, stage in enumerate(stages)}
    nodes = [f'  {keys[stage.name]}["{_label(stage)}"]:::{_class(stage)}' for stage in stages]
    edges = [
        f"  {keys[name]} --> {keys[stage.name]}"
        for stage in stages
        for name in dict.fromkeys(stage.upstream)
        if name in keys
    ]
    used = {_class(stage) for stage in stages}
    styles = [f"  classDef {name} {style}" for name, style in _STYLES.items() if name in used]
    return "\n".join(["flowchart LR", *nodes, *edges, *styles])


def is_harmless(graph: str) -> bool:
    """Whether somebody else's graph can be drawn: of a kind that is known, and with nothing that could link or load anything."""
    is_seen = all(visible(line) == line.replace("\t", " ") for line in graph.splitlines())
    return bool(_DRAWN.match(graph)) and is_seen and not _POWERFUL.search(graph)


def _label(stage: StageRow) -> str:
    note = stage_note(stage)
    name = _text(shorten(visible(stage.name), 60))
    return f"{name}<br/>{_text(shorten(visible(note), 60))}" if note else name


def _text(text: str) -> str:
    return _NOT_PLAIN.sub(lambda found: f"#{ord(found[0])};", text)


def _class(stage: StageRow) -> str:
    if stage.outdated:
        return "outdated"
    if stage.state in {State.ADDED, State.REMOVED, State.UNAVAILABLE}:
        return stage.state.value
    if stage.state is not State.UNCHANGED or stage.changed:
        return "changed"
    return "ran" if stage.ran else "same"
