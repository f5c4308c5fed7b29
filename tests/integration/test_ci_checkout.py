"""`reporter ci` in checkouts as jobs make them: what is posted stands on the commit that was read, or nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from project_factories import ProjectFactory, isolate, small_project

from reporter.cli import main
from reporter.forges.marker import read_marker
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HURRIED

BRANCH = "try-more-trees"
GATE = 'metrics: [{match: "*:acc", headline: true, gate: {max_drop: 0.01}}]\n'
A_COMMENT = {"issue": {"number": 7, "pull_request": {}}}
TRAINED_OR_NOT = pytest.mark.parametrize("arguments", [(), ("--repro",)], ids=["as committed", "trained"])


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    """`main`, `dev` and, left from both, the branch of a pull request: acc is 0.75, 0.9 and 0.8.

    `main` has gone on since, so that a merge of the branch with it is another commit with another reporter.yaml.
    """
    folder = tmp_path_factory.mktemp("ci_checkout")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        project = small_project(folder / "origin", folder / "remote")
        project.write({"reporter.yaml": GATE}).commit("Gate")
        project.git("switch", "--quiet", "--create", "dev")
        project.write({"metrics.json": {"acc": 0.9}}).record().push().commit("Better on dev")
        project.git("switch", "--quiet", "--create", BRANCH)
        project.write({"metrics.json": {"acc": 0.8}}).record().push().commit("Try more trees")
        project.git("switch", "--quiet", "main")
        project.write({"reporter.yaml": GATE + "fail_on: warn\n"}).commit("Be stricter")
        return project


@dataclass
class Runner:
    """Runs `reporter ci` in a clone, in a job of GitHub Actions."""

    origin: ProjectFactory
    clone: ProjectFactory
    github: FakeGitHub
    folder: Path
    capfd: Any
    err: str = ""

    def sha(self, name: str) -> str:
        return self.origin.git("rev-parse", name)

    @property
    def head(self) -> str:
        return self.sha(BRANCH)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()

    @property
    def outputs(self) -> str:
        return (self.folder / "output").read_text()

    def check_out(self, name: str) -> None:
        self.clone.git("checkout", "--quiet", "--detach", name)

    def check_out_merge(self, *options: str) -> str:
        """As `pull_request` has it without a `ref`: a merge of the target and the head, which only GitHub has made."""
        self.origin.git("checkout", "--quiet", "--detach", "main")
        self.origin.git("merge", "--quiet", "--no-ff", "--message", "Merge", BRANCH)
        merge = self.sha("HEAD")
        self.origin.git("update-ref", "refs/pull/7/merge", merge)
        self.origin.git("switch", "--quiet", "main")
        self.clone.git("fetch", "--quiet", *options, "origin", "+refs/pull/7/merge:refs/remotes/pull/7/merge")
        self.check_out("refs/remotes/pull/7/merge")
        return merge

    def pull_request(self, repository: str = "octo/flights") -> dict[str, Any]:
        head = {"sha": self.head, "ref": BRANCH, "repo": {"full_name": repository}}
        return {"number": 7, "pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}}

    def ci(self, event: str, payload: dict[str, Any], *arguments: str, **variables: str) -> int:
        payload = {"repository": {"default_branch": "main"}, **payload}
        (self.folder / "event.json").write_text(json.dumps(payload))
        environ = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.server_url,
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_SHA": self.sha("main"),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "42",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_TOKEN": self.github.token,
            **variables,
        }
        code = main(["ci", "--no-images", *arguments], environ)
        self.err = self.capfd.readouterr().err
        assert "Traceback" not in self.err
        return code

    def pushed(self, *arguments: str) -> int:
        payload = {"ref": f"refs/heads/{BRANCH}", "before": "0" * 40, "after": self.head}
        variables = {"GITHUB_SHA": self.head, "GITHUB_REF": f"refs/heads/{BRANCH}", "GITHUB_REF_NAME": BRANCH}
        return self.ci("push", payload, *arguments, **variables)

    def report(self, folder: str = "reports") -> Any:
        return json.loads((self.clone.root / folder / "report.json").read_text())


@pytest.fixture
def runner(template, tmp_path, monkeypatch, capfd):
    isolate(monkeypatch, tmp_path)
    monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: HURRIED)
    origin = template.copy(tmp_path / "origin")
    clone = origin.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.root)
    with FakeGitHub() as github:
        runner = Runner(origin, clone, github, tmp_path, capfd)
        github.open_pull(7, runner.head, head_ref=BRANCH)
        yield runner
    assert github.violations == []


def assert_posted_on_head(runner: Runner) -> None:
    [comment], [check] = runner.github.comments, runner.github.checks
    assert read_marker(comment.body).head_sha == runner.head
    assert "No report could be made" not in comment.body
    assert check.body["head_sha"] == runner.head
    report = runner.report()
    assert report["head"]["sha"] == runner.head
    assert [(row["base"], row["head"]) for row in report["metrics"]] == [(0.75, 0.8)]


def assert_refused(runner: Runner, code: int, mend: str) -> None:
    """Exit 3 with the mend; whoever looks at the pull request is told why, and no check is green."""
    assert code == 3
    assert mend in runner.err
    assert "Running stage" not in runner.err
    assert not (runner.clone.root / "reports").exists()
    assert all(check.body["conclusion"] == "failure" for check in runner.github.checks)
    assert all("No report could be made" in comment.body for comment in runner.github.comments)
    assert "No report could be made" in runner.summary


class TestAPullRequest:
    def test_checked_out_at_its_head_is_read_from_the_work_tree(self, runner):
        runner.check_out(runner.head)
        assert runner.ci("pull_request", runner.pull_request()) == 0, runner.err
        assert_posted_on_head(runner)
        assert runner.report()["head"]["rev"] == "workspace"

    @pytest.mark.parametrize("ref", ["main", "dev"])
    @TRAINED_OR_NOT
    def test_with_another_branch_checked_out_is_refused(self, runner, ref, arguments):
        runner.check_out(runner.sha(ref))
        code = runner.ci("pull_request", runner.pull_request(), *arguments)
        assert_refused(runner, code, "`ref: ${{ github.event.pull_request.head.sha }}`")
        assert f"this run is about {runner.head[:7]}, but {runner.sha(ref)[:7]} is checked out" in runner.err
        assert len(runner.github.comments) == len(runner.github.checks) == 1

    def test_as_its_target_s_trigger_checks_it_out_is_refused(self, runner):
        runner.check_out(runner.sha("main"))
        runner.github.pulls[7].head_repository = "guest/flights"
        code = runner.ci("pull_request_target", runner.pull_request("guest/flights"))
        assert_refused(runner, code, "what a fork has pushed must not run with this job's rights")


class TestAMerge:
    def test_is_not_what_is_compared(self, runner):
        runner.check_out_merge()
        assert runner.ci("pull_request", runner.pull_request()) == 0, runner.err
        assert_posted_on_head(runner)
        assert runner.report()["notices"] == [], "the merge's reporter.yaml is not the change's"
        assert f"A merge is checked out: {runner.head[:7]} is read as it was pushed" in runner.err

    def test_in_a_shallow_clone_its_head_is_fetched(self, runner, tmp_path, monkeypatch):
        runner.clone = runner.origin.clone(tmp_path / "shallow", "--depth=1", "--branch=main")
        monkeypatch.chdir(runner.clone.root)
        runner.check_out_merge("--depth=1")
        assert runner.ci("pull_request", runner.pull_request()) == 0, runner.err
        assert_posted_on_head(runner)

    def test_is_never_trained(self, runner):
        merge = runner.check_out_merge()
        code = runner.ci("pull_request", runner.pull_request(), "--repro")
        assert_refused(runner, code, "`ref: ${{ github.event.pull_request.head.sha }}`")
        assert f"{merge[:7]} is checked out, the merge of {runner.head[:7]} with its target" in runner.err

    def test_that_the_job_has_changed_is_said_to_be_left_out(self, runner):
        runner.check_out_merge()
        runner.clone.write({"params.yaml": "lr: 0.9\n"})
        assert runner.ci("pull_request", runner.pull_request()) == 0
        [notice] = runner.report()["notices"]
        assert notice.startswith(f"The report is about {runner.head[:7]} as it was pushed")

    def test_of_something_else_is_refused(self, runner):
        """The head moved on after the event, and the checkout took the new merge."""
        payload = runner.pull_request()
        runner.origin.git("switch", "--quiet", BRANCH)
        runner.origin.commit("One more")
        runner.check_out_merge()
        assert_refused(runner, runner.ci("pull_request", payload), "github.event.pull_request.head.sha")


class TestAComment:
    def test_with_the_head_checked_out_is_about_the_head(self, runner):
        runner.check_out(runner.head)
        assert runner.ci("issue_comment", A_COMMENT) == 0, runner.err
        assert_posted_on_head(runner)

    @TRAINED_OR_NOT
    def test_with_the_default_branch_checked_out_is_refused(self, runner, arguments):
        runner.check_out("origin/main")
        code = runner.ci("issue_comment", A_COMMENT, *arguments)
        assert_refused(runner, code, "`ref: refs/pull/${{ github.event.issue.number }}/head`")
        assert [check.body["head_sha"] for check in runner.github.checks] == [runner.head]

    def test_where_the_head_cannot_be_asked_for_is_reported_and_posted_nowhere(self, runner):
        runner.check_out(runner.head)
        runner.github.fail(500, "Server Error", times=1000, path="/pulls/7")
        assert runner.ci("issue_comment", A_COMMENT) == 3
        assert runner.report()["head"]["sha"] == runner.head
        assert "acc" in runner.summary
        assert (runner.github.comments, runner.github.checks) == ([], [])


class TestARunByHand:
    def test_with_another_branch_checked_out_is_refused(self, runner):
        runner.check_out(runner.head)
        code = runner.ci("workflow_dispatch", {})
        assert_refused(runner, code, "leave out the `ref` of actions/checkout")
        assert "started on that branch" in runner.err
        assert runner.github.comments == []
        assert [check.body["head_sha"] for check in runner.github.checks] == [runner.sha("main")]

    def test_on_the_pull_request_s_branch_is_about_it(self, runner):
        runner.check_out(runner.head)
        branch = {"GITHUB_SHA": runner.head, "GITHUB_REF": f"refs/heads/{BRANCH}", "GITHUB_REF_NAME": BRANCH}
        assert runner.ci("workflow_dispatch", {}, **branch) == 0, runner.err
        assert_posted_on_head(runner)


class TestTwoPullRequestsOfOneBranch:
    @pytest.fixture(autouse=True)
    def into_dev(self, runner):
        runner.github.open_pull(9, runner.head, head_ref=BRANCH, base_ref="dev")

    def test_each_is_compared_with_its_own_target(self, runner):
        runner.check_out(runner.head)

        assert runner.pushed() == 1, "worse than dev"

        values = {
            folder: [(row["base"], row["head"]) for row in runner.report(folder)["metrics"]]
            for folder in ("reports", "reports-9")
        }
        assert values == {"reports": [(0.75, 0.8)], "reports-9": [(0.9, 0.8)]}
        assert [(comment.pull, "`dev`" in comment.body) for comment in runner.github.comments] == [
            (7, False),
            (9, True),
        ]
        [check] = runner.github.checks
        assert check.body["conclusion"] == "failure"
        title = check.body["output"]["title"]
        assert title.index("#9 (dev): ") < title.index("#7 (main): ")
        assert "reports-9" in runner.outputs
        assert runner.outputs.count("verdict<<") == 1

    def test_it_is_trained_once(self, runner):
        train = (
            'import json, pathlib\nprint("trained", flush=True)\njson.dump({"acc": 0.8}, open("metrics.json", "w"))\n'
        )
        runner.origin.git("switch", "--quiet", BRANCH)
        dvc_yaml = "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    metrics: [metrics.json]\n"
        runner.origin.write({"train.py": train, "dvc.yaml": dvc_yaml}).commit("Another training")
        runner.clone.git("fetch", "--quiet")
        runner.check_out(runner.head)
        for pull in runner.github.pulls.values():
            pull.head_sha = runner.head

        assert runner.pushed("--repro") == 1, runner.err

        assert runner.err.count("Reproducing the candidate") == 1
        assert len(runner.github.comments) == 2

    def test_with_a_baseline_that_was_asked_for_both_get_the_same_report(self, runner):
        runner.check_out(runner.head)
        assert runner.pushed("origin/main~1") == 0, runner.err
        assert [comment.pull for comment in runner.github.comments] == [7, 9]
        assert not (runner.clone.root / "reports-9").exists()
        assert runner.github.checks[0].body["conclusion"] == "success"

    def test_a_start_is_marked_on_both(self, runner):
        assert runner.pushed("--start") == 0
        assert [(comment.pull, "Running" in comment.body) for comment in runner.github.comments] == [
            (7, True),
            (9, True),
        ]


class TestWhichComment:
    def propose(self, runner: Runner, text: str) -> None:
        runner.origin.git("switch", "--quiet", BRANCH)
        runner.origin.write({"reporter.yaml": text}).commit("Another comment")
        runner.clone.git("fetch", "--quiet")
        runner.check_out(runner.head)
        runner.github.pulls[7].head_sha = runner.head

    def keys(self, runner: Runner) -> list[str]:
        [check] = runner.github.checks
        [comment] = runner.github.comments
        return [read_marker(comment.body).key, check.body["name"]]

    def test_a_change_cannot_take_the_place_of_another_report(self, runner):
        self.propose(runner, GATE + "comment: {key: nightly, title: Mine}\n")
        assert runner.ci("pull_request", runner.pull_request()) == 0
        assert self.keys(runner) == ["default", "reporter (default)"]
        assert "Mine" not in runner.github.comments[0].body
        assert "asks for the comment “nightly” and goes to “default”" in runner.err

    def test_nor_by_making_a_link_of_the_configuration(self, runner):
        runner.origin.git("switch", "--quiet", BRANCH)
        (runner.origin.root / "reporter.yaml").unlink(missing_ok=True)
        (runner.origin.root / "reporter.yaml").symlink_to("mine.yaml")
        runner.origin.write({"mine.yaml": GATE + "comment: {key: nightly, title: Mine}\n"}).commit("Another comment")
        runner.clone.git("fetch", "--quiet")
        runner.check_out(runner.head)
        runner.github.pulls[7].head_sha = runner.head
        assert runner.ci("pull_request", runner.pull_request(), "--config", "reporter.yaml") == 0, runner.err
        assert self.keys(runner) == ["default", "reporter (default)"]

    @pytest.fixture
    def into_old(self, runner):
        """The target is a branch from before there was a reporter.yaml."""
        runner.origin.git("branch", "old", "main~2")
        runner.github.pulls[7].base_ref = "old"

    def test_where_the_baseline_has_no_reporter_yaml_the_change_s_own_counts(self, runner, into_old):
        self.propose(runner, GATE + "comment: {key: churn}\n")
        assert runner.ci("pull_request", runner.pull_request()) == 0, runner.err
        assert self.keys(runner) == ["churn", "reporter (churn)"]

    def test_but_a_fork_s_never_does(self, runner, into_old):
        self.propose(runner, GATE + "comment: {key: churn}\n")
        runner.github.pulls[7].head_repository = "guest/flights"
        assert runner.ci("issue_comment", A_COMMENT) == 0, runner.err
        assert self.keys(runner) == ["default", "reporter (default)"]

    def test_on_the_default_branch_its_own_counts(self, runner):
        runner.github.pulls.clear()
        runner.origin.write({"reporter.yaml": GATE + "comment: {key: churn}\n"}).commit("Name it")
        runner.clone.git("fetch", "--quiet")
        runner.check_out("origin/main")
        payload = {"ref": "refs/heads/main", "before": runner.sha("main~1"), "after": runner.sha("main")}
        assert runner.ci("push", payload) == 0, runner.err
        [check] = runner.github.checks
        assert check.body["name"] == "reporter (churn)"
