"""`reporter merge`: several bundles of one commit into one, with one verdict and one comment. Each keeps its own page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from reporter.bundle import REPORT_HTML, Bundle, read_bundle
from reporter.errors import BundleError
from reporter.judge import judge_several
from reporter.model.report import CandidateReport, PlotRow, Report, Reports
from reporter.render.html.page import render_index


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A bundle of several reports, before it is written."""

    bundle: Bundle
    page: str
    """report.html: what became of each, and where its own page is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One report, and what it has in the bundle that it comes from."""

    report: Report
    folder: Path
    images: Mapping[str, Path]
    page: Path


def merge(folders: Sequence[Path]) -> Merged:
    """Put the bundles of `folders` together, in their order. Raises BundleError where one is no bundle, or of another commit."""
    parts = _named([part for folder in folders for part in _parts(folder, read_bundle(folder))])
    _check_commit(parts)
    placed = [_placed(part, f"{place}-") for place, part in enumerate(parts, 1)]
    verdict, summary = judge_several([part.report for part in placed])
    reports = Reports(verdict, summary, reports=tuple(part.report for part in placed))
    pages = {_page_of(place): part for place, part in enumerate(placed, 1) if _is_file(part.page)}
    return Merged(
        Bundle(
            reports,
            images={name: path for part in placed for name, path in part.images.items()},
            files={name: part.page for name, part in pages.items()},
        ),
        render_index(reports, {part.report.project: name for name, part in pages.items()}),
    )


def _parts(folder: Path, bundle: Bundle) -> Iterator[_Part]:
    """The reports of a bundle: of one that was merged before, each."""
    if isinstance(bundle.report, Report):
        yield _Part(bundle.report, folder, bundle.images, folder / REPORT_HTML)
        return
    for place, report in enumerate(bundle.report.reports, 1):
        images = {name: bundle.images[name] for name in report.images if name in bundle.images}
        yield _Part(report, folder, images, folder / _page_of(place))


def _page_of(place: int) -> str:
    return f"files/{place}.html"


def _is_file(path: Path) -> bool:
    """Whether it may be copied: a link could lead anywhere."""
    return path.is_file() and not path.is_symlink() and not path.parent.is_symlink()


def _check_commit(parts: Sequence[_Part]) -> None:
    first = parts[0]
    for part in parts:
        ours, theirs = part.report.head.sha, first.report.head.sha
        if ours != theirs:
            raise BundleError(
                f"{part.folder} is about {ours[:7]}, and {first.folder} about {theirs[:7]}.",
                "Merge reports on one commit.",
            )


def _named(parts: Sequence[_Part]) -> list[_Part]:
    """Each with a name of its own: its project's, else that of its folder, else its place."""
    by_project = _told_apart([part.report.project or "." for part in parts], [part.folder.name for part in parts])
    names = _told_apart(by_project, [f"{name} ({place})" for place, name in enumerate(by_project, 1)])
    return [replace(part, report=replace(part.report, project=name)) for part, name in zip(parts, names, strict=True)]


def _told_apart(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Of names that occur twice, the others."""
    counts = Counter(names)
    return [name if counts[name] == 1 else other for name, other in zip(names, others, strict=True)]


def _placed(part: _Part, prefix: str) -> _Part:
    """With names of pictures that no other report has."""
    renamed = {name: _prefixed(name, prefix) for name in part.report.images}
    images = {renamed[name]: path for name, path in part.images.items()}
    return replace(part, report=_with_images(part.report, renamed), images=images)


def _prefixed(name: str, prefix: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{prefix}{path.name}"))


def _with_images(report: Report, renamed: Mapping[str, str]) -> Report:
    sections = (
        replace(section, pictures=tuple(replace(one, image=renamed[one.image]) for one in section.pictures))
        for section in report.sections
    )
    return replace(
        report,
        plots=_plots(report, renamed),
        others=tuple(replace(other, plots=_plots(other, renamed)) for other in report.others),
        sections=tuple(sections),
    )


def _plots(candidate: CandidateReport, renamed: Mapping[str, str]) -> tuple[PlotRow, ...]:
    return tuple(replace(plot, image=renamed[plot.image]) if plot.image else plot for plot in candidate.plots)
