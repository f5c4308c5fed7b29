"""What is read from the environment and the event of a CI run, and what a broken one is answered with."""

from __future__ import annotations

import json

import pytest

from reporter.errors import ForgeError
from reporter.forges.registry import read_ci_context
from reporter.model.ci import PullRequest

HEAD, BEFORE, MERGE = "a" * 40, "b" * 40, "c" * 40
NOWHERE = "0" * 40


@pytest.fixture
def run(tmp_path):
    """Reads the context of a run: the event's name and payload, and variables that differ from the usual ones."""

    def read(event, payload, **variables):
        path = tmp_path / "event.json"
        path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": "octo/flights",
            "GITHUB_SHA": MERGE,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "42",
            "GITHUB_STEP_SUMMARY": "/tmp/summary.md",
            "GITHUB_OUTPUT": "/tmp/output",
            **variables,
        }
        return read_ci_context({name: value for name, value in environ.items() if value is not None})

    return read


def pull_request(**changes):
    pull = {
        "number": 7,
        "head": {"sha": HEAD, "ref": "try-more-trees", "repo": {"full_name": "octo/flights"}},
        "base": {"sha": BEFORE, "ref": "main", "repo": {"full_name": "octo/flights"}},
    }
    return {"pull_request": pull | changes, "repository": {"default_branch": "main", "id": 1}}


def fork_head(full_name="guest/flights"):
    return {"sha": HEAD, "ref": "try-more-trees", "repo": full_name and {"full_name": full_name}}


def test_outside_ci_there_is_no_context():
    assert read_ci_context({}) is None
    assert read_ci_context({"CI": "true", "GITHUB_REPOSITORY": "octo/flights"}) is None


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
def test_the_head_of_a_pull_request_is_the_payload_s_and_never_the_merge_commit(run, event):
    context = run(event, pull_request())

    assert context.head_sha == HEAD
    assert context.branch == "try-more-trees"
    assert context.pull_request == PullRequest(7, "main", HEAD, from_fork=False)
    assert context.pull_request_number == 7
    assert not context.read_only_token


@pytest.mark.parametrize("name", ["guest/flights", None], ids=["fork", "deleted fork"])
def test_a_fork_s_pull_request_has_a_read_only_token(run, name):
    context = run("pull_request", pull_request(head=fork_head(name)))

    assert context.pull_request.from_fork
    assert context.read_only_token
    assert context.head_repository == name


def test_pull_request_target_may_write_even_for_a_fork(run):
    context = run("pull_request_target", pull_request(head=fork_head()))

    assert context.pull_request.from_fork
    assert not context.read_only_token


def test_the_repository_s_name_is_compared_as_github_does_without_case(run):
    assert not run("pull_request", pull_request(head=fork_head("Octo/Flights"))).pull_request.from_fork


def test_dependabot_s_pull_requests_have_a_read_only_token(run):
    context = run("pull_request", pull_request(), GITHUB_ACTOR="dependabot[bot]")

    assert context.read_only_token
    assert not context.pull_request.from_fork


def test_a_push_names_its_commit_and_the_one_before(run):
    context = run("push", {"after": HEAD, "before": BEFORE, "repository": {"default_branch": "main"}})

    assert (context.head_sha, context.previous_sha, context.branch) == (HEAD, BEFORE, "main")
    assert context.pull_request is None
    assert context.default_branch == "main"


def test_the_first_push_of_a_branch_has_no_commit_before(run):
    assert run("push", {"after": HEAD, "before": NOWHERE}).previous_sha is None


def test_a_pushed_tag_is_no_branch(run):
    payload = {"after": HEAD, "before": NOWHERE}
    assert run("push", payload, GITHUB_REF="refs/tags/v1", GITHUB_REF_NAME="v1").branch is None


def test_a_push_that_deletes_a_branch_says_how_to_skip_it(run):
    with pytest.raises(ForgeError, match="deletes a branch") as caught:
        run("push", {"after": NOWHERE, "before": BEFORE})
    assert "github.event.deleted" in caught.value.hint


def workflow_run(**changes):
    details = {
        "head_sha": HEAD,
        "head_branch": "try-more-trees",
        "head_repository": {"full_name": "guest/flights"},
        "pull_requests": [],
    }
    return {"workflow_run": details | changes, "repository": {"default_branch": "main", "id": 1}}


def test_a_workflow_run_is_about_the_run_that_started_it(run):
    context = run("workflow_run", workflow_run())

    assert (context.head_sha, context.branch, context.head_repository) == (HEAD, "try-more-trees", "guest/flights")
    assert context.pull_request is None, "GitHub lists no pull requests of forks; the forge is asked"
    assert not context.read_only_token


def test_the_pull_requests_that_a_workflow_run_lists_are_not_read(run):
    """GitHub also lists those that merely have the commit, or a branch of the same name, in common with a fork's run."""
    theirs = {"number": 7, "head": {"sha": HEAD}, "base": {"ref": "main", "repo": {"id": 1}}}

    context = run("workflow_run", workflow_run(pull_requests=[theirs]))

    assert context.named_pull_requests == ()


def test_a_workflow_run_of_a_fork_that_is_deleted_has_no_repository(run):
    assert run("workflow_run", workflow_run(head_repository=None)).head_repository is None


def test_a_pushed_tag_is_about_the_commit_and_not_about_the_tag(run):
    payload = {"ref": "refs/tags/v1", "after": BEFORE, "before": NOWHERE, "head_commit": {"id": HEAD}}
    assert run("push", payload, GITHUB_REF="refs/tags/v1", GITHUB_REF_NAME="v1").head_sha == HEAD


@pytest.mark.parametrize(
    ("event", "payload", "said"),
    [
        ("pull_request", pull_request(), "ref: ${{ github.event.pull_request.head.sha }}"),
        ("pull_request_target", pull_request(), "ref: ${{ github.event.pull_request.head.sha }}"),
        ("pull_request_target", pull_request(head=fork_head()), "must not run with this job's rights"),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {}}}, "ref: refs/pull/${{ github.event.issue.number"),
        ("workflow_run", workflow_run(), "must not run with this job's rights"),
        ("workflow_run", workflow_run(head_repository={"full_name": "octo/flights"}), "event.workflow_run.head_sha"),
        ("push", {"after": HEAD, "before": BEFORE}, "leave out the `ref`"),
        ("workflow_dispatch", {}, "started on that branch"),
    ],
)
def test_a_job_is_told_how_to_check_out_what_it_is_about(run, event, payload, said):
    assert said in run(event, payload).how_to_check_out


@pytest.mark.parametrize(("attempt", "read"), [("3", 3), (None, 1), ("x", 1), ("²", 1)])
def test_a_repeated_run_says_so(run, attempt, read):
    assert run("schedule", {}, GITHUB_RUN_ATTEMPT=attempt).attempt == read


def test_a_merge_queue_s_branch_names_its_pull_request(run):
    group = {"head_sha": HEAD, "head_ref": f"refs/heads/gh-readonly-queue/release/1.0/pr-104-{BEFORE}"}

    context = run("merge_group", {"merge_group": group})

    assert context.pull_request == PullRequest(104, "release/1.0", HEAD)
    assert context.head_sha == HEAD


def test_a_comment_names_its_pull_request_but_not_the_head(run):
    context = run("issue_comment", {"issue": {"number": 7, "pull_request": {"url": "…"}}})

    assert context.pull_request_number == 7
    assert context.pull_request is None
    found = context.located(PullRequest(7, "main", HEAD))
    assert (found.head_sha, found.pull_request.number) == (HEAD, 7)


def test_a_comment_on_an_issue_belongs_to_no_pull_request(run):
    assert run("issue_comment", {"issue": {"number": 7}}).pull_request_number is None


@pytest.mark.parametrize("event", ["workflow_dispatch", "schedule"])
def test_a_run_by_hand_or_by_clock_is_about_its_branch(run, event):
    context = run(event, {"repository": {"default_branch": "trunk"}})

    assert (context.head_sha, context.branch, context.default_branch) == (MERGE, "main", "trunk")


def test_a_run_s_page_and_files_are_known(run):
    context = run("schedule", {})

    assert context.run_url == "https://github.com/octo/flights/actions/runs/42"
    assert context.run == 42
    assert (context.summary_path, context.output_path) == ("/tmp/summary.md", "/tmp/output")


def test_a_github_enterprise_server_has_addresses_of_its_own(run):
    context = run("schedule", {}, GITHUB_SERVER_URL="https://git.corp", GITHUB_API_URL="https://git.corp/api/v3")

    assert (context.server_url, context.api_url) == ("https://git.corp", "https://git.corp/api/v3")
    assert context.run_url.startswith("https://git.corp/octo/flights/")


@pytest.mark.parametrize(
    ("event", "payload", "said"),
    [
        ("push", "{", "not JSON"),
        ("push", "[" * 200_000, "not JSON"),
        ("push", '{"after": ' + "9" * 5_000 + "}", "not JSON"),
        ("push", "[]", "not a JSON object"),
        ("schedule", {"repository": {"default_branch": []}}, "unusable `repository.default_branch`"),
        ("push", {}, "lacks `after`"),
        ("push", {"after": "HEAD"}, "unusable `after`"),
        ("push", {"after": HEAD, "before": 3}, "unusable `before`"),
        ("pull_request", {}, "lacks `pull_request.number`"),
        ("pull_request", {"pull_request": "x"}, "lacks `pull_request.number`"),
        ("pull_request", pull_request(number="7"), "unusable `pull_request.number`"),
        ("pull_request", pull_request(number=-7), "unusable `pull_request.number`"),
        ("pull_request", pull_request(number=2**70), "unusable `pull_request.number`"),
        ("pull_request", pull_request(head={**fork_head(), "ref": {}}), "unusable `pull_request.head.ref`"),
        ("pull_request", pull_request(head=fork_head(7)), "unusable `pull_request.head.repo.full_name`"),
        ("workflow_run", {"workflow_run": {"head_sha": HEAD, "head_branch": 7}}, "unusable `workflow_run.head_branch`"),
        ("pull_request", pull_request(head={"ref": "x"}), "lacks `pull_request.head.sha`"),
        ("workflow_run", {"workflow_run": {}}, "lacks `workflow_run.head_sha`"),
        ("merge_group", {"merge_group": {"head_sha": HEAD}}, "lacks `merge_group.head_ref`"),
        ("issue_comment", {"issue": {"pull_request": {}}}, "lacks `issue.number`"),
    ],
)
def test_a_broken_payload_is_one_clear_line_with_its_mend(run, event, payload, said):
    with pytest.raises(ForgeError) as caught:
        run(event, payload)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "GITHUB_EVENT_PATH" in caught.value.hint


def test_a_missing_payload_names_the_file(run, tmp_path):
    with pytest.raises(ForgeError, match=r"nothing\.json: No such file"):
        run("push", {}, GITHUB_EVENT_PATH=str(tmp_path / "nothing.json"))


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 5_000, "٣"])
def test_a_run_s_number_that_is_none_is_left_out(run, number):
    context = run("schedule", {}, GITHUB_RUN_ID=number)
    assert (context.run, context.run_url) == (0, None)


def test_a_queue_s_branch_of_a_number_beyond_all_is_of_no_pull_request(run):
    branch = f"refs/heads/gh-readonly-queue/main/pr-{'9' * 5_000}-abc"
    assert run("merge_group", {"merge_group": {"head_sha": HEAD, "head_ref": branch}}).pull_request is None


def test_pull_requests_that_are_no_list_are_none(run):
    event = {"workflow_run": {"head_sha": HEAD, "pull_requests": 7}}
    assert run("workflow_run", event).pull_request is None


def test_addresses_that_are_none_or_hold_a_password_reach_no_link(run):
    context = run("schedule", {}, GITHUB_SERVER_URL="https://me:hunter2@git.corp", GITHUB_API_URL="")
    assert (context.server_url, context.api_url) == ("https://git.corp", "https://api.github.com")
    assert run("schedule", {}, GITHUB_SERVER_URL="nonsense://[").server_url == "https://github.com"


@pytest.mark.parametrize("name", ["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_SHA"])
def test_a_missing_variable_is_named(run, name):
    with pytest.raises(ForgeError, match=f"{name} is not set"):
        run("schedule", {}, **{name: None})
