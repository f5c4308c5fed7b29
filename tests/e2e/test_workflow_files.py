"""The workflows and the action as they are written: pinned, without rights they do not need, and as the guide tells."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from reporter.forges.registry import hidden_from_stages

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
ACTION = PROJECT / "action.yml"
GUIDE = PROJECT / "docs" / "actions.md"
OURS = "OWNER/dvc-reporter@main"

workflows = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
written = pytest.mark.parametrize("file", [*WORKFLOWS, ACTION], ids=lambda file: file.name)


def _load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _steps(document: Any) -> list[dict[str, Any]]:
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


def _examples() -> list[Any]:
    """The YAML of the guide; what is only a part of a job stands indented in it."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


@written
def test_what_is_not_ours_is_pinned_to_a_commit_beside_its_version(file):
    for line in re.findall(r"uses: (.+)", file.read_text(encoding="utf-8")):
        assert line.startswith("./ ") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@written
def test_no_expression_is_pasted_into_a_script(file):
    """A branch's name may hold a command; it must come in through the environment."""
    assert [step["run"] for step in _steps(_load(file)) if "${{" in step.get("run", "")] == []


@written
def test_githubs_actions_are_given_inputs_that_they_have(file):
    for step in _steps(_load(file)):
        if step.get("uses", "").startswith("actions/"):
            stub = PROJECT / "tests" / "fakes" / step["uses"].split("@")[0] / "action.yml"
            assert step.get("with", {}).keys() <= _load(stub)["inputs"].keys()


def test_the_action_s_step_that_runs_the_project_s_code_is_given_no_token():
    steps = [step for step in _steps(_load(ACTION)) if '"$REPORTER"' in step.get("run", "")]
    given = {step["id"]: "inputs.token }" in str(step["env"]) or "github.token" in str(step["env"]) for step in steps}
    assert given == {"start": True, "make": False, "post": True}
    (make,) = [step["run"] for step in steps if step["id"] == "make"]
    last = make.strip().splitlines()[-1]
    assert last.startswith('exec "$REPORTER" ci --make'), "the shell's first environment must not outlive this line"
    assert all(name in make for name in hidden_from_stages())


def test_the_action_s_steps_with_a_token_take_no_module_from_the_project():
    for step in _steps(_load(ACTION)):
        if step.get("id") in ("start", "post"):
            assert step["run"].index("unset ${!PYTHON*}") < step["run"].index('"$REPORTER" ')


@workflows
def test_rights_are_given_to_jobs_one_by_one(file):
    document = _load(file)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"] <= 90


@workflows
def test_no_checkout_leaves_its_token_behind(file):
    checkouts = [step for step in _steps(_load(file)) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_workflow_with_rights_takes_no_code_of_a_fork():
    (checkout,) = [step for step in _steps(_load(WORKFLOWS[2])) if "checkout" in step.get("uses", "")]
    assert WORKFLOWS[2].name == "post.yml"
    assert checkout["with"].keys() == {"persist-credentials"}


def test_a_fork_is_posted_from_the_workflow_and_the_artifact_that_exist():
    post, report = (_load(PROJECT / ".github" / "workflows" / name) for name in ("post.yml", "report.yml"))
    (download,) = [step for step in _steps(post) if "download-artifact" in step.get("uses", "")]
    assert post[True]["workflow_run"]["workflows"] == [report["name"]]  # YAML 1.1 reads `on` as a boolean
    assert download["with"]["name"] == _load(ACTION)["inputs"]["artifact"]["default"]


def test_the_stages_run_in_ci_with_the_packages_that_are_tested():
    locked = {name: _locked(PROJECT / "requirements" / name) for name in ("train.lock", "dev.lock")}
    assert locked["train.lock"].items() <= locked["dev.lock"].items(), "`make lock` writes both"


def _locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_guide_names_every_input_and_output_and_no_other():
    action = _load(ACTION)
    text = GUIDE.read_text(encoding="utf-8")
    for part in ("inputs", "outputs"):
        table = text.split(f"## {part.title()}\n")[1].split("\n\n")[0]
        assert re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE) == list(action[part])


def test_the_guides_workflows_are_workflows_and_use_the_action_as_it_is():
    schema = json.loads(
        files("check_jsonschema").joinpath("builtin_schemas/vendor/github-workflows.json").read_text(encoding="utf-8")
    )
    whole = [example for example in _examples() if "jobs" in example]
    parts = [
        example["steps"] if isinstance(example, dict) else example for example in _examples() if example not in whole
    ]
    steps = [step for part in parts for step in part] + [step for example in whole for step in _steps(example)]
    assert (len(whole), len(parts)) == (3, 3)
    for example in whole:
        Draft7Validator(schema).validate({("on" if key is True else key): value for key, value in example.items()})
    for step in steps:
        if step.get("uses") == OURS:
            assert step.get("with", {}).keys() <= _load(ACTION)["inputs"].keys()
