"""`reporter post`: put a bundle where the team looks: pictures, comment, check, job summary, the step's outputs.

Each part is tried whatever became of the others. The job summary and the outputs need no rights and are always written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import assert_never

from reporter.bundle import Bundle
from reporter.commands.attempts import Attempts, Say
from reporter.commands.check import CheckText, check_name, check_part, write_check
from reporter.commands.gate import gate_exit_code
from reporter.errors import ForgeError, ReporterError
from reporter.forges.check_parts import CheckPart
from reporter.forges.ci_files import append_summary, write_outputs
from reporter.forges.comments import Superseded, Written, write_comment
from reporter.forges.interface import Conclusion, Forge
from reporter.forges.marker import Marker
from reporter.forges.registry import limits_of, provider_of
from reporter.model.ci import CiContext, PullRequest
from reporter.model.comparison import Verdict
from reporter.model.formatting import counted
from reporter.model.report import AnyReport, Report, Reports
from reporter.model.rules import CommentRule
from reporter.publish.store import ImageStore, Published
from reporter.render.markdown.document import render_markdown
from reporter.render.markdown.markup import unfolded

Connect = Callable[[], Forge]
"""Opens the forge; raises `ForgeError` without a token. A function, so that the summary is written even then."""

OpenStore = Callable[[Forge], ImageStore]

_BYTES_PER_CHARACTER = 4
"""At most, in UTF-8: a limit in bytes divided by it is safe as a limit in characters."""


@dataclass(frozen=True, slots=True)
class PostOutcome:
    """What became of posting one report."""

    comment_url: str | None = None
    """None where no comment holds this report."""
    failure: ReporterError | None = None
    """Why the post counts as failed: the first part that should have worked and did not."""
    check_parts: tuple[CheckPart, ...] = ()
    """What the report adds to the check of its commit."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted, and for which run."""

    report: AnyReport
    context: CiContext
    links: Mapping[str, str] = field(default_factory=dict)
    """Name of a picture in the bundle → its address."""
    comment_urls: Mapping[int, str] = field(default_factory=dict)
    """Number of a pull request → the address of the comment there that holds the report."""

    def markdown(self, characters: int) -> str:
        """The report in at most so many characters."""
        text = render_markdown(self.report, self.links, limit=characters, whole=self.context.run_url)
        return text if provider_of(self.context).folds else unfolded(text)

    @property
    def marker(self) -> Marker:
        """The line by which later runs find the comment and tell whose report it holds."""
        context = self.context
        return Marker(self.report.comment.key, context.head_sha, context.run, context.attempt)

    @property
    def comment_url(self) -> str | None:
        """The address of the first pull request's comment; None where no comment holds the report."""
        return next(iter(self.comment_urls.values()), None)


def post(
    bundle: Bundle,
    folder: Path,
    context: CiContext,
    comment: CommentRule,
    connect: Connect,
    open_store: OpenStore,
    say: Say,
    beside: Sequence[CheckPart] = (),
) -> PostOutcome:
    """Post a bundle as the comment and check that `comment` names, whatever its report says. `beside` is what this job has
    found for other pull requests of the commit.

    What the token may not do is said and left out; what should have worked and did not becomes the outcome's `failure`,
    after everything else has been done. `folder` is what the output `report` names.
    """
    attempts = Attempts(say, read_only_token=context.read_only_token)
    posting = Posting(_as_ours(bundle.report, comment, context), context)
    parts: tuple[CheckPart, ...] = ()
    forge = attempts.run(connect)
    if not isinstance(forge, ReporterError):
        posting, parts = _post_to_forge(attempts, posting, bundle.images, forge, open_store, beside)
    _tell_job(attempts, posting, folder)
    return PostOutcome(posting.comment_url, attempts.failure, parts)


def tell_job(bundle: Bundle, folder: Path, context: CiContext, comment: CommentRule, say: Say) -> PostOutcome:
    """Write the job summary and the outputs alone: what is left of a post where there is to be no token."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    _tell_job(attempts, Posting(_as_ours(bundle.report, comment, context), context), folder)
    return PostOutcome(failure=attempts.failure)


def _tell_job(attempts: Attempts, posting: Posting, folder: Path) -> None:
    attempts.run(lambda: _write_summary(posting, attempts.say))
    attempts.run(lambda: _write_outputs(posting, folder))


def _as_ours(report: AnyReport, comment: CommentRule, context: CiContext) -> AnyReport:
    """The report with no comment and no link of the bundle's own choosing: anybody may have written it."""
    if isinstance(report, Reports):
        return replace(report, reports=tuple(_one_as_ours(each, comment, context) for each in report.reports))
    return _one_as_ours(report, comment, context)


def _one_as_ours(report: Report, comment: CommentRule, context: CiContext) -> Report:
    here = f"{context.server_url}/{context.repository}"
    is_log = report.run.url and re.fullmatch(rf"{re.escape(here)}/[\w/-]+", report.run.url)
    url = report.run.url if is_log else context.run_url
    pages = provider_of(context).pages_of(context)
    return replace(report, comment=comment, run=replace(report.run, url=url, repository_url=pages))


def _post_to_forge(
    attempts: Attempts,
    posting: Posting,
    images: Mapping[str, Path],
    forge: Forge,
    open_store: OpenStore,
    beside: Sequence[CheckPart],
) -> tuple[Posting, tuple[CheckPart, ...]]:
    """Nothing where the report is about another commit than the run. Pictures first: the comment embeds their addresses.
    The check last: it links the comment.
    """
    named = posting.context.named_pull_requests
    found = attempts.run(lambda: forge.find_pull_requests(posting.context))
    pull_requests = () if isinstance(found, ReporterError) else tuple(found)
    if pull_requests:
        posting = replace(posting, context=posting.context.located(*pull_requests))
    if attempts.run(lambda: _check_commit(posting)) is not None:
        return posting, ()
    if images:
        pictures = {name: path.read_bytes() for name, path in images.items()}
        published = attempts.run(lambda: open_store(forge).publish(pictures), optional=True)
        posting = _with_pictures(posting, published, attempts.say)
    if not pull_requests and not isinstance(found, ReporterError):
        attempts.say(_no_pull_request(posting.context))
    addressed = pull_requests if named else _of_target(posting.report, pull_requests, attempts.say)
    for pull_request in addressed:
        url = attempts.run(partial(_comment, posting, pull_request, forge, attempts.say))
        if isinstance(url, str):
            posting = replace(posting, comment_urls={**posting.comment_urls, pull_request.number: url})
    parts = _check_parts(posting, [each.number for each in addressed] or named)
    attempts.run(lambda: _set_check(posting, parts, beside, forge, attempts.say), optional=True)
    return posting, parts


def _check_commit(posting: Posting) -> None:
    """Raise where the report is about another commit than the run, or where it is not known which one the run is about."""
    report, context = posting.report, posting.context
    if context.names_no_head:
        raise ForgeError(
            f"nothing is posted: which commit pull request #{context.pull_request_number} has as its head is not known",
            hint="run the job again when the forge answers",
        )
    if report.head.sha != context.head_sha:
        raise ForgeError(
            f"nothing is posted: the report is about {report.head.sha[:7]}, and this run about {context.head_sha[:7]}",
            hint=f"the job that makes the report must have {context.head_sha} checked out (docs/github.md, Events)",
        )


def _no_pull_request(context: CiContext) -> str:
    commit = context.head_sha[:7]
    if context.head_repository is None and context.event != "merge_group":
        return f"No comment: the repository that {commit} was pushed to is not known; it may be a fork that is deleted"
    return f"No comment: {commit} belongs to no open pull request"


def _of_target(report: AnyReport, found: Sequence[PullRequest], say: Say) -> tuple[PullRequest, ...]:
    """Those of a branch's pull requests whose target the report compares with; all of them where it compares with
    something else.
    """
    base = report.base.rev if report.base else None
    of_target = tuple(each for each in found if each.base_branch == base)
    for other in found:
        if of_target and other not in of_target:
            say(
                f"No comment on #{other.number}: its target is {other.base_branch}, and the report compares with {base}"
            )
    return of_target or tuple(found)


def _with_pictures(posting: Posting, published: Published | ReporterError, say: Say) -> Posting:
    """The report with the addresses of its pictures, or with a notice of why it has none."""
    report = posting.report
    match published:
        case Published(links=links, place=place):
            say(f"Pictures: {place}")
            return replace(posting, links=links)
        case ReporterError(message=message):
            notice = f"The pictures are only in the bundle: {message.rstrip('.')}."
            return replace(posting, report=replace(report, notices=(*report.notices, notice)))
        case _:
            assert_never(published)


def _comment(posting: Posting, pull_request: PullRequest, forge: Forge, say: Say) -> str | None:
    """Write the report's comment and return its address; None where a newer report stays."""
    text = posting.markdown(forge.limits.comment_characters - len(posting.marker.line()))
    return told(write_comment(forge, pull_request, posting.marker, lambda _: text), posting.marker, say)


def told(written: Written | Superseded, marker: Marker, say: Say) -> str | None:
    """Say what became of a comment, and return its address; None where it is superseded."""
    match written:
        case Superseded(comment=comment, marker=newer):
            of_newer = "a later run" if newer.head_sha == marker.head_sha else f"the newer commit {newer.head_sha[:7]}"
            say(f"No comment: {comment.url} holds the report of {of_newer}")
            return None
        case Written(url=url, created=created, removed=removed):
            say(f"Comment {'created' if created else 'updated'}: {url}")
            if removed:
                say(f"  removed {counted(removed, 'further comment')} of the same key")
            return url
        case _:
            assert_never(written)


def check_conclusion(report: AnyReport) -> Conclusion:
    """A check fails exactly when the gate does, and is green only for a pass."""
    if gate_exit_code(report):
        return Conclusion.FAILURE
    return Conclusion.SUCCESS if report.verdict is Verdict.PASS else Conclusion.NEUTRAL


def _check_parts(posting: Posting, numbers: Sequence[int]) -> tuple[CheckPart, ...]:
    report, context, urls = posting.report, posting.context, posting.comment_urls
    baseline, conclusion = report.base.label if report.base else None, check_conclusion(report)
    return tuple(
        check_part(context, number, baseline, conclusion, report.summary, urls.get(number)) for number in numbers
    ) or (check_part(context, None, baseline, conclusion, report.summary, None),)


def _set_check(
    posting: Posting, ours: Sequence[CheckPart], beside: Sequence[CheckPart], forge: Forge, say: Say
) -> None:
    text = CheckText(check_name(posting.report.comment), posting.context.head_sha, posting.markdown)
    write_check(forge, posting.context, text, ours, beside, say)


def _write_summary(posting: Posting, say: Say) -> None:
    if path := posting.context.summary_path:
        limit = limits_of(posting.context).summary_bytes
        append_summary(path, posting.markdown(limit // _BYTES_PER_CHARACTER), limit)
        say("Job summary written")


def _write_outputs(posting: Posting, folder: Path) -> None:
    if path := posting.context.output_path:
        verdict, url = posting.report.verdict.value, posting.comment_url or ""
        write_outputs(path, {"verdict": verdict, "report": str(folder), "comment-url": url})
