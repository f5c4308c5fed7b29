"""`reporter post`: put a bundle where the team looks: pictures, comment, check, job summary, the step's outputs.

Each part is tried whatever became of the others. The job summary and the outputs need no rights and are always written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from reporter.bundle import Bundle
from reporter.commands.attempts import Attempts, Say
from reporter.commands.gate import gate_exit_code
from reporter.errors import ReporterError
from reporter.forges.ci_files import append_summary, write_outputs
from reporter.forges.comments import Superseded, Written, write_comment
from reporter.forges.interface import Check, Conclusion, Forge
from reporter.forges.marker import Marker
from reporter.forges.registry import limits_of
from reporter.model.ci import CiContext, PullRequest
from reporter.model.comparison import Verdict
from reporter.model.report import Report
from reporter.model.rules import CommentRule
from reporter.publish.store import ImageStore, Published
from reporter.render.escape import shorten
from reporter.render.markdown import render_markdown

Connect = Callable[[], Forge]
"""Opens the forge; raises `ForgeError` without a token. A function, so that the summary is written even then."""

OpenStore = Callable[[Forge], ImageStore]

_BYTES_PER_CHARACTER = 4
"""At most, in UTF-8: a limit in bytes divided by it is safe as a limit in characters."""

_TITLE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class PostOutcome:
    comment_url: str | None = None
    """None where no comment holds this report."""
    failure: ReporterError | None = None
    """Why the post counts as failed: the first part that should have worked and did not."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted, and for which run."""

    report: Report
    context: CiContext
    links: Mapping[str, str] = field(default_factory=dict)
    """Name of a picture in the bundle → its address."""
    comment_url: str | None = None

    def markdown(self, characters: int) -> str:
        """The report in at most so many characters."""
        return render_markdown(self.report, self.links, limit=characters, whole=self.context.run_url)

    @property
    def marker(self) -> Marker:
        return Marker(self.report.comment.key, self.context.head_sha, self.context.run)


def post(
    bundle: Bundle, folder: Path, context: CiContext, connect: Connect, open_store: OpenStore, say: Say
) -> PostOutcome:
    """Post a bundle. What the token may not do is said and left out; what should have worked and did not becomes the
    outcome's `failure`, after everything else has been done. `folder` is what the output `report` names.
    """
    attempts = Attempts(say, read_only_token=context.read_only_token)
    posting = Posting(_with_own_links(bundle.report, context), context)
    forge = attempts.run(connect)
    if not isinstance(forge, ReporterError):
        posting = _post_to_forge(attempts, posting, bundle.images, forge, open_store)
    _tell_job(attempts, posting, folder)
    return PostOutcome(posting.comment_url, attempts.failure)


def tell_job(bundle: Bundle, folder: Path, context: CiContext, say: Say) -> PostOutcome:
    """Write the job summary and the outputs alone: what is left of a post where there is to be no token."""
    attempts = Attempts(say, read_only_token=context.read_only_token)
    _tell_job(attempts, Posting(_with_own_links(bundle.report, context), context), folder)
    return PostOutcome(failure=attempts.failure)


def _tell_job(attempts: Attempts, posting: Posting, folder: Path) -> None:
    attempts.run(lambda: _write_summary(posting, attempts.say))
    attempts.run(lambda: _write_outputs(posting, folder))


def _with_own_links(report: Report, context: CiContext) -> Report:
    """The report with no link of the bundle's own choosing: anybody may have written it."""
    here = f"{context.server_url}/{context.repository}"
    is_log = report.run.url and re.fullmatch(rf"{re.escape(here)}/[\w/-]+", report.run.url)
    url = report.run.url if is_log else context.run_url
    return replace(report, run=replace(report.run, url=url, repository_url=here))


def _post_to_forge(
    attempts: Attempts, posting: Posting, images: Mapping[str, Path], forge: Forge, open_store: OpenStore
) -> Posting:
    """Pictures first: the comment embeds their addresses. The check last: it links the comment."""
    if images:
        pictures = {name: path.read_bytes() for name, path in images.items()}
        published = attempts.run(lambda: open_store(forge).publish(pictures), optional=True)
        posting = _with_pictures(posting, published, attempts.say)
    pull_request = attempts.run(lambda: forge.find_pull_request(posting.context))
    if isinstance(pull_request, PullRequest):
        posting = replace(posting, context=posting.context.located(pull_request))
        url = attempts.run(lambda: _comment(posting, pull_request, forge, attempts.say))
        posting = replace(posting, comment_url=url if isinstance(url, str) else None)
    elif pull_request is None:
        attempts.say(f"No comment: {posting.context.head_sha[:7]} belongs to no open pull request")
    attempts.run(lambda: _set_check(posting, forge, attempts.say), optional=True)
    return posting


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
    return told(write_comment(forge, pull_request, posting.marker, lambda _: text), say)


def told(written: Written | Superseded, say: Say) -> str | None:
    """Say what became of a comment, and return its address; None where it is superseded."""
    match written:
        case Superseded(comment=comment, head_sha=newer):
            say(f"No comment: {comment.url} holds the report of the newer commit {newer[:7]}")
            return None
        case Written(url=url, created=created, folded=folded):
            say(f"Comment {'created' if created else 'updated'}: {url}")
            for duplicate in folded:
                say(f"  now only points to it: {duplicate}")
            return url
        case _:
            assert_never(written)


def check_name(comment: CommentRule) -> str:
    return f"reporter ({comment.key})"


def check_conclusion(report: Report) -> Conclusion:
    """A check fails exactly when the gate does, and is green only for a pass."""
    if gate_exit_code(report):
        return Conclusion.FAILURE
    return Conclusion.SUCCESS if report.verdict is Verdict.PASS else Conclusion.NEUTRAL


def _set_check(posting: Posting, forge: Forge, say: Say) -> None:
    report, context = posting.report, posting.context
    check = Check(
        name=check_name(report.comment),
        head_sha=context.head_sha,
        conclusion=check_conclusion(report),
        title=shorten(report.summary, _TITLE_CHARACTERS),
        summary=posting.markdown(forge.limits.check_characters),
        url=posting.comment_url or context.run_url,
    )
    placed = forge.set_check(check)
    say(f"Check {check.name} on {check.head_sha[:7]}: {check.conclusion} ({placed.note or placed.kind})")


def _write_summary(posting: Posting, say: Say) -> None:
    if path := posting.context.summary_path:
        limit = limits_of(posting.context).summary_bytes
        append_summary(path, posting.markdown(limit // _BYTES_PER_CHARACTER), limit)
        say("Job summary written")


def _write_outputs(posting: Posting, folder: Path) -> None:
    if path := posting.context.output_path:
        verdict, url = posting.report.verdict.value, posting.comment_url or ""
        write_outputs(path, {"verdict": verdict, "report": str(folder), "comment-url": url})
