"""What the fake GitHub does for each request it knows, with the rights of the request's token."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.fakes.github_objects import CheckRun, Comment, CommitStatus, Entry, GitCommit, Pull, Token
from tests.fakes.github_routes import Answer, Refusal
from tests.fakes.github_shapes import NOW, answer, user

if TYPE_CHECKING:
    from tests.fakes.github import FakeGitHub

COMMENT_CHARACTERS = 65_536


@dataclass
class Endpoints:
    """One request: `ROUTES` names the method that answers it."""

    github: FakeGitHub
    token: Token
    path: str
    body: Any
    query: dict[str, list[str]]

    @property
    def repo_url(self) -> str:
        return f"{self.github.api_url}/repos/{self.github.repository}"

    def _need(self, permission: str, accepted: str | None = None) -> None:
        """Refuse as GitHub does where the token lacks a right."""
        if self.token.may(permission):
            return
        if not self.token.is_app and self.github.private and permission.endswith("read"):
            raise Refusal(404, "Not Found")
        holder = "integration" if self.token.is_app else "personal access token"
        needed = accepted or permission.replace("-", "_").replace(": ", "=")
        raise Refusal(403, f"Resource not accessible by {holder}", X_Accepted_GitHub_Permissions=needed)

    # ------------------------------------------------------------------ who, and where

    def get_user(self) -> Any:
        if self.token.is_app:
            raise Refusal(403, "Resource not accessible by integration")
        return answer("PublicUser", login=self.token.login, type="User")

    def post_graphql(self) -> Any:
        if self.body.get("query") != "query { viewer { login } }":
            raise Refusal(404, "Not Found")
        return {"data": {"viewer": {"login": self.github.viewer or self.token.login}}}

    def _repository(self, full_name: str) -> dict[str, Any]:
        owner, _, name = full_name.partition("/")
        return answer(
            "Repository",
            full_name=full_name,
            name=name,
            owner=user(owner),
            url=f"{self.github.api_url}/repos/{full_name}",
            private=self.github.private,
            default_branch="main",
        )

    # ------------------------------------------------------------------ pull requests

    def get_pull(self, number: str) -> Any:
        self._need("pull-requests: read")
        return answer("PullRequest", **self._pull_fields(self._pull(number)))

    def list_pulls(self) -> Any:
        self._need("pull-requests: read")
        state, head = self._asked("state", "open"), self._asked("head", "")
        found = [pull for pull in self.github.pulls.values() if state in ("all", pull.state)]
        if ":" in head:  # without an owner GitHub ignores it
            found = [pull for pull in found if head == f"{self._owner(pull)}:{pull.head_ref}"]
        return self._page([answer("PullRequestSimple", **self._pull_fields(pull)) for pull in found])

    def _pull(self, number: str) -> Pull:
        with suppress(KeyError, ValueError):
            return self.github.pulls[int(number)]
        raise Refusal(404, "Not Found")

    def _owner(self, pull: Pull) -> str:
        return (pull.head_repository or self.github.repository).partition("/")[0]

    def _pull_fields(self, pull: Pull) -> dict[str, Any]:
        head_repository = pull.head_repository or self.github.repository
        owner = self._owner(pull)
        return {
            "number": pull.number,
            "state": pull.state,
            "url": f"{self.repo_url}/pulls/{pull.number}",
            "html_url": f"{self.github.server_url}/{self.github.repository}/pull/{pull.number}",
            "head": {
                "label": f"{owner}:{pull.head_ref}",
                "ref": pull.head_ref,
                "sha": pull.head_sha,
                "repo": None if pull.fork_deleted else self._repository(head_repository),
                "user": user(owner),
            },
            "base": {
                "label": f"octo:{pull.base_ref}",
                "ref": pull.base_ref,
                "sha": "0" * 40,
                "repo": self._repository(self.github.repository),
                "user": user("octo"),
            },
        }

    # ------------------------------------------------------------------ comments

    def list_comments(self, number: str) -> Any:
        self._need("pull-requests: read")
        pull = self._pull(number)
        return self._page([self._comment(each) for each in self.github.comments if each.pull == pull.number])

    def create_comment(self, number: str) -> Any:
        pull = self._pull(number)
        self._need("pull-requests: write", "issues=write; pull_requests=write")
        self._check_length()
        return self._comment(self.github.add_comment(pull.number, self.token.login, self.body["body"]))

    def update_comment(self, comment: str) -> Any:
        found = self._find_comment(comment)
        self._need("pull-requests: write", "issues=write; pull_requests=write")
        self._check_length()
        found.body = self.body["body"]
        return self._comment(found)

    def delete_comment(self, comment: str) -> None:
        found = self._find_comment(comment)
        self._need("pull-requests: write", "issues=write; pull_requests=write")
        self.github.comments.remove(found)

    def _find_comment(self, comment: str) -> Comment:
        for each in self.github.comments:
            if str(each.id) == comment:
                return each
        raise Refusal(404, "Not Found")

    def _check_length(self) -> None:
        if len(self.body["body"]) > COMMENT_CHARACTERS:
            message = f"body is too long (maximum is {COMMENT_CHARACTERS} characters)"
            raise Refusal(
                422, "Validation Failed", [{"resource": "IssueComment", "code": "unprocessable", "message": message}]
            )

    def _comment(self, comment: Comment) -> dict[str, Any]:
        page = f"{self.github.server_url}/{self.github.repository}/pull/{comment.pull}#issuecomment-{comment.id}"
        return answer(
            "IssueComment",
            id=comment.id,
            body=comment.body,
            url=f"{self.repo_url}/issues/comments/{comment.id}",
            html_url=page,
            issue_url=f"{self.repo_url}/issues/{comment.pull}",
            user=user(comment.login, is_app=comment.login.endswith("[bot]")) if comment.login else None,
        )

    # ------------------------------------------------------------------ git data

    def create_blob(self) -> Any:
        self._need("contents: write")
        content = self.body["content"]
        try:
            raw = (
                base64.b64decode(content, validate=True) if self.body.get("encoding") == "base64" else content.encode()
            )
        except binascii.Error as error:
            raise Refusal(422, "content is not valid Base64") from error
        sha = self.github.git.add_blob(raw)
        return {"url": f"{self.repo_url}/git/blobs/{sha}", "sha": sha}

    def create_tree(self) -> Any:
        self._need("contents: write")
        git, base = self.github.git, self.body.get("base_tree")
        files = git.files(self._object_sha(git.trees, base)) if base else {}
        for entry in self.body["tree"]:
            if entry["sha"] not in git.blobs:
                raise Refusal(422, f"tree.sha {entry['sha']} is not a valid {entry['type']}")
            files[entry["path"]] = Entry(entry["mode"], entry["type"], entry["sha"])
        return self._tree(git.add_tree(files), recursive=False)

    def get_tree(self, sha: str) -> Any:
        self._need("contents: read")
        return self._tree(self._object_sha(self.github.git.trees, sha), recursive="recursive" in self.query)

    def _tree(self, sha: str, *, recursive: bool) -> dict[str, Any]:
        git = self.github.git
        entries = git.files(sha) if recursive else git.trees[sha]
        listed = [
            {"path": path, "mode": each.mode, "type": each.type, "sha": each.sha} for path, each in entries.items()
        ]
        limit = self.github.tree_listing if recursive else len(listed)
        return {
            "sha": sha,
            "url": f"{self.repo_url}/git/trees/{sha}",
            "tree": listed[:limit],
            "truncated": len(listed) > limit,
        }

    def create_commit(self) -> Any:
        self._need("contents: write")
        git = self.github.git
        parents = tuple(self._object_sha(git.commits, parent) for parent in self.body.get("parents", ()))
        tree = self._object_sha(git.trees, self.body["tree"])
        return self._commit(git.add_commit(tree, parents, self.body["message"]))

    def get_commit(self, sha: str) -> Any:
        self._need("contents: read")
        return self._commit(self._object(self.github.git.commits, sha))

    def _commit(self, commit: GitCommit) -> dict[str, Any]:
        url = f"{self.repo_url}/git/commits"
        return answer(
            "GitCommit",
            sha=commit.sha,
            url=f"{url}/{commit.sha}",
            message=commit.message,
            tree={"sha": commit.tree, "url": f"{self.repo_url}/git/trees/{commit.tree}"},
            parents=[{"sha": sha, "url": f"{url}/{sha}", "html_url": f"{url}/{sha}"} for sha in commit.parents],
        )

    def get_ref(self, ref: str) -> Any:
        self._need("contents: read")
        name = f"refs/{ref}"
        if name not in self.github.git.refs:
            raise Refusal(404, "Not Found")
        return self._ref(name)

    def create_ref(self) -> Any:
        self._need("contents: write")
        name = self.body["ref"]
        self._refuse_protected(name)
        if name in self.github.git.refs:
            raise Refusal(422, "Reference already exists")
        self.github.git.refs[name] = self._object_sha(self.github.git.commits, self.body["sha"])
        return self._ref(name)

    def update_ref(self, ref: str) -> Any:
        self._need("contents: write")
        git, name = self.github.git, f"refs/{ref}"
        self._refuse_protected(name)
        if name not in git.refs:
            raise Refusal(422, "Reference does not exist")
        sha = self._object_sha(git.commits, self.body["sha"])
        if not self.body.get("force") and not git.is_ancestor(git.refs[name], sha):
            raise Refusal(422, "Update is not a fast forward")
        git.refs[name] = sha
        return self._ref(name)

    def _refuse_protected(self, name: str) -> None:
        if name in self.github.protected_refs:
            raise Refusal(422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")

    def _ref(self, name: str) -> dict[str, Any]:
        sha = self.github.git.refs[name]
        target = {"type": "commit", "sha": sha, "url": f"{self.repo_url}/git/commits/{sha}"}
        return answer("GitRef", ref=name, url=f"{self.repo_url}/git/{name}", object=target)

    def _object(self, kind: dict[str, Any], sha: str) -> Any:
        return kind[self._object_sha(kind, sha)]

    def _object_sha(self, kind: dict[str, Any], sha: str) -> str:
        if sha not in kind:
            raise Refusal(
                404 if self.body is None else 422, "Not Found" if self.body is None else "Object does not exist"
            )
        return sha

    # ------------------------------------------------------------------ checks

    def create_check(self) -> Any:
        self._need_check_right()
        check = CheckRun(self.github.next_id(), self.token.login, dict(self.body))
        self.github.checks.append(check)
        return self._check(check)

    def update_check(self, check: str) -> Any:
        self._need_check_right()
        for each in self.github.checks:
            if str(each.id) == check and each.app == self.token.login:
                each.body |= self.body
                return self._check(each)
        raise Refusal(404, "Not Found")

    def _need_check_right(self) -> None:
        if not self.token.is_app:
            raise Refusal(403, "You must authenticate via a GitHub App.")
        self._need("checks: write")

    def list_checks(self, sha: str) -> Any:
        self._need("checks: read")
        name = self._asked("check_name", "")
        found = [
            each for each in self.github.checks if each.body["head_sha"] == sha and name in ("", each.body["name"])
        ]
        if self._asked("filter", "latest") == "latest":
            found = list({(each.app, each.body["name"]): each for each in found}.values())
        page = self._page([self._check(each) for each in found])
        return Answer({"total_count": len(found), "check_runs": page.body}, page.headers)

    def _check(self, check: CheckRun) -> dict[str, Any]:
        body = check.body
        status = "completed" if "conclusion" in body else body.get("status", "queued")
        output = {"title": None, "summary": None, "text": None, **body.get("output", {})}
        return answer(
            "CheckRun",
            id=check.id,
            url=f"{self.repo_url}/check-runs/{check.id}",
            html_url=f"{self.github.server_url}/{self.github.repository}/runs/{check.id}",
            head_sha=body["head_sha"],
            name=body["name"],
            external_id=body.get("external_id"),
            details_url=body.get("details_url"),
            status=status,
            conclusion=body.get("conclusion"),
            check_suite={"id": 1},
            output={
                **output,
                "annotations_count": 0,
                "annotations_url": f"{self.repo_url}/check-runs/{check.id}/annotations",
            },
        )

    def create_status(self, sha: str) -> Any:
        self._need("statuses: write")
        if len(self.body.get("description") or "") > 140:
            raise Refusal(
                422,
                "Validation Failed",
                [{"resource": "Status", "code": "custom", "message": "description is too long"}],
            )
        status = CommitStatus(self.github.next_id(), sha, self.token.login, dict(self.body))
        self.github.statuses.append(status)
        details = {"description": self.body.get("description"), "target_url": self.body.get("target_url")}
        return answer(
            "Status", id=status.id, state=self.body["state"], context=self.body["context"], created_at=NOW, **details
        )

    # ------------------------------------------------------------------ pages

    def _asked(self, name: str, default: str) -> str:
        return self.query.get(name, [default])[0]

    def _page(self, items: list[Any]) -> Answer:
        """At most 100 items at once, 30 unless asked, with links to the other pages."""
        size, number = min(int(self._asked("per_page", "30")), 100), int(self._asked("page", "1"))
        last = max(1, -(-len(items) // size))
        pages = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
        wanted = [
            name
            for name in pages
            if (name in ("first", "prev") and number > 1) or (name in ("next", "last") and number < last)
        ]
        links = ", ".join(f'<{self._page_url(pages[name])}>; rel="{name}"' for name in wanted)
        return Answer(items[(number - 1) * size : number * size], {"Link": links} if links else {})

    def _page_url(self, number: int) -> str:
        asked = {name: values[0] for name, values in self.query.items()} | {"page": str(number)}
        return f"{self.github.api_url}{self.path}?{urlencode(asked)}"
