"""`reporter post` from a bundle to a GitHub in memory: everything a reader of the pull request, the job and the log sees."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from report_factories import make_report, metric, plot

from reporter.bundle import Bundle
from reporter.commands.dry_run import rehearse
from reporter.commands.mark import mark_failed, mark_running
from reporter.commands.post import PostOutcome, check_conclusion, post
from reporter.commands.task import Task
from reporter.errors import ForgeError, PermissionMissingError, ProjectError, UsageError
from reporter.forges.check_parts import CheckPart, read_parts
from reporter.forges.interface import Conclusion
from reporter.forges.marker import Marker, read_marker
from reporter.forges.registry import connect
from reporter.model.ci import PullRequest
from reporter.model.comparison import Verdict
from reporter.model.revision import Revision
from reporter.model.rules import CommentRule, FailOn, ImagesRule, ImageStoreKind
from reporter.publish.images import choose_store
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, context_of, forge_of
from tests.fakes.github_faults import Fault, body, cut_off, page, reset
from tests.fakes.github_objects import READ_ALL, WRITE_ALL, actions_token, personal_token

BOT = "github-actions[bot]"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"
"""What every PNG begins with, of one pixel."""
OURS = CommentRule()
REPORT = make_report(
    head=Revision("workspace", HEAD, "workspace"),
    summary="Better: roc_auc +0.0121",
    metrics=(metric("roc_auc", 0.6391, 0.6512, headline=True),),
    plots=(plot("ROC"), plot("loss")),
)


@pytest.fixture
def github():
    with FakeGitHub() as github:
        github.open_pull(7, HEAD)
        yield github
    assert github.violations == []


@pytest.fixture
def bundle(tmp_path):
    images = {}
    for row in REPORT.plots:
        images[row.image] = tmp_path / row.image
        images[row.image].parent.mkdir(exist_ok=True)
        images[row.image].write_bytes(PNG + row.id.encode())
    return Bundle(REPORT, images)


class Job:
    """A CI job that has a bundle, a token and the files of its service."""

    def __init__(self, github, folder):
        self.github, self.folder, self.said, self.token = github, folder, [], github.token
        self.summary_path, self.output_path = folder / "summary.md", folder / "output"
        self.rule, self.comment = ImagesRule(), OURS

    def context(self, **details):
        files = {"summary_path": str(self.summary_path), "output_path": str(self.output_path)}
        return context_of(self.github, **{**files, **details})

    def connect(self):
        return forge_of(self.github, self.token)

    def store(self, forge):
        return choose_store(self.rule, forge)

    def post(self, bundle, *, beside=(), **details):
        context = self.context(**details)
        said = self.said.append
        return post(bundle, self.folder, context, self.comment, self.connect, self.store, said, beside)

    @property
    def log(self):
        return "\n".join(self.said)

    @property
    def summary(self):
        return self.summary_path.read_text()

    @property
    def outputs(self):
        found = re.findall(r"^(\S+)<<(\S+)\n(.*?)\n\2$", self.output_path.read_text(), re.MULTILINE | re.DOTALL)
        return {name: value for name, _, value in found}


@pytest.fixture
def job(github, tmp_path):
    return Job(github, tmp_path)


def pictures_in(text):
    return re.findall(r"(?:src=\"|\]\()(http[^\")]+\.png\?raw=true)", text)


class TestAWholePost:
    def test_the_comment_shows_the_verdict_and_the_pictures(self, job, github, bundle):
        outcome = job.post(bundle)

        [comment] = github.comments
        assert outcome.failure is None
        assert outcome.comment_url.endswith(f"/pull/7#issuecomment-{comment.id}")
        assert "Better: roc" in comment.body
        assert {github.picture(link) for link in pictures_in(comment.body)} == {PNG + b"ROC", PNG + b"loss"}

    def test_the_check_is_on_the_head_and_links_the_comment(self, job, github, bundle):
        outcome = job.post(bundle)

        [check] = github.checks
        assert check.body["name"] == "reporter (default)"
        assert (check.body["head_sha"], check.body["conclusion"]) == (HEAD, "success")
        assert check.body["details_url"] == outcome.comment_url
        assert check.body["output"]["title"] == REPORT.summary

    def test_the_job_summary_shows_the_same_report(self, job, github, bundle):
        job.post(bundle)
        assert "Better: roc" in job.summary
        assert pictures_in(job.summary) == pictures_in(github.comments[0].body)

    def test_later_steps_are_told_verdict_bundle_and_comment(self, job, bundle):
        outcome = job.post(bundle)
        assert job.outputs == {"verdict": "pass", "report": str(job.folder), "comment-url": outcome.comment_url}

    def test_the_log_says_what_was_done(self, job, bundle):
        url = job.post(bundle).comment_url
        assert job.said == [
            "Pictures: branch reporter-assets, 2 of 2 pictures new",
            f"Comment created: {url}",
            "Check reporter (default) on aaaaaaa: success (check run)",
            "Job summary written",
        ]

    def test_posting_again_updates_the_same_comment_and_sends_no_picture(self, job, github, bundle):
        first = job.post(bundle)
        github.requests.clear()

        second = job.post(replace(bundle, report=replace(REPORT, summary="Now worse")))

        assert second.comment_url == first.comment_url
        [comment] = github.comments
        assert "Now worse" in comment.body
        assert github.sent("POST", "git/") == []

    def test_reports_with_other_keys_stand_side_by_side(self, job, github, bundle):
        job.post(bundle)
        job.comment = CommentRule(title="Nightly", key="night --> ly")
        job.post(bundle)
        assert [read_marker(comment.body).key for comment in github.comments] == ["default", "night --> ly"]
        assert [check.body["name"] for check in github.checks] == ["reporter (default)", "reporter (night --> ly)"]

    def test_a_bundle_chooses_neither_its_comment_nor_its_title_nor_its_check(self, job, github, bundle):
        nightly = github.add_comment(7, BOT, Marker("nightly", HEAD).line() + "nightly")
        asked = CommentRule(title="Approved by the owners", key="nightly")
        job.post(replace(bundle, report=replace(REPORT, comment=asked)))

        theirs, ours = github.comments
        assert (theirs, theirs.body.endswith("\nnightly")) == (nightly, True)
        assert read_marker(ours.body).key == "default"
        assert "Approved by the owners" not in ours.body + job.summary
        assert [check.body["name"] for check in github.checks] == ["reporter (default)"]

    def test_a_marker_that_someone_else_copied_is_not_touched(self, job, github, bundle):
        theirs = github.add_comment(7, "stranger", Marker("default", HEAD).line() + "look here")
        job.post(bundle)
        assert theirs.body.endswith("look here")
        assert len(github.comments) == 2

    def test_the_oldest_of_several_is_updated_and_the_others_are_removed(self, job, github, bundle):
        old = github.add_comment(7, BOT, Marker("default", HEAD).line() + "old")
        github.add_comment(7, BOT, Marker("default", HEAD).line() + "double")
        other = github.add_comment(7, BOT, Marker("nightly", HEAD).line() + "another report")

        url = job.post(bundle).comment_url

        assert github.comments == [old, other]
        assert "Better" in old.body
        assert url.endswith(f"issuecomment-{old.id}")
        assert "removed 1 further comment of the same key" in job.log

    def test_two_runs_that_comment_at_the_same_moment_end_with_one_comment(self, job, github, bundle):
        text = Marker("default", HEAD, run=41).line() + "theirs"
        github.before["POST", "issues/7/comments"] = lambda: github.add_comment(7, BOT, text)

        url = job.post(bundle).comment_url

        [comment] = github.comments
        assert "Better" in comment.body
        assert url.endswith(f"issuecomment-{comment.id}")

    def test_a_duplicate_that_holds_a_newer_report_is_not_lost(self, job, github, bundle):
        """Another run has made the second comment, and was cancelled before it could tidy up."""
        github.add_comment(7, BOT, Marker("default", HEAD, run=41).line() + "old")
        newest = github.add_comment(7, BOT, Marker("default", HEAD, run=50).line() + "newest")

        assert job.post(bundle).comment_url is None

        assert github.comments == [newest]
        assert newest.body.endswith("\nnewest")

    def test_eight_jobs_that_comment_at_once_end_with_one_comment_and_the_latest_run_s_report(
        self, job, github, bundle
    ):
        all_have_looked = Barrier(8)

        def connect():
            forge = job.connect()
            create = forge.create_comment

            def create_at_once(*arguments):
                all_have_looked.wait(timeout=60)
                return create(*arguments)

            forge.create_comment = create_at_once
            return forge

        def post_as(run):
            report = replace(REPORT, summary=f"Run {run}", plots=())
            context = job.context(run=run, summary_path=None, output_path=None)
            return post(Bundle(report), job.folder, context, OURS, connect, job.store, print)

        with ThreadPoolExecutor(8) as jobs:
            outcomes = list(jobs.map(post_as, [45, 42, 48, 41, 47, 43, 46, 44]))

        assert [outcome.failure for outcome in outcomes] == [None] * 8
        [comment] = github.comments
        assert read_marker(comment.body).run == 48
        assert "Run 48" in comment.body

    @pytest.mark.parametrize("spoil", [reset, cut_off(), page(502), body(b"{")], ids=["cut", "half", "502", "broken"])
    def test_a_comment_that_was_written_although_github_did_not_say_so_is_not_doubled(self, job, github, bundle, spoil):
        github.faults.append(Fault("POST", "issues/7/comments", spoil, times=1))
        job.post(bundle)
        [comment] = github.comments
        assert "Better" in comment.body

    @pytest.mark.parametrize("spoil", [reset, page(502)], ids=["cut", "502"])
    def test_nor_where_github_says_so_of_no_try(self, job, github, bundle, spoil):
        github.faults.append(Fault("POST", "issues/7/comments", spoil))
        outcome = job.post(bundle)
        [comment] = github.comments
        assert "Better" in comment.body
        assert len(github.sent("POST", "issues/7/comments")) > 1
        assert "cannot comment on pull request #7: GitHub" in str(outcome.failure), "what came is said all the same"

    def test_one_that_was_not_written_is_an_error(self, job, github, bundle):
        github.fail(502, "Server Error", method="POST", path="issues/7/comments", times=100)
        outcome = job.post(bundle)
        assert github.comments == []
        assert "cannot comment on pull request #7" in str(outcome.failure)

    def test_a_comment_that_is_deleted_between_the_look_and_the_update_is_written_again(self, job, github, bundle):
        job.post(bundle)
        github.before["PATCH", "issues/comments"] = github.comments.clear

        outcome = job.post(replace(bundle, report=replace(REPORT, summary="Now worse")))

        [comment] = github.comments
        assert "Now worse" in comment.body
        assert outcome.failure is None
        assert outcome.comment_url.endswith(f"issuecomment-{comment.id}")

    def test_what_is_there_already_is_not_sent_again(self, job, github, bundle):
        first = job.post(bundle)
        github.comments[0].body = github.comments[0].body.replace("\n", "\r\n")
        github.requests.clear()

        second = job.post(bundle)

        assert second == first
        assert [request.path for request in github.requests if request.method != "GET"] == ["/graphql"]

    def test_a_report_of_any_size_fits_into_each_place(self, job, github, bundle):
        rows = tuple(metric(f"metric_{number}" + "x" * 80, number, number + 1) for number in range(3000))
        job.post(replace(bundle, report=replace(REPORT, metrics=rows)))
        assert len(github.comments[0].body) <= 65_536
        assert len(github.checks[0].body["output"]["summary"]) <= 65_535
        assert len(job.summary.encode()) <= 1024 * 1024


class TestABundleThatAnybodyMayHaveWritten:
    @pytest.mark.parametrize(
        "url", ["https://evil.example/log", "{here}/../../evil.example", "{here}/%2e%2e/%2e%2e/evil.example"]
    )
    def test_its_links_lead_nowhere_else(self, job, github, bundle, url):
        url = url.format(here=f"{github.server_url}/octo/flights")
        run = replace(REPORT.run, url=url, repository_url="https://evil.example/octo/flights")
        job.post(replace(bundle, report=replace(REPORT, run=run)))
        assert "evil.example" not in github.comments[0].body + job.summary
        assert "/octo/flights/actions/runs/42" in github.comments[0].body

    def test_the_log_of_the_run_that_trained_is_kept(self, job, github, bundle):
        run = replace(REPORT.run, url=f"{github.server_url}/octo/flights/actions/runs/41")
        job.post(replace(bundle, report=replace(REPORT, run=run)), event="workflow_run")
        assert "/octo/flights/actions/runs/41" in github.comments[0].body

    @pytest.mark.parametrize("event", ["workflow_run", "pull_request", "issue_comment", "workflow_dispatch", "push"])
    def test_of_another_commit_it_is_posted_nowhere(self, job, github, bundle, event):
        github.add_comment(7, BOT, Marker("default", HEAD, run=1).line() + "the last report")
        head = replace(REPORT.head, sha="e" * 40)
        number = 7 if event in ("pull_request", "issue_comment") else None

        outcome = job.post(replace(bundle, report=replace(REPORT, head=head)), event=event, pull_request_number=number)

        assert "the report is about eeeeeee, and this run about aaaaaaa" in str(outcome.failure)
        assert outcome.failure.exit_code == 3
        assert HEAD in outcome.failure.hint
        assert [comment.body.splitlines()[1] for comment in github.comments] == ["the last report"]
        assert (github.checks, github.statuses, github.git.refs) == ([], [], {})
        assert "Better" in job.summary, "the job's own page says what was made"

    def test_of_a_dirty_workspace_it_is_about_the_commit_below_it(self, job, github, bundle):
        head = replace(REPORT.head, dirty=True)
        assert job.post(replace(bundle, report=replace(REPORT, head=head))).failure is None
        assert github.checks[0].body["head_sha"] == HEAD

    def test_where_the_head_cannot_be_asked_for_nothing_is_posted_on_any_commit(self, job, github, bundle):
        """The event of a comment has the default branch's commit as its own."""
        github.fail(404, "Not Found", path="/pulls/7")
        head = replace(REPORT.head, sha="d" * 40)

        outcome = job.post(
            replace(bundle, report=replace(REPORT, head=head)),
            event="issue_comment",
            head_sha="d" * 40,
            pull_request_number=7,
        )

        assert "cannot find pull request #7" in str(outcome.failure)
        assert (github.comments, github.checks, github.git.refs) == ([], [], {})

    def test_of_a_fork_it_is_never_posted_on_a_pull_request_that_has_the_same_head(self, job, github, bundle):
        """A fork pushes the commit of somebody's pull request, so that its own run is about it as well."""
        github.open_pull(8, HEAD, head_ref="evil", head_repository="guest/flights", base_ref="main")

        job.post(bundle, event="workflow_run", head_repository="guest/flights", branch="evil")
        assert [comment.pull for comment in github.comments] == [8]

        github.pulls[8].state = "closed"
        job.post(bundle, event="workflow_run", head_repository="guest/flights", branch="evil", run=43)
        assert [comment.pull for comment in github.comments] == [8]

    def test_of_a_fork_that_is_deleted_it_is_commented_nowhere(self, job, github, bundle):
        outcome = job.post(bundle, event="workflow_run", head_repository=None)
        assert outcome.failure is None
        assert github.comments == []
        assert "the repository that aaaaaaa was pushed to is not known" in job.log


class TestSeveralPullRequestsOfOneBranch:
    @pytest.fixture(autouse=True)
    def into_dev(self, github):
        github.open_pull(9, HEAD, base_ref="dev")

    def of(self, bundle, target, summary, verdict=Verdict.PASS):
        base = Revision(target, "b" * 40, target)
        return replace(bundle, report=replace(REPORT, base=base, summary=summary, verdict=verdict))

    def event(self, number, target):
        return {"event": "pull_request", "pull_request": PullRequest(number, target, HEAD)}

    def test_each_has_its_comment_and_the_check_carries_the_worse_verdict_and_names_both(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))
        job.post(self.of(bundle, "dev", "Better than dev"), **self.event(9, "dev"), run=43)

        assert {comment.pull: "Worse than main" in comment.body for comment in github.comments} == {7: True, 9: False}
        [check] = github.checks
        output = check.body["output"]
        assert check.body["conclusion"] == "failure"
        assert output["title"] == "#7 (main): Worse than main; #9 (dev): Better than dev"
        shown = re.sub(r"<!--.*?-->\n", "", output["summary"])
        assert re.search(
            r"^- failure: \[#7\]\(.*/pull/7#.*\), compared with `main`: Worse than main$", shown, re.MULTILINE
        )
        assert re.search(
            r"^- success: \[#9\]\(.*/pull/9#.*\), compared with `dev`: Better than dev$", shown, re.MULTILINE
        )
        assert check.body["details_url"].endswith(f"issuecomment-{github.comments[0].id}")

    def test_the_check_is_green_again_when_both_are(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))
        job.post(self.of(bundle, "dev", "Better than dev"), **self.event(9, "dev"), run=43)
        job.post(self.of(bundle, "main", "Better than main"), **self.event(7, "main"), run=44)
        [check] = github.checks
        assert check.body["conclusion"] == "success"
        assert "Worse" not in str(check.body)

    def test_one_that_is_closed_no_longer_counts(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))
        github.pulls[7].state = "closed"
        job.post(self.of(bundle, "dev", "Better than dev"), **self.event(9, "dev"), run=43)
        [check] = github.checks
        assert (check.body["conclusion"], check.body["output"]["title"]) == ("success", "Better than dev")

    def test_one_that_cannot_be_asked_for_still_does(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))
        github.fail(404, "Not Found", path="/pulls/7")
        job.post(self.of(bundle, "dev", "Better than dev"), **self.event(9, "dev"), run=43)
        assert github.checks[0].body["conclusion"] == "failure"

    def test_an_earlier_run_leaves_the_check_as_a_later_one_has_set_it(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"), run=50)
        outcome = job.post(self.of(bundle, "main", "Better than main"), **self.event(7, "main"))
        assert github.checks[0].body["conclusion"] == "failure"
        assert "Worse than main" in github.comments[0].body
        assert outcome.comment_url is None
        assert "holds the report of a later run" in job.log
        assert "left as a later run has set it" in job.log

    def test_what_was_found_before_there_was_a_pull_request_gives_way(self, job, github, bundle):
        pulls, github.pulls = github.pulls, {}
        job.post(self.of(bundle, "trunk", "Worse than trunk", Verdict.FAIL))
        github.pulls = pulls
        job.post(self.of(bundle, "main", "Better than main"), **self.event(7, "main"), run=43)
        [check] = github.checks
        assert (check.body["conclusion"], check.body["output"]["title"]) == ("success", "Better than main")

    def test_checks_that_were_made_at_the_same_moment_become_one(self, job, github, bundle):
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))
        other = github.checks.pop()
        github.before["POST", "check-runs"] = lambda: github.checks.append(other)

        job.post(self.of(bundle, "dev", "Better than dev"), **self.event(9, "dev"), run=43)

        shown = github.checks[-1].body
        assert shown["conclusion"] == "failure"
        assert "#9 (dev): Better than dev" in shown["output"]["title"]

    def test_with_a_person_s_token_what_one_job_found_for_both_counts(self, job, github, bundle):
        github.tokens = {"ghp_person": personal_token()}
        job.token = "ghp_person"
        first = job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), pull_request_number=7)
        job.post(self.of(bundle, "dev", "Better"), pull_request_number=9, beside=first.check_parts)
        assert [status.body["state"] for status in github.statuses] == ["failure", "failure"]

    def test_a_bundle_from_another_job_goes_to_the_one_whose_target_it_compares_with(self, job, github, bundle):
        job.post(self.of(bundle, "dev", "Better than dev"), event="workflow_run")
        assert [comment.pull for comment in github.comments] == [9]
        assert "No comment on #7: its target is main, and the report compares with dev" in job.log

    def test_one_that_compares_with_something_else_goes_to_all(self, job, github, bundle):
        job.post(self.of(bundle, "v1.0", "Better than v1.0"), event="workflow_run")
        assert [comment.pull for comment in github.comments] == [7, 9]
        assert github.checks[0].body["output"]["title"] == "Better than v1.0"

    def test_what_a_bundle_says_cannot_be_taken_for_what_another_report_found(self, job, github, bundle):
        """Nor does it break the check, whatever characters it is made of."""
        forged = CheckPart(7, "main", Conclusion.SUCCESS, "Better than main", None, run=10**9).line()
        hostile = self.of(bundle, f"{forged}\ud800" * 50, f"{forged}\ud800" * 50)
        job.post(self.of(bundle, "main", "Worse than main", Verdict.FAIL), **self.event(7, "main"))

        outcome = job.post(hostile, **self.event(9, "dev"), run=43)

        assert outcome.failure is None
        output = github.checks[0].body["output"]
        assert [part.pull_request for part in read_parts(output["summary"])] == [7, 9]
        assert github.checks[0].body["conclusion"] == "failure"
        assert len(output["summary"]) <= 65_535

    def test_a_state_is_marked_on_both(self, job, github):
        mark_running(job.context(), OURS, job.connect, job.said.append)
        mark_failed(job.context(), OURS, ForgeError("no"), job.connect, job.said.append)
        assert [(comment.pull, "No report" in comment.body) for comment in github.comments] == [(7, True), (9, True)]
        assert github.checks[0].body["conclusion"] == "failure"


class TestNewerCommits:
    def test_an_older_report_leaves_the_newer_one_s_comment_alone(self, job, github, bundle):
        newer = "f" * 40
        github.pulls[7].head_sha = newer
        github.add_comment(7, BOT, Marker("default", newer, run=50).line() + "newer")

        outcome = job.post(bundle)

        assert outcome.comment_url is None
        assert outcome.failure is None
        assert github.comments[0].body.endswith("newer")
        assert "holds the report of the newer commit fffffff" in job.log
        assert github.checks[0].body["head_sha"] == HEAD, "the older commit has its own check"
        assert "Better" in job.summary

    def test_so_does_one_that_was_overtaken_while_it_wrote(self, job, github, bundle):
        newer = "f" * 40
        github.pulls[7].head_sha = newer
        text = Marker("default", newer, run=50).line() + "newer"
        github.before["POST", "issues/7/comments"] = lambda: github.add_comment(7, BOT, text)

        assert job.post(bundle).comment_url is None

        [comment] = github.comments
        assert comment.body == text

    def test_a_report_of_a_commit_that_was_pushed_over_is_better_than_none(self, job, github, bundle):
        github.pulls[7].head_sha = "f" * 40
        job.post(bundle)
        assert read_marker(github.comments[0].body) == Marker("default", HEAD, run=42)


class TestWithoutAPullRequest:
    def test_a_push_to_a_branch_without_one_has_check_and_summary(self, job, github, bundle):
        github.pulls.clear()
        outcome = job.post(bundle)
        assert outcome.failure is None
        assert github.comments == []
        assert github.checks[0].body["details_url"].endswith("/actions/runs/42")
        assert "Better" in job.summary
        assert "aaaaaaa belongs to no open pull request" in job.log

    def test_a_merge_queue_s_commit_has_check_and_summary(self, job, github, bundle):
        job.post(bundle, event="merge_group", pull_request=PullRequest(7, "main", HEAD), pull_request_number=7)
        assert github.comments == []
        assert len(github.checks) == 1

    def test_one_that_does_not_exist_is_an_error_after_everything_else(self, job, github, bundle):
        outcome = job.post(bundle, event="pull_request", pull_request=PullRequest(99, "main", HEAD))
        assert "cannot find pull request #99" in str(outcome.failure)
        assert len(github.checks) == 1
        assert "Better" in job.summary

    def test_a_comment_s_event_is_about_the_head_that_the_forge_names(self, job, github, bundle):
        job.post(bundle, event="issue_comment", head_sha="0" * 40, pull_request_number=7)
        assert read_marker(github.comments[0].body).head_sha == HEAD
        assert github.checks[0].body["head_sha"] == HEAD


class TestRights:
    def test_a_fork_s_read_only_token_is_a_normal_path(self, job, github, bundle):
        github.tokens = {"ghs_fork": actions_token(READ_ALL)}
        job.token = "ghs_fork"

        outcome = job.post(bundle, read_only_token=True)

        assert outcome.failure is None
        assert (github.comments, github.checks, github.git.refs) == ([], [], {})
        assert "Better" in job.summary
        assert "The pictures are only in the bundle" in job.summary
        assert job.outputs["comment-url"] == ""
        assert job.log.count("this run's token is read-only") == 3

    def test_elsewhere_a_token_that_may_not_comment_is_an_error(self, job, github, bundle):
        github.tokens = {"ghs_x": actions_token({**WRITE_ALL, "pull-requests": "read"})}
        job.token = "ghs_x"

        outcome = job.post(bundle)

        assert isinstance(outcome.failure, PermissionMissingError)
        assert "`pull-requests: write`" in outcome.failure.message
        assert outcome.failure.exit_code == 3
        assert len(github.checks) == 1
        assert "Better" in job.summary

    def test_without_the_right_to_write_contents_the_comment_says_why_it_has_no_pictures(self, job, github, bundle):
        github.tokens = {"ghs_x": actions_token({**WRITE_ALL, "contents": "read"})}
        job.token = "ghs_x"

        outcome = job.post(bundle)

        assert outcome.failure is None
        body = github.comments[0].body
        assert pictures_in(body) == []
        assert "The pictures are only in the bundle" in body
        assert "contents" in body
        assert "contents: write" in job.log

    def test_without_the_right_to_set_checks_the_log_names_it(self, job, github, bundle):
        github.tokens = {"ghs_x": actions_token({"contents": "write", "pull-requests": "write"})}
        job.token = "ghs_x"
        outcome = job.post(bundle)
        assert outcome.failure is None
        assert len(github.comments) == 1
        assert "checks: write" in job.log

    def test_an_invalid_token_is_an_error_and_the_summary_is_written(self, job, github, bundle):
        job.token = "ghs_wrong"
        outcome = job.post(bundle, read_only_token=True)
        assert "does not accept the token" in str(outcome.failure)
        assert "Better" in job.summary

    def test_so_is_no_token(self, job, github, bundle):
        context = job.context()
        outcome = post(bundle, job.folder, context, OURS, lambda: connect(context, None), job.store, job.said.append)
        assert "there is no token" in str(outcome.failure)
        assert "Better" in job.summary
        assert job.outputs["verdict"] == "pass"
        assert github.requests == []

    def test_so_is_a_github_that_is_down(self, job, github, bundle):
        github.fail(503, "Service Unavailable", times=1000)
        outcome = job.post(bundle)
        assert "GitHub kept failing" in str(outcome.failure)
        assert "Better" in job.summary


class TestPictures:
    def test_without_any_nothing_is_sent(self, job, github):
        job.post(Bundle(replace(REPORT, plots=())))
        assert github.git.refs == {}
        assert len(github.comments) == 1

    def test_none_are_published_where_reporter_yaml_says_so(self, job, github, bundle):
        job.rule = ImagesRule(store=ImageStoreKind.NONE)
        outcome = job.post(bundle)
        assert outcome.failure is None
        assert github.git.refs == {}
        assert pictures_in(github.comments[0].body) == []

    def test_a_store_that_cannot_be_used_does_not_keep_the_comment_back(self, job, github, bundle):
        job.rule = ImagesRule(store=ImageStoreKind.FORGE)
        outcome = job.post(bundle)
        assert isinstance(outcome.failure, UsageError)
        assert len(github.comments) == 1


class TestRunningAndFailed:
    def test_a_first_run_says_that_it_is_under_way_and_the_report_takes_its_place(self, job, github, bundle):
        mark_running(job.context(), CommentRule(), job.connect, job.said.append)
        assert "Running" in github.comments[0].body
        assert "/actions/runs/42" in github.comments[0].body

        job.post(bundle)

        [comment] = github.comments
        assert "Running" not in comment.body
        assert "Better" in comment.body

    def test_a_later_run_keeps_the_last_report_below(self, job, github, bundle):
        job.post(bundle)
        mark_running(job.context(run=43), CommentRule(), job.connect, job.said.append)
        mark_running(job.context(run=44), CommentRule(), job.connect, job.said.append)

        [comment] = github.comments
        assert comment.body.index("Running") < comment.body.index("Better")
        assert comment.body.count("Running") == 1

    def test_a_failed_run_says_why_in_comment_check_and_summary(self, job, github, bundle):
        mark_running(job.context(), CommentRule(), job.connect, job.said.append)
        reason = ProjectError("the storage refuses the credentials", hint="set AWS_ACCESS_KEY_ID")

        outcome = mark_failed(job.context(), CommentRule(), reason, job.connect, job.said.append)

        assert outcome.failure is None
        [comment], [check] = github.comments, github.checks
        for text in (comment.body, check.body["output"]["summary"], job.summary):
            assert "the storage refuses the credentials" in text
        assert check.body["conclusion"] == "failure"
        assert "Running" not in comment.body

    def test_a_failed_run_that_a_comment_started_fails_the_check_of_the_pull_request_s_head(self, job, github):
        context = job.context(event="issue_comment", head_sha="0" * 40, pull_request_number=7)
        mark_failed(context, CommentRule(), ForgeError("no"), job.connect, job.said.append)
        assert github.checks[0].body["head_sha"] == HEAD

    def test_one_whose_head_cannot_be_asked_for_sets_no_check_on_the_default_branch(self, job, github):
        github.fail(404, "Not Found", path="/pulls/7")
        context = job.context(event="issue_comment", head_sha="0" * 40, pull_request_number=7)
        mark_failed(context, OURS, ForgeError("no"), job.connect, job.said.append)
        assert (github.comments, github.checks) == ([], [])
        assert "No report could be made" in job.summary

    def test_a_failed_run_without_a_pull_request_has_check_and_summary(self, job, github):
        github.pulls.clear()
        outcome = mark_failed(job.context(), CommentRule(), ForgeError("no"), job.connect, job.said.append)
        assert outcome == PostOutcome(None, None)
        assert len(github.checks) == 1
        assert "No report could be made" in job.summary

    def test_a_failed_run_without_a_token_has_a_summary(self, job, github):
        context = job.context()
        outcome = mark_failed(
            context, CommentRule(), ForgeError("no storage"), lambda: connect(context, None), job.said.append
        )
        assert "there is no token" in str(outcome.failure)
        assert "no storage" in job.summary

    def test_names_in_the_reason_notify_nobody(self, job, github):
        reason = ForgeError("no revision @everyone <script>")
        mark_failed(job.context(), CommentRule(title="@team"), reason, job.connect, job.said.append)
        assert "@everyone" not in github.comments[0].body
        assert "@team" not in github.comments[0].body
        assert "<script>" not in github.comments[0].body

    def test_a_mark_leaves_the_comment_of_a_newer_commit_alone(self, job, github):
        github.pulls[7].head_sha = "f" * 40
        github.add_comment(7, BOT, Marker("default", "f" * 40, run=50).line() + "newer")
        assert mark_running(job.context(), CommentRule(), job.connect, job.said.append).comment_url is None
        assert github.comments[0].body.endswith("newer")

    def test_a_fork_s_run_goes_on_without_a_mark(self, job, github):
        github.tokens = {"ghs_fork": actions_token(READ_ALL)}
        job.token = "ghs_fork"
        outcome = mark_running(job.context(read_only_token=True), CommentRule(), job.connect, job.said.append)
        assert outcome.failure is None
        assert github.comments == []


class TestDryRun:
    def rehearse(self, job, bundle, context):
        shown = []
        task = context and Task(context, OURS)
        rehearse(bundle, job.folder, task, job.connect, job.store, job.said.append, shown.append)
        return shown

    def test_it_says_everything_and_does_nothing(self, job, github, bundle):
        [shown] = self.rehearse(job, bundle, job.context())

        assert "Better" in shown
        assert shown.startswith(Marker("default", HEAD, 42).line())
        assert (github.comments, github.checks, github.git.refs) == ([], [], {})
        assert not job.summary_path.exists()
        assert not job.output_path.exists()
        assert {request.method for request in github.requests} <= {"GET", "POST"}
        assert [request.path for request in github.sent("POST")] == ["/graphql"], "only to learn who we are"
        assert all(line.startswith("[dry run] ") for line in job.said)
        for part in ("Pictures: ", "a new one on pull request #7", "reporter (default)", "Job summary", "Outputs"):
            assert part in job.log

    def test_it_names_the_comment_that_would_be_updated(self, job, github, bundle):
        job.post(bundle)
        comment = github.comments[0]
        self.rehearse(job, replace(bundle, report=replace(REPORT, summary="Now worse")), job.context())
        assert f"Comment updated: {github.server_url}/octo/flights/pull/7#issuecomment-{comment.id}" in job.log
        assert "Now worse" not in comment.body

    def test_it_removes_no_duplicate(self, job, github, bundle):
        for text in ("old", "double"):
            github.add_comment(7, BOT, Marker("default", HEAD).line() + text)
        [shown] = self.rehearse(job, bundle, job.context())
        assert "Better" in shown
        assert [comment.body.splitlines()[1] for comment in github.comments] == ["old", "double"]
        assert "removed 1 further comment" in job.log

    def test_it_says_what_would_fail(self, job, bundle):
        self.rehearse(job, bundle, job.context(pull_request_number=99))
        assert "cannot find pull request #99" in job.log

    def test_outside_ci_it_shows_no_more_than_a_comment_holds(self, job, bundle):
        many = tuple(metric(f"metric_{number}", number, number + 1) for number in range(5000))
        [shown] = self.rehearse(job, replace(bundle, report=replace(REPORT, metrics=many)), None)
        assert 10_000 < len(shown) <= 65_536

    def test_outside_ci_it_shows_the_report_and_asks_nobody(self, job, github, bundle):
        [shown] = self.rehearse(job, bundle, None)
        assert "Better" in shown
        assert "images/roc.png" in shown
        assert github.requests == []
        assert "Outside CI" in job.log


@pytest.mark.parametrize(
    ("verdict", "fail_on", "conclusion"),
    [
        (Verdict.PASS, FailOn.WARN, Conclusion.SUCCESS),
        (Verdict.WARN, FailOn.FAIL, Conclusion.NEUTRAL),
        (Verdict.WARN, FailOn.WARN, Conclusion.FAILURE),
        (Verdict.UNKNOWN, FailOn.FAIL, Conclusion.NEUTRAL),
        (Verdict.UNKNOWN, FailOn.WARN, Conclusion.FAILURE),
        (Verdict.FAIL, FailOn.FAIL, Conclusion.FAILURE),
        (Verdict.FAIL, FailOn.NEVER, Conclusion.NEUTRAL),
    ],
)
def test_the_check_fails_exactly_when_the_gate_does(verdict, fail_on, conclusion):
    assert check_conclusion(make_report(verdict=verdict, fail_on=fail_on)) is conclusion
