"""DVC's index of a revision, translated into plain records.

Seen in DVC 3.60 to 3.67: what stages, outputs and dependencies know of themselves, and `_metrics`, `_params`, `_plots` and `_artifacts` of the index.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reporter.collect.pipeline import (
    Dependency,
    Output,
    ParamsDependency,
    Pipeline,
    PlotDefinition,
    StageDefinition,
    StoredObject,
)
from reporter.collect.redaction import without_folders, without_secrets
from reporter.collect.tree import Tree, joined


def pipeline_of(index: Any, tree: Tree) -> Pipeline:
    """`index` is a `dvc.repo.index.Index`."""
    found = sorted(index.stages, key=lambda stage: _root_first(tree.relative(stage.path)))  # stable within a file
    stages = [stage for stage in found if stage.cmd is not None]
    sources = [stage for stage in found if stage.cmd is None]
    return Pipeline(
        stages=tuple(_stage(stage, tree) for stage in stages),
        sources=tuple(output for stage in sources for output in _outputs(stage, tree)),
        metrics=tuple(_top_level(index._metrics, tree)),  # noqa: SLF001
        params=tuple(_top_level(index._params, tree)),  # noqa: SLF001
        variables=_variables(stages, tree),
        plots=tuple(_plots(index._plots, tree)),  # noqa: SLF001
        artifacts=dict(_artifacts(index._artifacts, tree)),  # noqa: SLF001
    )


def _root_first(path: str) -> tuple[int, str]:
    """Order of DVC files: the walk that found them has none that can be relied on."""
    return path.count("/"), path


def _in_order(by_file: Mapping[str, Any], tree: Tree) -> list[tuple[str, Any]]:
    """Path of a dvc.yaml from the root, and what it holds."""
    found = [(tree.relative(file), content) for file, content in by_file.items()]
    return sorted(found, key=lambda pair: _root_first(pair[0]))


def _stage(stage: Any, tree: Tree) -> StageDefinition:
    from dvc.dependency import ParamsDependency as DvcParamsDependency

    params = [dep for dep in stage.deps if isinstance(dep, DvcParamsDependency)]
    others = [dep for dep in stage.deps if not isinstance(dep, DvcParamsDependency)]
    return StageDefinition(
        name=_stage_name(stage, tree),
        cmd=_command(stage.cmd),
        ran_cmd=_recorded_command(stage),
        dependencies=tuple(_told_apart(_dependency(dep, tree) for dep in others)),
        params=tuple(_params_dependency(dep, tree) for dep in params),
        outputs=tuple(_outputs(stage, tree)),
        frozen=bool(stage.frozen),
    )


def _stage_name(stage: Any, tree: Tree) -> str:
    """DVC's address of the stage, from the project's root whatever the current folder."""
    file = tree.relative(stage.path)
    name = getattr(stage, "name", None)
    if name is None:
        return file
    return str(name) if file == "dvc.yaml" else f"{file}:{name}"


def _command(command: str | list[str] | None) -> str | None:
    return "\n".join(command) if isinstance(command, list) else command


def _recorded_command(stage: Any) -> str | None:
    """The command of the last run: DVC itself only remembers whether it differs."""
    recorded = any(item.hash_info for item in [*stage.deps, *stage.outs])
    if recorded and not stage.cmd_changed:
        return _command(stage.cmd)
    if getattr(stage, "name", None) is None:
        return _command(stage.cmd) if recorded else None
    return _command(_locked(stage).get("cmd"))


def _locked(stage: Any) -> Mapping[str, Any]:
    """What dvc.lock has of the stage; nothing for one of a .dvc file."""
    if getattr(stage, "name", None) is None:
        return {}
    found: Mapping[str, Any] = stage.dvcfile.lockfile_contents.get("stages", {}).get(stage.name, {})
    return found


def _hash(item: Any, section: str, tree: Tree) -> str | None:
    """The hash that dvc.lock records of a dependency or an output.

    Of an absolute path into this work tree it records the relative one, by which DVC finds it in the work tree, but not in a commit.
    """
    if item.hash_info or not posixpath.isabs(item.def_path):
        digest = item.hash_info.value if item.hash_info else None
        return digest if isinstance(digest, str) else None
    path, folder = _path_of(item, tree), tree.relative(item.stage.wdir)
    entries = _locked(item.stage).get(section) or ()
    entry: Mapping[str, Any] = next((each for each in entries if joined(folder, each["path"]) == path), {})
    return entry.get(item.hash_name)


def _dependency(dep: Any, tree: Tree) -> Dependency:
    inside = _is_inside(dep, tree)
    return Dependency(
        path=_path_of(dep, tree) if inside else _outside(dep),
        hash=_hash(dep, "deps", tree),
        algorithm=str(dep.hash_name),
        nfiles=dep.meta.nfiles,
        in_repository=inside,
    )


def _told_apart(dependencies: Iterable[Dependency]) -> Iterator[Dependency]:
    """Of several outside of the repository whose names are the same without their folders, the later ones are numbered."""
    seen: Counter[str] = Counter()
    for dependency in dependencies:
        seen[dependency.path] += 1
        number = seen[dependency.path]
        yield (
            dependency
            if number == 1 or dependency.in_repository
            else replace(dependency, path=f"{dependency.path} ({number})")
        )


def _params_dependency(dep: Any, tree: Tree) -> ParamsDependency:
    recorded = dep.hash_info.value  # an empty file that is tracked whole is recorded as `{}`, and such a hash is falsy
    path = _path_of(dep, tree) if _is_inside(dep, tree) else _outside(dep)
    if recorded is None and posixpath.isabs(dep.def_path):
        recorded = (_locked(dep.stage).get("params") or {}).get(posixpath.relpath(path, tree.relative(dep.stage.wdir)))
    return ParamsDependency(path, tuple(dep.params), recorded if isinstance(recorded, dict) else None)


def _is_inside(dep: Any, tree: Tree) -> bool:
    """Whether git or DVC keeps it with the project: in a repository of many projects they share what lies above them."""
    return dep.fs.protocol == "local" and not tree.leads_out(_path_of(dep, tree))


def _path_of(item: Any, tree: Tree) -> str:
    """Of a dependency or an output. DVC's own `fs_path` takes `/..` of a commit for `/`, and an absolute path for one of the commit."""
    named = tree.named(item.def_path)
    return joined("" if posixpath.isabs(item.def_path) else tree.relative(item.stage.wdir), named)


def _outputs(stage: Any, tree: Tree) -> Iterator[Output]:
    """Those that git or DVC keep with the project, and metrics, which are missed wherever they are."""
    for out in stage.outs:
        if out.metric or _is_inside(out, tree):
            yield _output(out, stage, tree)


def _output(out: Any, stage: Any, tree: Tree) -> Output:
    digest = _hash(out, "outs", tree)
    return Output(
        path=_path_of(out, tree) if _is_inside(out, tree) else _outside(out),
        content=StoredObject(digest, str(out.hash_name), out.remote, bool(out.can_push)) if digest else None,
        size=out.meta.size,
        nfiles=out.meta.nfiles,
        cached=bool(out.use_cache),
        is_metric=bool(out.metric),
        plot=_plot_properties(out.plot),
        files=_inline_files(out.files),
        source=_source(stage.deps[0]) if stage.is_import else None,
        only_dvc_reads=bool(
            stage.is_repo_import  # pinned by a commit of its source, whether or not it was downloaded
            or out.meta.version_id
            or any("version_id" in file for file in out.files or ())
        ),
    )


def _plot_properties(plot: Any) -> Mapping[str, Any] | None:
    if isinstance(plot, list):  # DVC's schema allows several plots of a file, its code none but the first
        plot = plot[0] if plot else None
    if not plot:
        return None
    return dict(plot) if isinstance(plot, dict) else {}


def _inline_files(files: list[dict[str, Any]] | None) -> dict[str, str] | None:
    if not files:
        return None
    return {file["relpath"]: str(file.get("md5") or file.get("etag") or "") for file in files}


def _source(dep: Any) -> str:
    repository = getattr(dep, "def_repo", None)
    return f"{_shown(repository['url'])}: {dep.def_path}" if repository else _outside(dep)


def _outside(dep: Any) -> str:
    """What is not kept with the project, by the name that a reader may see."""
    return _shown(dep.def_path)


def _shown(address: Any) -> str:
    return without_folders(without_secrets(str(address)))


def _top_level(by_file: Mapping[str, Iterable[str]], tree: Tree) -> Iterator[str]:
    for file, paths in _in_order(by_file, tree):
        folder = posixpath.dirname(file)
        for path in paths:
            yield joined(folder, tree.named(path))


def _variables(stages: Iterable[Any], tree: Tree) -> dict[str, tuple[str, ...]]:
    names: dict[str, dict[str, None]] = {}
    for stage in stages:
        for file, used in (getattr(stage, "tracked_vars", None) or {}).items():
            path = tree.relative(file) if tree.has_place_for(file) else _shown(file)
            names.setdefault(path, {}).update(dict.fromkeys(used))
    return {file: tuple(used) for file, used in names.items()}


def _plots(by_file: Mapping[str, Iterable[Any]], tree: Tree) -> Iterator[PlotDefinition]:
    for file, entries in _in_order(by_file, tree):
        for entry in entries:
            named = {entry: None} if isinstance(entry, str) else entry
            for name, properties in named.items():
                yield PlotDefinition(file, tree.named(str(name)), _named_files(properties or {}, tree))


def _named_files(properties: Mapping[str, Any], tree: Tree) -> Mapping[str, Any]:
    """A plot's properties; where its axes name data files, absolute paths are shown by their names."""
    return {
        key: {tree.named(path): fields for path, fields in value.items()}
        if key in {"x", "y"} and isinstance(value, dict)
        else value
        for key, value in properties.items()
    }


def _artifacts(by_file: Mapping[str, Mapping[str, Any]], tree: Tree) -> Iterator[tuple[str, dict[str, Any]]]:
    for file, artifacts in _in_order(by_file, tree):
        folder = posixpath.dirname(file)
        for name, fields in artifacts.items():
            path = joined(folder, tree.named(fields["path"]))
            yield (name if file == "dvc.yaml" else f"{file}:{name}"), {**fields, "path": path}
