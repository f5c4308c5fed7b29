"""Pictures on an orphan branch, written through the Git data API by PyGithub's real client."""

from __future__ import annotations

import threading

import pytest

from reporter.errors import ForgeError, PermissionMissingError, UsageError
from reporter.model.ci import PullRequest
from reporter.model.rules import ImagesRule, ImageStoreKind
from reporter.publish.branch import content_path
from reporter.publish.images import choose_store
from tests.fakes.github import FakeGitHub
from tests.fakes.github_client import HEAD, forge_of
from tests.fakes.github_objects import actions_token

BRANCH = "reporter-assets"
REF = f"refs/heads/{BRANCH}"
PICTURES = {f"images/{name}.png": b"\x89PNG\r\n\x1a\n" + name.encode() for name in ("roc", "loss", "confusion")}
LOSS = PICTURES["images/loss.png"]


@pytest.fixture
def github():
    with FakeGitHub() as github:
        yield github
    assert github.violations == []


def publish(github, pictures=PICTURES, branch=BRANCH):
    return choose_store(ImagesRule(branch=branch), forge_of(github)).publish(pictures)


def test_each_picture_is_seen_at_its_address(github):
    published = publish(github)

    assert {name: github.picture(link) for name, link in published.links.items()} == PICTURES
    assert published.place == "branch reporter-assets, 3 of 3 pictures new"


def test_the_branch_is_an_orphan_with_one_commit_for_one_report(github):
    github.add_files("main", {"train.py": b"pass"})
    publish(github)

    [commit] = github.git.history(REF)
    assert commit.parents == ()
    assert sorted(github.git.files(commit.tree)) == sorted(content_path(picture) for picture in PICTURES.values())


def test_addresses_work_in_private_repositories(github):
    link = publish(github).links["images/loss.png"]
    assert link.startswith(f"{github.server_url}/octo/flights/blob/{github.git.refs[REF]}/images/")
    assert link.endswith(".png?raw=true")


def test_unchanged_pictures_are_not_sent_again_and_make_no_commit(github):
    first = publish(github)
    github.requests.clear()

    second = publish(github)

    assert second.links == first.links
    assert github.sent("POST") == github.sent("PATCH") == []
    assert second.place == "branch reporter-assets, 0 of 3 pictures new"


def test_a_changed_picture_is_sent_alone_in_one_commit_on_top(github):
    publish(github)
    github.requests.clear()
    changed = {**PICTURES, "images/loss.png": LOSS + b"2"}

    published = publish(github, changed)

    assert len(github.sent("POST", "git/blobs")) == 1
    assert len(github.git.history(REF)) == 2
    assert {name: github.picture(link) for name, link in published.links.items()} == changed


def test_equal_pictures_are_kept_once(github):
    published = publish(github, {"images/a.png": LOSS, "images/b.png": LOSS})
    assert published.links["images/a.png"] == published.links["images/b.png"]
    assert len(github.sent("POST", "git/blobs")) == 1


def test_what_others_keep_on_the_branch_stays(github):
    github.add_files(BRANCH, {"README.md": b"Pictures of reports"})
    publish(github)
    assert github.git.read(github.git.refs[REF], "README.md") == b"Pictures of reports"


def test_a_tree_too_large_to_be_listed_whole_is_looked_through_by_folder(github):
    publish(github)
    github.add_files(BRANCH, {f"a/{number}.png": b"x" for number in range(20)})
    github.tree_listing = 5
    github.requests.clear()

    published = publish(github, {**PICTURES, "images/new.png": b"\x89PNG\r\n\x1a\nnew"})

    assert len(github.sent("POST", "git/blobs")) == 1
    assert github.picture(published.links["images/new.png"]).endswith(b"new")


def test_a_race_for_a_new_branch_is_won_on_top_of_the_other(github):
    github.before["POST", "git/refs"] = lambda: github.add_files(BRANCH, {"other.png": b"other"})

    published = publish(github)

    assert github.picture(published.links["images/loss.png"]) == LOSS
    assert github.git.read(github.git.refs[REF], "other.png") == b"other"
    assert len(github.sent("POST", "git/blobs")) == 3, "a lost race does not send a picture twice"


def test_a_lost_race_is_known_by_the_branch_whatever_github_calls_it(github):
    github.add_files(BRANCH, {"first.png": b"first"})
    github.before["PATCH", "git/refs"] = lambda: github.add_files(BRANCH, {"other.png": b"other"})
    github.fail(409, "Reference cannot be updated", method="PATCH", path="git/refs")

    assert github.picture(publish(github).links["images/loss.png"]) == LOSS


def test_a_branch_that_cannot_be_moved_for_another_reason_says_it(github):
    github.add_files(BRANCH, {"first.png": b"first"})
    github.fail(409, "Git is on holiday", method="PATCH", path="git/refs")
    with pytest.raises(ForgeError, match="GitHub answered 409: Git is on holiday"):
        publish(github)


def test_a_race_for_an_existing_branch_too(github):
    github.add_files(BRANCH, {"first.png": b"first"})
    github.before["PATCH", "git/refs"] = lambda: github.add_files(BRANCH, {"other.png": b"other"})

    published = publish(github)

    assert github.picture(published.links["images/loss.png"]) == LOSS
    assert github.git.read(github.git.refs[REF], "other.png") == b"other"
    assert all("force" not in request.body or not request.body["force"] for request in github.sent("PATCH"))


@pytest.mark.parametrize("exists", [True, False])
def test_a_write_that_succeeded_although_github_answered_with_an_error_is_not_done_twice(github, exists):
    if exists:
        github.add_files(BRANCH, {"first.png": b"first"})
    github.fail(502, "Server Error", path="git/refs", method="PATCH" if exists else "POST", after=True)

    published = publish(github)

    assert github.picture(published.links["images/loss.png"]) == LOSS
    assert len(github.git.history(REF)) == 1 + exists


def test_many_jobs_may_post_at_once(github):
    results, failures = {}, []

    def job(number):
        try:
            results[number] = publish(github, {"images/x.png": f"picture {number}".encode()})
        except ForgeError as error:
            failures.append(error)

    threads = [threading.Thread(target=job, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    found = {number: github.picture(published.links["images/x.png"]) for number, published in results.items()}
    assert found == {number: f"picture {number}".encode() for number in range(4)}


def test_a_branch_that_never_stands_still_is_given_up_with_a_reason(github):
    def disturb():
        github.add_files(BRANCH, {"x": str(len(github.requests)).encode()})
        github.before["PATCH", "git/refs"] = disturb

    github.add_files(BRANCH, {"x": b"0"})
    github.before["PATCH", "git/refs"] = disturb
    with pytest.raises(ForgeError, match="other runs moved it") as caught:
        publish(github)
    assert "images.branch" in caught.value.hint


@pytest.mark.parametrize("exists", [True, False])
def test_a_protected_branch_names_the_rule_and_the_way_round(github, exists):
    if exists:
        github.add_files(BRANCH, {"x": b"0"})
    github.protected_refs.add(REF)
    with pytest.raises(PermissionMissingError, match="it is protected: Repository rule violations found") as caught:
        publish(github)
    assert "images.branch" in caught.value.hint
    assert "images.branch" in caught.value.hint


def test_a_token_that_may_only_read_is_told_so_before_anything_is_written(github):
    github.tokens = {"ghs_actions": actions_token({"contents": "read"})}
    with pytest.raises(PermissionMissingError, match="`contents: write`"):
        publish(github)
    assert github.git.refs == {}


def test_a_branch_may_have_a_folder_in_its_name(github):
    published = publish(github, branch="assets/reports")
    assert github.picture(published.links["images/loss.png"]) == LOSS
    assert "refs/heads/assets/reports" in github.git.refs


@pytest.mark.parametrize("branch", ["main", "try-more-trees", "release"])
def test_a_branch_that_holds_code_is_refused(github, branch):
    forge = forge_of(github, pull_request=PullRequest(7, "release", HEAD))
    with pytest.raises(UsageError, match=f"images.branch is `{branch}`, a branch that holds code"):
        choose_store(ImagesRule(branch=branch), forge).publish(PICTURES)
    assert github.requests == []


def test_pictures_may_stay_in_the_bundle(github):
    published = choose_store(ImagesRule(store=ImageStoreKind.NONE), forge_of(github)).publish(PICTURES)
    assert published.links == {}
    assert github.requests == []


@pytest.mark.parametrize("kind", [ImageStoreKind.S3, ImageStoreKind.FORGE])
def test_a_store_that_github_has_not_got_is_a_wrong_configuration(github, kind):
    with pytest.raises(UsageError, match=f"images.store is `{kind}`"):
        choose_store(ImagesRule(store=kind), forge_of(github))
