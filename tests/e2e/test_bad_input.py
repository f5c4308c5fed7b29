"""The command on bad input: one clear line with its mend, exit 2 or 3, nothing printed, and the last report untouched."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from project_factories import ProjectFactory, git, isolate, small_project

from demo.storage import BUCKET, Storage, embedded_storage
from reporter.cli import main
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HURRIED
from tests.fakes.github_objects import READ_ALL, actions_token

SECRET = "hunter2-secret-of-nobody"
LAST_REPORT = '{"schema_version": 1, "the": "report of an earlier run"}\n'


@dataclass(frozen=True, slots=True)
class Left:
    """How a command left."""

    code: int
    out: str
    message: str
    """The line that says what is wrong."""
    hint: str
    """The line that says what to do about it."""
    err: str


Run = Callable[..., Left]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> ProjectFactory:
    folder = tmp_path_factory.mktemp("bad_input")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        return small_project(folder / "project", folder / "remote")


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> ProjectFactory:
    """Two commits on main, all outputs in place, and the bundle of an earlier run in reports/."""
    isolate(monkeypatch, tmp_path)
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return with_last_report(project)


@pytest.fixture
def clone(template, tmp_path, monkeypatch) -> ProjectFactory:
    """What CI checks out: no outputs, no cache."""
    isolate(monkeypatch, tmp_path)
    clone = template.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.root)
    return with_last_report(clone)


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """The embedded S3 server, which checks signatures as a real one does."""
    with embedded_storage(tmp_path_factory.mktemp("storage"), port=0) as storage:
        yield storage


@pytest.fixture
def run(capfd, monkeypatch) -> Run:
    """Run `reporter` and hold what every bad input has in common."""
    monkeypatch.setenv("REPORTER_TOKEN", SECRET)

    def run_it(*arguments: str, environ: Mapping[str, str] | None = None) -> Left:
        code = main(arguments, environ or {})
        out, err = capfd.readouterr()
        lines = err.splitlines()
        assert out == ""
        assert "Traceback" not in err
        assert SECRET not in err
        [at] = [index for index, line in enumerate(lines) if line.startswith("reporter: ")]
        assert at == len(lines) - 2, "one line, then its mend, then nothing"
        return Left(code, out, lines[at], lines[at + 1].strip(), err)

    return run_it


def with_last_report(project: ProjectFactory) -> ProjectFactory:
    return project.write({"reports/report.json": LAST_REPORT})


def assert_last_report_is_untouched(project: ProjectFactory) -> None:
    reports = project.root / "reports"
    assert [path.name for path in reports.iterdir()] == ["report.json"]
    assert (reports / "report.json").read_text() == LAST_REPORT


class TestTheProject:
    def test_not_a_git_repository(self, tmp_path, monkeypatch, run):
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        monkeypatch.chdir(tmp_path)
        left = run("report", "--json")
        assert (left.code, left.message) == (3, f"reporter: {tmp_path} is not inside a git repository")
        assert "git init" in left.hint
        assert list(tmp_path.iterdir()) == []

    def test_not_a_dvc_project(self, tmp_path, monkeypatch, run):
        git(tmp_path, "init", "--quiet")
        monkeypatch.chdir(tmp_path)
        left = run("report", "--json")
        assert (left.code, left.message) == (3, f"reporter: {tmp_path} is not inside a DVC project")
        assert "dvc init" in left.hint

    def test_a_folder_that_was_deleted(self, tmp_path, monkeypatch, run):
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        left = run("report", "--json")
        assert (left.code, left.message) == (2, "reporter: The current folder is no longer there")

    def test_a_repository_of_a_newer_format_is_not_taken_for_none(self, project, run):
        project.git("config", "core.repositoryFormatVersion", "1")
        project.git("config", "extensions.tomorrow", "true")
        left = run("report", "--json")
        assert left.code == 3
        assert "unknown repository extension" in left.message
        assert "git init" not in left.message + left.hint

    def test_no_commit_yet(self, tmp_path, monkeypatch, run):
        git(tmp_path, "init", "--quiet")
        (tmp_path / ".dvc").mkdir()
        monkeypatch.chdir(tmp_path)
        left = run("report", "--json")
        assert (left.code, left.message) == (3, "reporter: the repository has no commit yet")

    @pytest.mark.parametrize("arguments", [["mian"], ["main", "--head", "mian"]], ids=["base", "head"])
    def test_an_unknown_revision_names_the_nearest_one(self, project, run, arguments):
        left = run("report", "--json", *arguments)
        assert (left.code, left.message) == (3, "reporter: there is no revision 'mian'")
        assert left.hint == "did you mean main?"
        assert_last_report_is_untouched(project)

    def test_a_revision_that_would_forge_a_second_line(self, project, run):
        left = run("report", "a\n::error::b\x1b[31m")
        assert (left.code, left.message) == (3, "reporter: there is no revision 'a ↵ ::error::b\ufffd[31m'")
        assert_last_report_is_untouched(project)

    @pytest.mark.parametrize("text", ["stages: [", "stages:\n  train:\n    cmdd: x\n"], ids=["syntax", "schema"])
    def test_a_broken_pipeline_in_the_work_tree(self, project, run, text):
        project.write({"dvc.yaml": text})
        left = run("report", "--json", "HEAD")
        assert left.code == 3
        assert left.message.startswith("reporter: dvc.yaml is broken in workspace, line ")
        assert "mend dvc.yaml" in left.hint
        assert_last_report_is_untouched(project)

    def test_a_broken_pipeline_in_the_baseline(self, project, capfd):
        project.write({"dvc.yaml": "stages: ["}).commit("Break")
        project.git("checkout", "--quiet", "HEAD~1", "--", "dvc.yaml")
        project.commit("Mend")
        assert main(["report", "HEAD~1", "--json", "--no-images", "--out", "fresh"], {}) == 0
        report = json.loads(capfd.readouterr().out)
        assert {(row["state"], row["head"]) for row in report["metrics"]} == {("unchanged", 0.75)}  # by its dvc.lock
        assert {row["state"] for row in report["stages"]} == {"unavailable"}
        assert report["problems"][0]["path"] == "dvc.yaml"
        assert "name another BASE" in report["problems"][0]["hint"]


def assert_the_rest_is_reported(project: ProjectFactory) -> None:
    report = json.loads((project.root / "reports" / "report.json").read_text())
    assert report["verdict"] == "unknown"
    assert {row["state"] for row in report["metrics"]} == {"unavailable"}
    assert report["stages"]


class TestMetrics:
    @pytest.mark.parametrize(
        ("content", "said"),
        [("{nope", "is not valid JSON"), (b"\x89PNG\xff", "is not a text file"), ('"text"', "is not a metrics file")],
        ids=["broken", "binary", "prose"],
    )
    def test_a_file_that_is_none(self, project, run, content, said):
        project.write({"metrics.json": content})
        left = run("report", "--json", "HEAD")
        assert left.code == 3
        assert left.message.startswith("reporter: no metric of workspace can be read: metrics.json: ")
        assert said in left.message
        assert left.hint
        assert_the_rest_is_reported(project)

    def test_one_broken_file_of_several_is_unavailable_in_a_report(self, project, capfd):
        project.write({"dvc.yaml": (project.root / "dvc.yaml").read_text() + "metrics: [more.json]\n"})
        project.write({"metrics.json": "{nope", "more.json": {"loss": 1}})
        assert main(["report", "HEAD", "--json", "--no-images", "--out", "fresh"], {}) == 0
        states = {row["name"]: row["state"] for row in json.loads(capfd.readouterr().out)["metrics"]}
        assert states == {"acc": "unavailable", "loss": "added"}


class TestStorage:
    @pytest.fixture(autouse=True)
    def _environment(self, monkeypatch, tmp_path):
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    @staticmethod
    def point_to(project: ProjectFactory, endpoint: str, key: str, secret: str) -> None:
        project.write(
            {
                ".dvc/config": f"[core]\n    remote = s3\n['remote \"s3\"']\n    url = s3://{BUCKET}\n",
                ".dvc/config.local": f"['remote \"s3\"']\n    endpointurl = {endpoint}\n"
                f"    access_key_id = {key}\n    secret_access_key = {secret}\n",
            }
        )

    def test_it_refuses_the_credentials(self, clone, run, storage: Storage):
        self.point_to(clone, storage.endpoint, storage.access_key, SECRET)
        left = run("report", "--json", "HEAD~1")
        assert left.code == 3
        assert f"remote 's3' (s3://{BUCKET}) refuses the credentials" in left.message
        assert left.hint
        assert_the_rest_is_reported(clone)

    def test_nobody_answers(self, clone, run):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.point_to(clone, f"http://127.0.0.1:{probe.getsockname()[1]}", "key", SECRET)
            left = run("report", "--json", "HEAD~1")
        assert left.code == 3
        assert f"remote 's3' (s3://{BUCKET}) is unreachable" in left.message
        assert "network" in left.hint
        assert_the_rest_is_reported(clone)


class TestTheConfiguration:
    @pytest.mark.parametrize(
        ("text", "said"),
        [("metrik: 1", "did you mean `metrics`?"), ("a: [", "not valid YAML"), ("fail_on: [x]", "must be one of fail")],
    )
    def test_a_broken_one(self, project, run, text, said):
        project.write({"reporter.yaml": text})
        left = run("report", "--json")
        assert left.code == 2
        assert said in left.message
        assert left.hint
        assert_last_report_is_untouched(project)

    def test_one_that_is_not_there(self, project, run):
        left = run("report", "--json", "--config", "absent.yaml")
        assert (left.code, left.message) == (2, "reporter: absent.yaml: no such file")
        assert_last_report_is_untouched(project)

    def test_in_ci_one_that_no_baseline_can_have(self, project, run, tmp_path):
        (tmp_path / "own.yaml").write_text("fail_on: never\n")
        left = run("ci", "--config", str(tmp_path / "own.yaml"))
        assert left.code == 2
        assert "is outside the DVC project" in left.message
        assert_last_report_is_untouched(project)


class TestTheBundle:
    def test_a_folder_that_holds_something_else_is_not_replaced(self, project, run):
        left = run("report", "--no-images", "--json", "--out", "data")
        assert left.code == 2
        assert "holds no report.json" in left.message
        assert "--out" in left.hint
        assert sorted(path.name for path in (project.root / "data").iterdir()) == ["a.txt", "b.txt"]

    def test_a_place_that_cannot_hold_one(self, project, run):
        left = run("report", "--no-images", "--json", "--out", "train.py/reports")
        assert left.code == 2
        assert "cannot be written" in left.message
        assert (project.root / "train.py").read_text() == "print('train')\n"

    @pytest.mark.parametrize("command", ["gate", "post"])
    def test_none(self, project, run, command):
        left = run(command, "absent")
        assert (left.code, left.message) == (3, "reporter: There is no bundle in absent.")
        assert "reporter report" in left.hint


class TestGitHub:
    """`reporter ci` in a job on a pull request; its report is made whatever becomes of the post."""

    @pytest.fixture
    def github(self, project):
        with FakeGitHub(tokens={SECRET: actions_token()}) as github:
            github.open_pull(7, project.git("rev-parse", "HEAD"))
            yield github
        assert github.violations == []

    @pytest.fixture
    def job(self, github, project, tmp_path, monkeypatch) -> dict[str, str]:
        monkeypatch.setattr("reporter.forges.github.forge.Patience", lambda: HURRIED)
        shutil.rmtree(project.root / "reports")
        sha = project.git("rev-parse", "HEAD")
        write_event(tmp_path / "event.json", sha)
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.api_url,
            "GITHUB_SERVER_URL": github.server_url,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_SHA": sha,
            "GITHUB_RUN_ID": "42",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "REPORTER_TOKEN": SECRET,
        }

    @pytest.fixture
    def ci(self, job, project, capfd):
        def run_it(*arguments: str, repository: str = "octo/flights", **environ: str) -> tuple[int, str]:
            write_event(Path(job["GITHUB_EVENT_PATH"]), project.git("rev-parse", "HEAD"), repository)
            code = main(["ci", "HEAD~1", "--no-images", *arguments], {**job, **environ})
            out, err = capfd.readouterr()
            assert "Traceback" not in err
            assert SECRET not in out + err + everything_written(job)
            return code, err

        return run_it

    @pytest.mark.parametrize(
        ("token", "said"),
        [
            ("", "there is no token for octo/flights"),
            ("ghs_wrong", "GitHub does not accept the token"),
            ("ghs_readonly", "the token lacks `pull-requests: write`"),
        ],
        ids=["none", "invalid", "without the right"],
    )
    def test_a_token_that_will_not_do(self, github, job, ci, token, said):
        github.tokens["ghs_readonly"] = actions_token(READ_ALL)
        code, err = ci(REPORTER_TOKEN=token)
        assert code == 3
        [line] = [line for line in err.splitlines() if line.startswith("The report could not be posted: ")]
        assert said in line
        assert "Better: acc" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()
        assert Path("reports/report.json").is_file()

    def test_the_pull_request_is_not_found(self, github, ci):
        github.pulls.clear()
        code, err = ci()
        assert code == 3
        assert "The report could not be posted: cannot find pull request #7 in octo/flights" in err
        assert Path("reports/report.json").is_file()

    def test_a_failed_gate_wins_over_a_failed_post_and_both_are_said(self, project, github, ci):
        github.tokens.clear()
        with_gate(project, "min: 0.99")
        code, err = ci()
        assert code == 1
        assert "The report could not be posted: " in err
        assert re.search(r"^The gate failed: .*acc", err, re.MULTILINE)

    def test_a_fork_s_read_only_token_leaves_by_the_gate(self, github, job, ci):
        github.tokens[SECRET] = actions_token(READ_ALL)
        code, err = ci(repository="guest/flights")
        assert code == 0
        assert "read-only" in err
        assert "Better: acc" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()
        assert Path("reports/report.html").is_file()

    def test_a_change_cannot_loosen_its_own_gates(self, project, github, ci):
        with_gate(project, "min: 0.99")
        project.write({"reporter.yaml": "fail_on: never\n"}).commit("Loosen")
        code, err = ci("--config", "reporter.yaml")
        assert code == 1, err
        assert "the gates in force are those of" in github.comments[0].body

    def test_a_baseline_whose_configuration_is_broken_stops_nobody_and_passes_nobody(self, project, github, ci):
        project.write({"reporter.yaml": "metrics: [\n"}).commit("Break")
        project.write({"reporter.yaml": "fail_on: warn\n"}).commit("Mend")
        code, err = ci()
        assert code == 0, err
        assert github.checks[-1].body["conclusion"] == "neutral"
        [verdict] = [line for line in github.comments[0].body.splitlines() if line.startswith("### ")]
        assert verdict.startswith("### 🟠 Can't be judged: ")
        assert "reporter.yaml is broken (line 2: not valid YAML" in verdict

    def test_a_broken_project_is_said_on_the_pull_request(self, project, github, ci):
        project.write({"dvc.yaml": "stages: ["})
        code, err = ci()
        assert code == 3
        assert "reporter: dvc.yaml is broken in workspace" in err
        assert "No report could be made: dvc.yaml is broken" in github.comments[0].body
        assert github.checks[-1].body["conclusion"] == "failure"
        assert not Path("reports").exists()

    def test_a_bug_does_not_leave_the_comment_running(self, github, job, monkeypatch, capfd):
        def fail(*_arguments: object, **_options: object) -> None:
            raise ZeroDivisionError("oops")

        monkeypatch.setattr("reporter.commands.report.compare", fail)
        assert main(["ci", "--no-images"], job) == 70
        assert "Running" not in github.comments[0].body
        assert "No report could be made" in github.comments[0].body
        assert "ZeroDivisionError: oops" in capfd.readouterr().err

    def test_outside_ci_nothing_is_sent(self, github, job, capfd):
        outside = {name: value for name, value in job.items() if not name.startswith(("GITHUB_", "CI"))}
        assert main(["ci", "--no-images"], outside) == 0
        assert "[dry run]" in capfd.readouterr().err
        assert github.requests == []


def write_event(path: Path, sha: str, repository: str = "octo/flights") -> None:
    """Pull request #7 from a branch of the repository, whose head is `sha`."""
    head = {"sha": sha, "ref": "try", "repo": {"full_name": repository}}
    path.write_text(json.dumps({"number": 7, "pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}}))


def with_gate(project: ProjectFactory, gate: str) -> None:
    """A gate on `acc` in a commit before the candidate's."""
    project.write({"reporter.yaml": f'metrics: [{{match: "*:acc", gate: {{{gate}}}}}]\n'}).commit("Gate")
    project.commit("Candidate")


def everything_written(job: Mapping[str, str]) -> str:
    """All text that a job leaves: its bundle, its summary, its outputs."""
    folders = [path for path in Path("reports").rglob("*") if path.is_file()]
    files = [*folders, *(Path(job[name]) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"))]
    return "".join(path.read_text(errors="replace") for path in files if path.exists())
