"""A described project made real: with git and DVC, in a folder, without running a stage."""

from __future__ import annotations

import hashlib
import json
import posixpath
import shutil
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from project_factories import ProjectFactory, git
from slow.fuzz.description import (
    Content,
    Kept,
    Over,
    Project,
    Repeat,
    Revision,
    Stage,
    Table,
    Tracked,
    Values,
    View,
)

BEFORE = "before"
"""The baseline's tag."""
_CLONE_OPTIONS = {
    View.CLONE: (),
    View.SHALLOW: ("--depth=1",),
    View.PARTIAL: ("--filter=blob:none",),
    View.TREELESS: ("--filter=tree:0",),
    View.WINDOWS: ("--config=core.autocrlf=true",),
}
_LIBRARY = "library.py"


class UnbuildableError(Exception):
    """DVC does not take a project so: metrics in a script that it mistakes for binary, for instance."""


@dataclass(frozen=True)
class Built:
    root: Path
    """The DVC project's, as it is looked at."""
    head: str
    """SHA of the candidate."""

    @property
    def factory(self) -> ProjectFactory:
        return ProjectFactory(self.root)


def build(project: Project, folder: Path) -> Built:
    """Everything lies below `folder`. Nothing of it is on the machine's own configuration, caches or remotes."""
    repository, remote = folder / "repository", folder / "remote"
    made = _started(repository, project.base.folder)
    if project.base.submodule:
        _add_submodule(made, folder / "library", project.base.submodule)
    if project.seen.remote:
        made.remote(remote)
    _write_revision(made, project.base)
    made.git("tag", BEFORE)
    made.git("switch", "--quiet", "--create", "change")
    made = _moved(made, repository, project.head.folder)
    _clear(made, keeping=project.base.submodule)
    _write_revision(made, project.head, committed=project.seen.committed)
    head = made.git("rev-parse", "HEAD")
    cache = made.root / ".dvc" / "cache" / "files" / "md5"
    if project.seen.remote and project.seen.pushed:
        _push(project, cache, remote / "files" / "md5")
    for store in (cache, remote / "files" / "md5"):
        for digest in _digests(project.lost_contents):
            (store / digest[:2] / digest[2:]).unlink(missing_ok=True)
    return Built(_looked_at(project, made, repository, folder / "clone"), head)


def _started(repository: Path, folder: str) -> ProjectFactory:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # DVC's affair
        made = ProjectFactory.new(repository, folder)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        made.git("config", key, "true")
    made.git("config", "gc.auto", "0")
    return made


def _add_submodule(made: ProjectFactory, library: Path, place: str) -> None:
    library.mkdir()
    git(library, "init", "--quiet")
    (library / _LIBRARY).write_text("x = 1\n")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message", "A library")
    made.git("submodule", "add", "--quiet", str(library), place)


def _write_revision(made: ProjectFactory, revision: Revision, *, committed: bool = True) -> None:
    """Write, record what a run would have recorded, and commit."""
    files = dict(_files(revision))
    _write(made.root, files)
    for number, path in enumerate(_kept_as(revision, Kept.LINK)):
        _put_link(made.root, path, f"targets/{number}{posixpath.splitext(path)[1]}", files[path])
    _write(made.root, {f"{stage.folder or '.'}/{stage.wdir}/.gitkeep": b"" for stage in revision.stages if stage.wdir})
    made.write({path: json.dumps(content, ensure_ascii=False, indent=1) for path, content in _dvc_files(revision)})
    if ignored := _kept_as(revision, Kept.IGNORED):
        made.write({".gitignore": "".join(f"/{path}\n" for path in ignored)})
    with made.dvc() as repo:
        if revision.data:
            repo.add([content.path for content in revision.data])
        try:
            repo.commit(force=True)
        except DvcException as error:
            raise UnbuildableError(str(error)) from error
    _write(made.root, {path: _pointer(files[path]) for path in _kept_as(revision, Kept.LFS)})
    _write(made.root, {path: text.encode() for path, text in revision.unrun.items()})
    if not committed:
        return
    made.git("add", "--all", ":/")
    made.git("commit", "--quiet", "--allow-empty", "--message", "A change")


def _files(revision: Revision) -> Iterator[tuple[str, bytes]]:
    for file in (*revision.every_metrics_file().values(), *revision.params, *revision.every_table().values()):
        yield file.path, file.content
    for content in (*revision.every_output().values(), *revision.data, *revision.code):
        yield from content.files.items()
    if rules := _rules(revision):
        yield "reporter.yaml", rules.encode()


def _rules(revision: Revision) -> str:
    match revision.gate.value:
        case "none":
            return ""
        case "required":
            return 'metrics: [{match: "*", gate: {required: true}}]\n'
        case _:
            return 'metrics: [{match: "*", direction: higher, gate: {max_drop: 0.1, required: true}}]\n'


def _kept_as(revision: Revision, kept: Kept) -> list[str]:
    files: list[Values | Table | Content] = [*revision.every_metrics_file().values(), *revision.params]
    files += [*revision.every_table().values(), *revision.code]
    return [file.path for file in files if file.kept is kept]


def _write(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # a file out of the cache is read-only
        target.write_bytes(data)


def _put_link(root: Path, path: str, target: str, data: bytes) -> None:
    _write(root, {target: data})
    (root / path).unlink()
    (root / path).symlink_to(posixpath.relpath(target, posixpath.dirname(path) or "."))


def _pointer(data: bytes) -> bytes:
    oid = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n".encode()


def _dvc_files(revision: Revision) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each dvc.yaml; JSON is YAML."""
    by_file: dict[str, dict[str, Any]] = {}
    for stage in revision.stages:
        by_file.setdefault(stage.file, {}).setdefault("stages", {})[stage.name] = _stage(stage, revision)
    top = {
        "vars": list(revision.variables),
        "metrics": [file.path for file in revision.metrics],
        "params": list(revision.whole_params),
        "plots": [{plot.name: {"x": plot.x, "y": {plot.table: plot.y}}} for plot in revision.plots],
    }
    by_file.setdefault("dvc.yaml", {}).update({key: value for key, value in top.items() if value})
    yield from by_file.items()


def _stage(stage: Stage, revision: Revision) -> dict[str, Any]:
    here = posixpath.normpath(posixpath.join(stage.folder, stage.wdir))

    def named(path: str) -> str:
        return _templated(posixpath.relpath(path, here), stage.repeat)

    command = " ".join(["python", "run.py", *(f"${{{name}}}" for name in stage.uses)])
    parts: dict[str, Any] = {
        "cmd": f"{command} {_templated('{key}', stage.repeat)}".strip() if stage.repeat else command,
        "wdir": stage.wdir,
        "deps": [named(path) for path in stage.reads],
        "params": [
            _tracked(each, names, here) for each in stage.tracks if (names := revision.tracked_names(each)) is not None
        ],
        "outs": [_output(named(content.path), content.kept) for content in stage.writes],
        "metrics": [_output(named(file.path), file.kept) for file in stage.metrics],
        "plots": [_output(named(table.path), table.kept) for table in stage.plots],
        "frozen": stage.frozen,
    }
    written = {key: value for key, value in parts.items() if value}
    return _repeated(written, stage.repeat) if stage.repeat else written


def _templated(path: str, repeat: Repeat | None) -> str:
    if repeat is None:
        return path
    names = {Over.LIST: "${item}", Over.MAPPING: "${key}", Over.MATRIX: "${item.k}"}
    return path.replace("{key}", names[repeat.over])


def _tracked(tracked: Tracked, names: Iterable[str], here: str) -> Any:
    return {posixpath.relpath(tracked.path, here): list(names) or None}


def _output(path: str, kept: Kept) -> Any:
    if kept is Kept.CACHE:
        return path
    return {path: {"push": False} if kept is Kept.UNPUSHED else {"cache": False}}


def _repeated(stage: dict[str, Any], repeat: Repeat) -> dict[str, Any]:
    match repeat.over:
        case Over.LIST:
            return {"foreach": list(repeat.keys), "do": stage}
        case Over.MAPPING:
            return {"foreach": {key: {"of": key} for key in repeat.keys}, "do": stage}
        case Over.MATRIX:
            return {"matrix": {"k": list(repeat.keys)}, **stage}


def _moved(made: ProjectFactory, repository: Path, folder: str) -> ProjectFactory:
    """`git mv` of the project; what git ignores comes along."""
    target = repository / folder
    if target == made.root:
        return made
    target.mkdir(parents=True, exist_ok=True)
    for path in list(made.root.iterdir()):
        if path.name not in {".git", ".gitmodules"} and path != target and not target.is_relative_to(path):
            shutil.move(path, target / path.name)
    return ProjectFactory(target)


def _clear(made: ProjectFactory, keeping: str) -> None:
    """Take away all that the next revision writes anew; what was recorded stays, as in a work tree."""
    kept = {".git", ".dvc", ".gitmodules", ".dvcignore", *keeping.split("/")[:1]}
    for path in list(made.root.iterdir()):
        if path.name in kept or path.name == "dvc.lock":
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    made.git("add", "--all", ":/")  # DVC takes nothing that git still has


def _push(project: Project, cache: Path, remote: Path) -> None:
    """As `dvc push` would."""
    if cache.exists():
        shutil.copytree(cache, remote)
    cached = {data for revision in (project.base, project.head) for data in revision.cached_files().values()}
    for digest in _digests(cached - project.pushed_contents):
        (remote / digest[:2] / digest[2:]).unlink(missing_ok=True)


def _digests(contents: Iterable[bytes]) -> list[str]:
    return [hashlib.md5(content).hexdigest() for content in contents]


def _looked_at(project: Project, made: ProjectFactory, repository: Path, clone: Path) -> Path:
    seen = project.seen
    if seen.view is View.HERE:
        if not seen.cache:
            made.empty_cache()
        return made.root
    git(clone.parent, "clone", "--quiet", *_CLONE_OPTIONS[seen.view], f"file://{repository}", str(clone))
    if seen.left_out:
        place = posixpath.join(project.head.folder, seen.left_out)
        git(clone, "sparse-checkout", "set", "--no-cone", "/*", f"!/{place}/")
    return clone / project.head.folder
