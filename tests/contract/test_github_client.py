"""PyGithub's real client against a GitHub in memory: pull requests, comments, checks, and every refusal."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from reporter.errors import ForgeError, PermissionMissingError
from reporter.forges.interface import Check, Conclusion
from reporter.forges.registry import connect
from reporter.model.ci import PullRequest
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, HURRIED, context_of, forge_of
from tests.fakes.github_objects import READ_ALL, actions_token, personal_token

BOT = "github-actions[bot]"


@pytest.fixture(params=["", "/api/v3"], ids=["github.com", "enterprise"])
def any_github(request):
    with FakeGitHub(prefix=request.param) as github:
        yield github
    assert github.violations == []


@pytest.fixture
def github():
    with FakeGitHub() as github:
        github.open_pull(7, HEAD)
        yield github
    assert github.violations == []


class TestFindingThePullRequests:
    def test_of_a_pushed_branch(self, github):
        found = forge_of(github).find_pull_requests(context_of(github))
        assert found == [PullRequest(7, "main", HEAD)]

    def test_all_of_a_branch_with_several_targets(self, github):
        github.open_pull(9, HEAD, base_ref="dev")
        found = forge_of(github).find_pull_requests(context_of(github))
        assert found == [PullRequest(7, "main", HEAD), PullRequest(9, "dev", HEAD)]

    def test_none_of_a_branch_without_one(self, github):
        github.pulls.clear()
        assert forge_of(github).find_pull_requests(context_of(github)) == []

    def test_a_closed_one_is_none(self, github):
        github.pulls[7].state = "closed"
        assert forge_of(github).find_pull_requests(context_of(github)) == []

    def test_one_that_has_moved_on_is_found_by_its_branch(self, github):
        github.pulls[7].head_sha = "f" * 40
        assert forge_of(github).find_pull_requests(context_of(github)) == [PullRequest(7, "main", "f" * 40)]

    @pytest.mark.parametrize(
        "details",
        [
            {"head_ref": "built-on-top"},
            {"head_repository": "guest/flights"},
            {"head_repository": "octo/flights-fork"},
            {"head_repository": "guest/flights", "fork_deleted": True},
        ],
        ids=["another branch", "a fork's branch", "a fork's of the same owner", "a deleted fork's"],
    )
    def test_another_one_with_the_same_commit_is_not_it(self, github, details):
        github.open_pull(7, HEAD, **details)
        assert forge_of(github).find_pull_requests(context_of(github)) == []

    def test_of_a_fork_s_run_only_the_fork_s_own(self, github):
        github.open_pull(8, HEAD, head_repository="guest/flights")
        context = context_of(github, event="workflow_run", head_repository="guest/flights")
        assert forge_of(github).find_pull_requests(context) == [PullRequest(8, "main", HEAD, from_fork=True)]

    @pytest.mark.parametrize("details", [{"head_repository": None}, {"branch": None}], ids=["a deleted fork", "a tag"])
    def test_none_where_the_branch_is_not_known(self, github, details):
        assert forge_of(github).find_pull_requests(context_of(github, **details)) == []
        assert github.requests == []

    def test_of_a_fork_that_is_deleted(self, github):
        github.open_pull(8, HEAD, head_repository="guest/flights", fork_deleted=True)
        (found,) = forge_of(github).find_pull_requests(context_of(github, pull_request_number=8))
        assert found.from_fork

    def test_by_number_with_the_head_it_has_now(self, github):
        github.pulls[7].head_sha = "f" * 40
        context = context_of(github, event="pull_request", pull_request=PullRequest(7, "main", HEAD))
        (found,) = forge_of(github).find_pull_requests(context)
        assert (found.head_sha, found.is_open) == ("f" * 40, True)

    def test_by_number_even_when_it_is_closed(self, github):
        github.pulls[7].state = "closed"
        (found,) = forge_of(github).find_pull_requests(context_of(github, pull_request_number=7))
        assert not found.is_open

    def test_none_is_asked_for_in_a_merge_queue(self, github):
        context = context_of(github, event="merge_group", pull_request_number=7)
        assert forge_of(github).find_pull_requests(context) == []
        assert github.requests == []

    def test_a_number_that_does_not_exist_is_named(self, github):
        with pytest.raises(ForgeError, match="cannot find pull request #99 in octo/flights") as caught:
            forge_of(github).find_pull_requests(context_of(github, pull_request_number=99))
        assert "pull-requests: read" in caught.value.hint


class TestComments:
    def test_one_is_created_updated_and_found_again(self, any_github):
        any_github.open_pull(7, HEAD)
        forge = forge_of(any_github)

        created = forge.create_comment(7, "first")
        [own] = forge.own_comments(7)
        updated = forge.update_comment(7, own.id, "second")

        assert created == updated == own.url == f"{any_github.server_url}/octo/flights/pull/7#issuecomment-{own.id}"
        assert own.body == "first"
        assert [comment.body for comment in any_github.comments] == ["second"]
        forge.delete_comment(7, own.id)
        assert any_github.comments == []

    def test_one_that_has_been_deleted_is_said_to_be_gone(self, github):
        forge = forge_of(github)
        assert forge.update_comment(7, 4711, "second") is None
        forge.delete_comment(7, 4711)

    def test_own_ones_are_found_on_every_page_and_no_one_else_s(self, github):
        for number in range(250):
            github.add_comment(7, BOT if number in (3, 120, 249) else "reviewer", f"comment {number}")
        github.add_comment(8, BOT, "on another pull request")

        own = forge_of(github).own_comments(7)

        assert [comment.body for comment in own] == ["comment 3", "comment 120", "comment 249"]
        assert len(github.sent("GET", "issues/7/comments")) == 3, "pages of 100"

    def test_a_deleted_account_s_comment_is_not_ours(self, github):
        github.add_comment(7, "", "from a ghost")
        assert forge_of(github).own_comments(7) == []

    @pytest.mark.parametrize(
        ("token", "login"),
        [
            (actions_token(), BOT),
            (replace(actions_token(), login="our-reports[bot]"), "our-reports[bot]"),
            (personal_token("maintainer"), "maintainer"),
        ],
        ids=["GITHUB_TOKEN", "an app's", "a person's"],
    )
    def test_whose_token_it_is_decides_whose_comments_are_own(self, github, token, login):
        github.tokens = {"secret": token}
        github.add_comment(7, "stranger", "theirs")
        mine = github.add_comment(7, login, "mine")

        assert [comment.id for comment in forge_of(github).own_comments(7)] == [mine.id]

    def test_an_app_is_known_by_its_name_as_an_author(self, github):
        github.viewer = "github-actions"
        mine = github.add_comment(7, BOT, "mine")
        assert [comment.id for comment in forge_of(github).own_comments(7)] == [mine.id]

    def test_without_graphql_an_app_s_token_is_taken_for_that_of_actions(self, github):
        github.fail(404, "Not Found", path="/graphql")
        mine = github.add_comment(7, BOT, "mine")
        assert [comment.id for comment in forge_of(github).own_comments(7)] == [mine.id]

    def test_the_fake_refuses_one_that_is_too_long_as_github_does(self, github):
        with pytest.raises(ForgeError, match="GitHub answered 422: Validation Failed"):
            forge_of(github).create_comment(7, "x" * 65_537)
        forge_of(github).create_comment(7, "x" * 65_536)


CHECK = Check("reporter (default)", HEAD, Conclusion.SUCCESS, "Better", "# Report", "https://forge/run")


class TestChecks:
    def test_a_check_run_is_set_on_the_head(self, github):
        placed = forge_of(github).set_check(CHECK)

        assert placed.kind == "check run"
        [run] = github.checks
        assert run.body["head_sha"] == HEAD
        assert (run.body["status"], run.body["conclusion"]) == ("completed", "success")
        assert run.body["output"] == {"title": "Better", "summary": "# Report"}
        assert run.body["details_url"] == "https://forge/run"

    @pytest.mark.parametrize("conclusion", [Conclusion.SUCCESS, Conclusion.NEUTRAL, Conclusion.FAILURE])
    def test_a_running_one_is_completed_in_its_place(self, github, conclusion):
        forge = forge_of(github)
        forge.set_check(replace(CHECK, conclusion=Conclusion.RUNNING, url=None))
        [running] = forge.own_checks(CHECK.name, HEAD)
        forge.set_check(replace(CHECK, conclusion=conclusion), running.id)

        [run] = github.checks
        assert running.check.conclusion is Conclusion.RUNNING
        assert (run.body["status"], run.body["conclusion"]) == ("completed", conclusion.value)

    def test_what_was_set_is_read_back_and_nothing_of_another_name_or_commit(self, github):
        forge = forge_of(github)
        for other in (replace(CHECK, name="reporter (nightly)"), replace(CHECK, head_sha="f" * 40), CHECK):
            forge.set_check(other)
        assert [own.check for own in forge.own_checks(CHECK.name, HEAD)] == [CHECK]

    def test_those_that_were_made_at_the_same_moment_are_all_read_oldest_first(self, github):
        forge = forge_of(github)
        forge.set_check(CHECK)
        forge.set_check(replace(CHECK, title="second"))
        assert [own.check.title for own in forge.own_checks(CHECK.name, HEAD)] == ["Better", "second"]

    def test_another_app_s_check_of_the_same_name_is_not_ours(self, github):
        github.tokens["theirs"] = replace(actions_token(), login="other[bot]")
        forge_of(github, "theirs").set_check(CHECK)
        github.checks[0].body["external_id"] = "other"
        assert forge_of(github).own_checks(CHECK.name, HEAD) == []

    def test_a_token_that_may_not_read_checks_knows_of_none(self, github):
        github.tokens = {"ghs_actions": actions_token({"pull-requests": "write"})}
        assert forge_of(github).own_checks(CHECK.name, HEAD) == []

    @pytest.mark.parametrize(
        ("conclusion", "state"),
        [
            (Conclusion.RUNNING, "pending"),
            (Conclusion.SUCCESS, "success"),
            (Conclusion.NEUTRAL, "success"),
            (Conclusion.FAILURE, "failure"),
        ],
    )
    def test_a_person_s_token_sets_a_commit_status_and_says_so(self, github, conclusion, state):
        github.tokens = {"ghp_person": personal_token()}

        placed = forge_of(github).set_check(replace(CHECK, conclusion=conclusion, title="x" * 200))

        assert placed.kind == "commit status"
        assert "checks: write" in placed.note
        [status] = github.statuses
        assert (status.sha, status.body["state"], status.body["context"]) == (HEAD, state, "reporter (default)")
        assert status.body["description"] == "x" * 139 + "…"

    def test_a_token_that_may_set_neither_is_told_what_it_lacks(self, github):
        github.tokens = {"ghs_actions": actions_token({"pull-requests": "write"})}
        with pytest.raises(PermissionMissingError) as caught:
            forge_of(github).set_check(CHECK)
        assert "`checks: write`" in caught.value.message


class TestRefusals:
    @pytest.mark.parametrize(
        ("action", "permission", "accepted"),
        [
            (lambda forge: forge.create_comment(7, "x"), "pull-requests: write", "issues: write; pull_requests: write"),
            (lambda forge: forge.update_comment(7, 1001, "x"), "pull-requests: write", "pull_requests: write"),
            (lambda forge: forge.set_check(CHECK), "checks: write", "checks: write"),
            (lambda forge: forge.add_files("b", {"x": b"1"}, "m"), "contents: write", "contents: write"),
        ],
        ids=["create a comment", "update a comment", "set a check", "add files"],
    )
    def test_a_read_only_token_is_told_the_right_that_it_lacks(self, github, action, permission, accepted):
        github.add_comment(7, BOT, "mine")
        github.tokens = {"ghs_fork": actions_token(READ_ALL)}

        with pytest.raises(PermissionMissingError) as caught:
            action(forge_of(github))

        assert f"`{permission}`" in caught.value.message
        assert f"`{permission}`" in str(caught.value)
        assert accepted in str(caught.value)
        assert "permissions:" in caught.value.hint

    def test_a_private_repository_hides_from_a_person_without_rights(self, github):
        github.private = True
        github.tokens = {"ghp_person": personal_token(permissions={})}
        with pytest.raises(ForgeError, match="has not found it"):
            forge_of(github).own_comments(7)

    @pytest.mark.parametrize(
        "words",
        ["Unable to create comment because issue is locked.", "Repository was archived so is read-only."],
    )
    def test_what_nobody_may_write_to_is_no_missing_right(self, github, words):
        github.fail(403, words, method="POST")
        with pytest.raises(ForgeError, match=words) as caught:
            forge_of(github).create_comment(7, "x")
        assert not isinstance(caught.value, PermissionMissingError)

    def test_an_invalid_token_is_said_to_be_one(self, github):
        with pytest.raises(ForgeError, match="does not accept the token") as caught:
            forge_of(github, "ghp_wrong").find_pull_requests(context_of(github))
        assert "GITHUB_TOKEN" in caught.value.hint
        assert len(github.requests) == 1, "a refusal is not tried again"

    @pytest.mark.parametrize("token", [None, ""])
    def test_without_a_token_nothing_is_sent(self, github, token):
        with pytest.raises(ForgeError, match="there is no token for octo/flights") as caught:
            connect(context_of(github), token)
        assert "GITHUB_TOKEN" in caught.value.hint
        assert github.requests == []

    def test_a_forge_that_nobody_knows_is_named(self, github):
        with pytest.raises(ForgeError, match="no way to post to sourcehut"):
            connect(context_of(github, forge="sourcehut"), "x")

    def test_an_unreachable_server_is_said_to_be_one(self, github):
        context = context_of(github, api_url="http://127.0.0.1:9")
        with pytest.raises(ForgeError, match="cannot be reached") as caught:
            forge_of(github, api_url="http://127.0.0.1:9").find_pull_requests(context)
        assert "GITHUB_API_URL" in caught.value.hint


class TestPatience:
    @pytest.mark.parametrize("status", [500, 502, 503, 429])
    def test_a_passing_trouble_is_tried_again_for_every_verb(self, github, status):
        github.fail(status, "trouble", times=3, method="GET")
        github.fail(status, "trouble", times=3, method="POST")
        github.fail(status, "trouble", times=3, method="PATCH")
        forge = forge_of(github)

        forge.create_comment(7, "first")
        [own] = forge.own_comments(7)
        forge.update_comment(7, own.id, "second")

        assert [comment.body for comment in github.comments] == ["second"]

    def test_a_lasting_trouble_ends_after_ten_retries(self, github):
        github.fail(502, "Server Error", times=100)
        with pytest.raises(ForgeError, match="GitHub kept failing, after all retries"):
            forge_of(github).create_comment(7, "x")
        assert len(github.requests) == 11

    @pytest.mark.parametrize("status", [403, 429])
    def test_retry_after_is_obeyed(self, github, status):
        words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        github.fail(status, words, method="POST", Retry_After="1")

        forge_of(github).create_comment(7, "x")

        refused, accepted = github.sent("POST")
        assert accepted.at - refused.at >= 1

    def test_a_secondary_limit_without_retry_after_is_waited_out(self, github):
        github.fail(403, "You have exceeded a secondary rate limit. Please wait.", times=2, method="POST")
        forge_of(github).create_comment(7, "x")
        assert len(github.sent("POST")) == 3

    def test_a_long_limit_ends_the_job_at_once_and_says_when_it_ends(self, github):
        reset = str(int(time.time()) + 3000)
        github.fail(403, "API rate limit exceeded for installation.", times=9, X_RateLimit_Reset=reset)
        with pytest.raises(ForgeError, match=r"rate limit .* is used up until \d\d:\d\d UTC"):
            forge_of(github).create_comment(7, "x")
        assert len(github.requests) == 1

    @pytest.mark.parametrize("status", [403, 429])
    def test_so_does_a_retry_after_of_an_hour(self, github, status):
        github.fail(status, "You have exceeded a secondary rate limit.", times=9, Retry_After="3600")
        with pytest.raises(ForgeError, match=r"rate limit .* is used up until"):
            forge_of(github).create_comment(7, "x")
        assert len(github.requests) == 1

    def test_a_long_wait_is_told(self, github, caplog, monkeypatch):
        monkeypatch.setattr("reporter.forges.github.retry._LONG_WAIT", 0.1)
        github.fail(403, "You have exceeded a secondary rate limit.", method="POST")
        forge_of(github, patience=replace(HURRIED, secondary_rate_wait=0.6)).create_comment(7, "x")
        assert "waiting 1 s before the next try" in caplog.text

    def test_writes_are_a_second_apart_unless_a_test_is_in_a_hurry(self, github):
        forge = forge_of(github, patience=replace(HURRIED, seconds_between_writes=0.3))
        for _ in range(3):
            forge.create_comment(7, "x")
        times = [request.at for request in github.sent("POST", "comments")]
        assert min(later - earlier for earlier, later in pairwise(times)) >= 0.3


class TestSecrets:
    TOKEN = "ghs_verysecret"

    def test_the_token_reaches_no_log_and_no_error(self, github, caplog):
        caplog.set_level(logging.DEBUG)
        github.tokens = {self.TOKEN: actions_token({"pull-requests": "write"})}
        forge = forge_of(github)
        logging.getLogger("github").setLevel(logging.DEBUG)
        forge.create_comment(7, "x")
        with pytest.raises(PermissionMissingError) as caught:
            forge.add_files("b", {"x": b"1"}, "m")

        assert {request.token for request in github.requests} == {self.TOKEN}
        assert "POST" in caplog.text, "there is a log to look at"
        assert self.TOKEN not in caplog.text
        assert self.TOKEN not in str(caught.value) + caught.value.hint + repr(caught.value.__cause__)

    def test_the_token_is_in_no_address(self, github):
        github.tokens = {self.TOKEN: actions_token()}
        forge = forge_of(github)
        forge.create_comment(7, "x")
        assert all(self.TOKEN not in request.path for request in github.requests)
        assert self.TOKEN not in forge.file_url("c" * 40, "x.png")
