"""Which commit a candidate is compared with, in real repositories: full, cloned, shallow, detached, on a merge ref."""

from __future__ import annotations

import pytest
from project_factories import RepositoryFactory, isolate

from reporter.collect.git.baseline import find_baseline
from reporter.collect.git.repository import Git
from reporter.collect.git.revisions import named_revision, workspace_revision
from reporter.errors import ProjectError
from reporter.model.ci import CiContext, PullRequest
from reporter.model.revision import Policy, Revision


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path / "home")


@pytest.fixture
def origin(tmp_path) -> RepositoryFactory:
    """main: m1 m2 m3 m4; feature: m1 m2 f1 f2; each commit also a tag."""
    repository = RepositoryFactory.new(tmp_path / "origin")
    repository.commit("m1", "m2")
    repository.branch("feature")
    repository.commit("f1", "f2")
    repository.switch("main")
    repository.commit("m3", "m4")
    return repository


def baseline(
    repository: RepositoryFactory,
    base: str | None = None,
    *,
    head: str | None = None,
    policy: Policy = Policy.MERGE_BASE,
    ci: CiContext | None = None,
    default: str | None = None,
) -> Revision | None:
    git = Git(repository.root)
    candidate = named_revision(git, head) if head else workspace_revision(git)
    return find_baseline(git, base, candidate, policy=policy, ci=ci, default=default)


def run_of_ci(
    repository: RepositoryFactory,
    *,
    pull_request: str | None = None,
    branch: str | None = None,
    previous: str | None = None,
) -> CiContext:
    head = repository.git("rev-parse", "HEAD")
    return CiContext(
        forge="github",
        api_url="",
        server_url="",
        repository="o/r",
        event="pull_request" if pull_request else "push",
        head_sha=head,
        branch=branch,
        default_branch="main",
        pull_request=PullRequest(1, pull_request, head) if pull_request else None,
        previous_sha=previous,
    )


def name_of(repository: RepositoryFactory, revision: Revision | None) -> str:
    assert revision is not None
    return repository.git("describe", "--tags", "--exact-match", revision.sha)


class TestABranch:
    def test_is_compared_where_the_candidate_left_it(self, origin):
        origin.switch("feature")

        found = baseline(origin, "main")

        assert name_of(origin, found) == "m2"
        assert (found.rev, found.label, found.behind) == ("main", "main", 2)

    def test_is_compared_at_its_tip_on_request(self, origin):
        origin.switch("feature")

        found = baseline(origin, "main", policy=Policy.TIP)

        assert (name_of(origin, found), found.behind) == ("m4", 0)

    def test_with_local_and_remote_tips_the_nearer_common_commit_counts(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.commit("local-only")
        clone.branch("work")
        clone.commit("w1")

        assert name_of(clone, baseline(clone, "main")) == "local-only"

    def test_whose_own_copy_is_old_is_compared_with_the_remotes(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.git("switch", "--quiet", "--create", "work", "origin/main")
        clone.commit("w1")
        clone.git("branch", "--force", "main", "m1")

        found = baseline(clone, "main")

        assert (name_of(clone, found), found.behind) == ("m4", 0)

    def test_tip_means_the_remotes_where_there_is_one(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.git("switch", "--quiet", "feature")
        clone.git("branch", "--force", "main", "m1")

        assert name_of(clone, baseline(clone, "main", policy=Policy.TIP)) == "m4"
        assert name_of(clone, baseline(clone, "main", policy=Policy.EXACT)) == "m1"

    def test_can_be_named_with_its_remote(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.git("switch", "--quiet", "feature")

        found = baseline(clone, "origin/main")

        assert (name_of(clone, found), found.label) == ("m2", "origin/main")

    def test_that_only_the_remote_has_is_fetched(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone", "--single-branch", "--branch", "feature", "--no-tags")

        assert baseline(clone, "main").sha == origin.git("rev-parse", "m2")

    def test_without_a_common_commit_says_so(self, origin):
        origin.git("switch", "--quiet", "--orphan", "island")
        origin.commit("i1")

        with pytest.raises(ProjectError, match="no commit in common") as caught:
            baseline(origin, "main")

        assert "--policy tip" in caught.value.hint

    def test_asked_for_on_itself_is_the_same_commit(self, origin):
        found = baseline(origin, "main")

        assert name_of(origin, found) == "m4"


class TestOtherNames:
    @pytest.mark.parametrize("policy", list(Policy))
    def test_tags_are_taken_as_given(self, origin, policy):
        origin.switch("feature")

        found = baseline(origin, "m4", policy=policy)

        assert (name_of(origin, found), found.label, found.behind) == ("m4", "m4", None)

    def test_a_sha_is_taken_as_given_and_labelled_by_seven_digits(self, origin):
        sha = origin.git("rev-parse", "m3")

        found = baseline(origin, sha)

        assert (found.sha, found.label) == (sha, sha[:7])

    def test_an_annotated_tag_is_its_commit(self, origin):
        origin.git("tag", "--annotate", "v1", "m1", "--message", "one")

        assert baseline(origin, "v1").sha == origin.git("rev-parse", "m1")

    def test_head_is_the_commit_below_the_work_tree(self, origin):
        assert name_of(origin, baseline(origin, "HEAD")) == "m4"

    def test_an_experiment_is_taken_as_given(self, origin):
        sha = origin.git("rev-parse", "f2")
        start = origin.git("rev-parse", "m2")
        origin.git("update-ref", f"refs/exps/{start[:2]}/{start[2:]}/tall-sofa", sha)

        found = baseline(origin, "tall-sofa")

        assert (found.sha, found.label) == (sha, "tall-sofa")

    @pytest.mark.parametrize("name", ["nowhere", "--output=/tmp/x", "-x"])
    def test_an_unknown_one_says_so(self, origin, name):
        with pytest.raises(ProjectError, match="there is no revision"):
            baseline(origin, name)

    def test_a_misspelt_one_names_what_it_may_have_meant(self, origin):
        with pytest.raises(ProjectError) as caught:
            baseline(origin, "featrue")

        assert "feature" in caught.value.hint


class TestWithoutABase:
    def test_a_pull_requests_target_is_the_base(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.git("switch", "--quiet", "feature")
        clone.git("push", "--quiet", "origin", "m3:refs/heads/release")

        found = baseline(clone, ci=run_of_ci(clone, pull_request="release"), default="main")

        assert (name_of(clone, found), found.rev, found.behind) == ("m2", "release", 1)

    def test_the_configured_base_comes_before_the_default_branch(self, origin):
        origin.git("branch", "release", "m3")
        origin.switch("feature")

        assert baseline(origin, default="release").rev == "release"

    def test_the_remotes_default_branch_is_the_base(self, origin, tmp_path):
        origin.git("branch", "--move", "main", "trunk")
        clone = origin.clone(tmp_path / "clone")
        clone.git("switch", "--quiet", "feature")

        found = baseline(clone)

        assert (found.rev, name_of(clone, found)) == ("trunk", "m2")

    def test_a_remote_that_announces_no_default_has_main(self, origin, tmp_path):
        clone = origin.clone(tmp_path / "clone")
        clone.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        clone.git("switch", "--quiet", "feature")

        assert baseline(clone).rev == "main"

    def test_a_repository_without_a_remote_has_its_own_main(self, origin):
        origin.switch("feature")

        assert name_of(origin, baseline(origin)) == "m2"

    def test_on_the_default_branch_it_is_the_commit_before(self, origin):
        found = baseline(origin)

        assert (name_of(origin, found), found.label) == ("m3", found.sha[:7])

    def test_on_an_old_commit_of_the_default_branch_it_is_the_one_before_that(self, origin):
        assert name_of(origin, baseline(origin, head="m2")) == "m1"

    def test_on_a_merged_pull_request_it_is_the_branch_before_the_merge(self, origin):
        origin.git("merge", "--quiet", "--no-ff", "feature", "--message", "merge")

        assert name_of(origin, baseline(origin)) == "m4"

    def test_after_a_push_of_several_commits_it_is_what_the_branch_was(self, origin):
        ci = run_of_ci(origin, branch="main", previous=origin.git("rev-parse", "m2"))

        assert name_of(origin, baseline(origin, ci=ci)) == "m2"

    def test_the_first_commit_has_none(self, tmp_path):
        repository = RepositoryFactory.new(tmp_path / "fresh")
        repository.commit("only")

        assert baseline(repository) is None

    def test_a_detached_head_on_the_default_branch_is_on_it(self, origin):
        origin.git("switch", "--quiet", "--detach", "m3")

        assert name_of(origin, baseline(origin)) == "m2"

    def test_a_pull_requests_merge_ref_is_compared_with_the_targets_tip(self, origin, tmp_path):
        origin.git("switch", "--quiet", "--detach", "main")
        origin.git("merge", "--quiet", "--no-ff", "feature", "--message", "merge")
        origin.git("update-ref", "refs/pull/1/merge", "HEAD")
        origin.switch("main")
        clone = origin.clone(tmp_path / "clone")
        clone.git("fetch", "--quiet", "origin", "refs/pull/1/merge")
        clone.git("checkout", "--quiet", "--detach", "FETCH_HEAD")

        found = baseline(clone, ci=run_of_ci(clone, pull_request="main"))

        assert (name_of(clone, found), found.behind) == ("m4", 0)

    def test_before_the_first_commit_there_is_nothing_to_report(self, tmp_path):
        repository = RepositoryFactory.new(tmp_path / "empty")

        with pytest.raises(ProjectError, match="no commit yet"):
            baseline(repository)


class TestAShallowClone:
    @pytest.fixture
    def deep(self, tmp_path) -> RepositoryFactory:
        """A feature branch 60 commits away from main's tip and 3 of its own."""
        repository = RepositoryFactory.new(tmp_path / "deep")
        repository.commit("start", "fork")
        repository.branch("feature")
        repository.commit("f1", "f2", "f3")
        repository.switch("main")
        repository.commit(*(f"c{number}" for number in range(60)))
        return repository

    def test_is_deepened_until_the_merge_base_is_there(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "feature", "--no-tags")

        found = baseline(shallow, ci=run_of_ci(shallow, pull_request="main"))

        assert found.sha == deep.git("rev-parse", "fork")
        assert found.behind == 60

    def test_is_not_deepened_further_than_needed(self, deep, tmp_path):
        deep.switch("feature")
        deep.commit(*(f"g{number}" for number in range(90)))
        deep.git("branch", "--force", "main", "g85")
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "feature", "--no-tags")

        baseline(shallow, ci=run_of_ci(shallow, pull_request="main"))

        assert shallow.git("rev-parse", "--is-shallow-repository") == "true"

    def test_is_deepened_by_one_for_the_commit_before(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")

        assert baseline(shallow).sha == deep.git("rev-parse", "c58")
        assert shallow.git("rev-list", "--count", "HEAD") == "2"

    def test_gets_a_tag_or_a_commit_that_it_lacks(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")

        assert baseline(shallow, "f2").sha == deep.git("rev-parse", "f2")
        assert baseline(shallow, deep.git("rev-parse", "f1")).sha == deep.git("rev-parse", "f1")

    @pytest.mark.parametrize("name", ["HEAD~5", "main~5", "origin/main^^^^^"])
    def test_is_deepened_to_count_commits_back(self, deep, tmp_path, name):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")

        assert baseline(shallow, name).sha == deep.git("rev-parse", "c54")

    def test_that_cannot_count_back_names_the_option_of_the_checkout(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")
        shallow.git("remote", "set-url", "origin", f"file://{tmp_path}/gone")

        with pytest.raises(ProjectError, match="there is no revision 'main~5'") as caught:
            baseline(shallow, "main~5")

        assert "fetch-depth" in caught.value.hint

    def test_of_one_branch_asks_the_remote_for_its_default_branch(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "feature", "--no-tags")

        found = baseline(shallow)

        assert (found.rev, found.sha) == ("main", deep.git("rev-parse", "fork"))

    def test_of_one_branch_gets_another_by_its_name_with_the_remotes(self, deep, tmp_path):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")

        assert baseline(shallow, "origin/feature").sha == deep.git("rev-parse", "fork")

    @pytest.mark.parametrize("wanted", ["main", None])
    def test_whose_remote_is_gone_names_the_option_of_the_checkout(self, deep, tmp_path, wanted):
        shallow = deep.clone(tmp_path / "clone", "--depth=1", "--branch", "main", "--no-tags")
        shallow.git("switch", "--quiet", "--create", "work")
        shallow.git("remote", "set-url", "origin", f"file://{tmp_path}/gone")
        head = shallow.git("rev-parse", "HEAD")
        shallow.git("branch", "--quiet", "--delete", "--force", "main")
        if wanted:  # the branch is there, its history is not
            shallow.git("update-ref", "refs/remotes/origin/main", _unrelated(shallow))

        with pytest.raises(ProjectError) as caught:
            baseline(shallow, wanted)

        assert "fetch-depth" in caught.value.hint
        assert shallow.git("rev-parse", "HEAD") == head


def _unrelated(repository: RepositoryFactory) -> str:
    tree = repository.git("write-tree")
    return repository.git("commit-tree", tree, "-m", "elsewhere")


def test_the_work_tree_is_dirty_only_by_tracked_files(origin):
    (origin.root / "new.txt").write_text("untracked")
    assert not workspace_revision(Git(origin.root)).dirty

    origin.git("add", "new.txt")
    assert workspace_revision(Git(origin.root)).dirty
