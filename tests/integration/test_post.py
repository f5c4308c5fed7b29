"""`reporter post` from a bundle to a GitHub in memory: everything a reader of the pull request, the job and the log sees."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from report_factories import make_report, metric, plot

from reporter.bundle import Bundle
from reporter.commands.mark import mark_failed, mark_running
from reporter.commands.post import PostOutcome, check_conclusion, post
from reporter.commands.rehearse import rehearse
from reporter.errors import ForgeError, PermissionMissingError, StorageError, UsageError
from reporter.forges.interface import Conclusion
from reporter.forges.marker import Marker, read_marker
from reporter.forges.registry import connect
from reporter.model.comparison import Verdict
from reporter.model.rules import CommentRule, FailOn, ImagesRule, ImageStoreKind
from reporter.publish.images import choose_store
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, context_of, forge_of
from tests.fakes.github_objects import READ_ALL, WRITE_ALL, actions_token

BOT = "github-actions[bot]"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"
"""What every PNG begins with, of one pixel."""
REPORT = make_report(
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
        self.rule = ImagesRule()

    def context(self, **details):
        files = {"summary_path": str(self.summary_path), "output_path": str(self.output_path)}
        return context_of(self.github, **{**files, **details})

    def connect(self):
        return forge_of(self.github, self.token)

    def store(self, forge):
        return choose_store(self.rule, forge)

    def post(self, bundle, **details):
        return post(bundle, self.folder, self.context(**details), self.connect, self.store, self.said.append)

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
        job.post(replace(bundle, report=replace(REPORT, comment=CommentRule(title="Nightly", key="night --> ly"))))
        assert [read_marker(comment.body).key for comment in github.comments] == ["default", "night --> ly"]

    def test_a_marker_that_someone_else_copied_is_not_touched(self, job, github, bundle):
        theirs = github.add_comment(7, "stranger", Marker("default", HEAD).line() + "look here")
        job.post(bundle)
        assert theirs.body.endswith("look here")
        assert len(github.comments) == 2

    def test_the_oldest_of_several_is_updated_and_the_others_point_to_it(self, job, github, bundle):
        old = github.add_comment(7, BOT, Marker("default", HEAD).line() + "old")
        double = github.add_comment(7, BOT, Marker("default", HEAD).line() + "double")

        url = job.post(bundle).comment_url

        assert "Better" in old.body
        assert url.endswith(f"issuecomment-{old.id}")
        assert url in double.body
        assert read_marker(double.body) is None
        assert f"now only points to it: {url.replace(str(old.id), str(double.id))}" in job.log

    def test_two_runs_that_comment_at_the_same_moment_end_with_one_comment(self, job, github, bundle):
        text = Marker("default", HEAD, run=41).line() + "theirs"
        github.before["POST", "issues/7/comments"] = lambda: github.add_comment(7, BOT, text)

        url = job.post(bundle).comment_url

        theirs, ours = github.comments
        assert "Better" in theirs.body
        assert url.endswith(f"issuecomment-{theirs.id}")
        assert url in ours.body

    def test_a_comment_that_was_written_although_github_answered_with_an_error_is_not_doubled(
        self, job, github, bundle
    ):
        github.fail(502, "Server Error", method="POST", path="issues/7/comments", after=True)
        job.post(bundle)
        assert ["Better" in comment.body for comment in github.comments] == [True, False]

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

    def test_it_is_posted_for_the_event_s_commit_whatever_it_says(self, job, github, bundle):
        head = replace(REPORT.head, sha="e" * 40)
        job.post(replace(bundle, report=replace(REPORT, head=head)), event="workflow_run")
        assert github.checks[0].body["head_sha"] == HEAD
        assert read_marker(github.comments[0].body).head_sha == HEAD


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

        theirs, ours = github.comments
        assert theirs.body.endswith("newer")
        assert f"issuecomment-{theirs.id}" in ours.body

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
        job.post(bundle, event="merge_group", pull_request_number=7)
        assert github.comments == []
        assert len(github.checks) == 1

    def test_one_that_does_not_exist_is_an_error_after_everything_else(self, job, github, bundle):
        outcome = job.post(bundle, pull_request_number=99)
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
        assert outcome.failure.permission == "pull-requests: write"
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
        outcome = post(bundle, job.folder, context, lambda: connect(context, None), job.store, job.said.append)
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
        reason = StorageError("the storage refuses the credentials", hint="set AWS_ACCESS_KEY_ID")

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
        rehearse(bundle, job.folder, context, job.connect, job.store, job.said.append, shown.append)
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

    def test_it_says_what_would_fail(self, job, bundle):
        self.rehearse(job, bundle, job.context(pull_request_number=99))
        assert "cannot find pull request #99" in job.log

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
