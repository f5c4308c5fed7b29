"""Settings and CI context made into the concrete edges: the project, the browser, the forge, the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reporter import __version__
from reporter.model.report import RunInfo
from reporter.settings import CONFIG_NAME, Environment, read_rules

if TYPE_CHECKING:
    from rich.console import Console

    from reporter.collect.project import Project
    from reporter.forges.interface import Forge
    from reporter.model.ci import CiContext
    from reporter.model.rules import Rules
    from reporter.publish.export import PictureExporter

RUNNERS = {"github": "GitHub Actions", "gitlab": "GitLab CI"}


def read_context(environ: Mapping[str, str]) -> CiContext | None:
    """The CI run this process is part of; None on a laptop."""
    from reporter.forges.ci_context import read_ci_context

    return read_ci_context(environ)


def open_exporter(environ: Mapping[str, str], *, images: bool) -> PictureExporter:
    """The picture exporter, its browser already on its way up when pictures are wanted."""
    from reporter.publish.export import PictureExporter

    exporter = PictureExporter(environ, images=images)
    exporter.start()
    return exporter


def open_project(directory: Path) -> Project:
    from reporter.collect.project import open_project as open_dvc_project

    return open_dvc_project(directory)


def project_rules(project: Project, config: Path | None) -> Rules:
    """The rules of the project's reporter.yaml, or of the file the user named."""
    if config is not None:
        return read_rules(config, required=True)
    return read_rules(project.root / CONFIG_NAME)


def config_path(project: Project, config: Path | None) -> str:
    """The configuration's POSIX path from the project's root, as another revision would hold it."""
    if config is None:
        return CONFIG_NAME
    path = config.resolve()
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else CONFIG_NAME


def run_info(context: CiContext | None) -> RunInfo:
    if context is None:
        return RunInfo(version=__version__)
    return RunInfo(
        version=__version__,
        runner=RUNNERS.get(context.forge, context.forge),
        url=context.run_url,
        repository_url=f"{context.server_url}/{context.repository}",
    )


def plotly_js() -> str:
    """plotly.js as the installed plotly brings it, about 5 MB; read without importing plotly."""
    from importlib.util import find_spec

    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("plotly")
    return Path(spec.submodule_search_locations[0], "package_data", "plotly.min.js").read_text(encoding="utf-8")


def connect_forge(context: CiContext, environ: Mapping[str, str]) -> Forge:
    from reporter.forges.registry import connect

    return connect(context, Environment(environ).token)


def result_console() -> Console:
    """Standard output: colour only on a terminal, and not where NO_COLOR is set."""
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty())


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Says what is going on on standard error: one changing line on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield lambda message: print(message, file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("Starting") as status:
        yield status.update
