"""Which commit a candidate is compared with: DESIGN.md's rules about branches, pull requests and the branch itself."""

from __future__ import annotations

from reporter.collect.git.repository import Git
from reporter.collect.git.revisions import (
    FETCH_DEPTH_HINT,
    Branch,
    branch_refspec,
    deepen_until,
    default_branch,
    find_branch,
    first_parent,
    label_of,
    named_revision,
)
from reporter.errors import ProjectError
from reporter.model.ci import CiContext
from reporter.model.revision import Policy, Revision


def find_baseline(
    git: Git, base: str | None, head: Revision, *, policy: Policy, ci: CiContext | None, default: str | None
) -> Revision | None:
    """The baseline of `head`; None where there is none (the first commit).

    `base` is what the user asked for, `default` what reporter.yaml says. Raises ProjectError for an unknown name and
    for a history that this clone lacks and cannot get.
    """
    pull_request = ci.pull_request if ci else None
    name = base or (pull_request.base_branch if pull_request else None) or default
    name = name or default_branch(git, ci.default_branch if ci else None)
    if name is None:
        return _before(git, head, ci, None)
    branch = find_branch(git, name, of_remote=ci is not None)
    if branch is None:
        return named_revision(git, name)
    asked_for = base is not None or pull_request is not None
    if not asked_for and any(git.is_ancestor(head.sha, tip) for tip in branch.tips):
        return _before(git, head, ci, branch)
    return _on_branch(git, name, branch, head, policy)


def _on_branch(git: Git, name: str, branch: Branch, head: Revision, policy: Policy) -> Revision:
    match policy:
        case Policy.MERGE_BASE:
            sha = _merge_base(git, branch, head)
        case Policy.TIP:
            sha = branch.tip
        case Policy.EXACT:
            sha = branch.local or branch.tip
    return Revision(name, sha, label_of(name), behind=git.distance(sha, branch.tip))


def _merge_base(git: Git, branch: Branch, head: Revision) -> str:
    """The newest commit that the candidate shares with the branch, here or on the remote."""
    wanted = (head.sha, branch_refspec(git, branch.name))
    found = deepen_until(git, lambda: git.merge_base(head.sha, branch.tips), *wanted)
    if found:
        return found
    if git.is_shallow():
        raise ProjectError(f"the commit where {head.label} left {branch.name} is not in this clone", FETCH_DEPTH_HINT)
    raise ProjectError(
        f"{head.label} and {branch.name} have no commit in common",
        "name another BASE, or compare with the branch's tip: `--policy tip`",
    )


def _before(git: Git, head: Revision, ci: CiContext | None, branch: Branch | None) -> Revision | None:
    """The commit before `head` on its own branch: what a push replaced, else the first parent."""
    replaced = ci.previous_sha if ci and branch and ci.branch == branch.name and ci.head_sha == head.sha else None
    if replaced and git.commit(replaced) is None:
        git.fetch("--depth=1", replaced) if git.is_shallow() else git.fetch(replaced)
    sha = git.commit(replaced or "") or first_parent(git, head.sha)
    return Revision(sha, sha, label_of(sha)) if sha else None
