"""Settings and CI context made into the concrete edges: the project, the browser, the forge, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reporter import __version__
from reporter.errors import ForgeError, ReporterError, UsageError
from reporter.model.report import RunInfo
from reporter.model.revision import Policy
from reporter.model.rules import CommentRule, Rules
from reporter.settings import CONFIG_NAME, Environment, parse_rules, read_rules

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from reporter.collect.project import Project
    from reporter.collect.reader_process import ProjectReader
    from reporter.execute.reproduction import ReproducedBaseline
    from reporter.forges.interface import Forge
    from reporter.model.ci import Checkout, CiContext
    from reporter.publish.export import PictureExporter
    from reporter.publish.store import ImageStore


def read_context(environ: Mapping[str, str]) -> CiContext | None:
    """The CI run this process is part of; None on a laptop."""
    from reporter.forges.registry import read_ci_context

    return read_ci_context(environ)


def read_environment(environ: Mapping[str, str]) -> Environment:
    """The environment, with the variables that hold the token of whichever forge there is."""
    from reporter.forges.registry import token_variables

    return Environment(environ, token_variables())


def open_exporter(environ: Mapping[str, str], *, images: bool) -> PictureExporter:
    """The picture exporter, its browser already on its way up when pictures are wanted."""
    from reporter.publish.export import PictureExporter

    exporter = PictureExporter(environ, images=images)
    exporter.start()
    return exporter


def open_project(directory: Path) -> Project:
    """The DVC project around `directory`. Raises ProjectError where there is none."""
    from reporter.collect.project import open_project as open_dvc_project

    return open_dvc_project(directory)


def notice_of_dvc() -> str | None:
    """What a user should know of the DVC that is installed."""
    from reporter.collect.dvc.versions import notice_of_version

    return notice_of_version()


@contextmanager
def reading(project: Project, say: Callable[[str], None]) -> Iterator[Project | ProjectReader]:
    """The project, read in a process of its own where that is sound."""
    from reporter.collect.reader_process import ProjectReader, can_fork

    if not can_fork():
        yield project.telling(say)
        return
    with ProjectReader(project, say) as reader:
        yield reader


def project_rules(project: Project, config: Path | None, head: str | None = None) -> Rules:
    """The rules of the project's reporter.yaml, or of the file the user named: as the work tree has it, or a commit."""
    if head is not None and (path := config_path(project, config)) is not None:
        text = project.read_text(project.resolve_head(head), path)
        if text is not None:
            return parse_rules(text, f"{head[:7]}:{path}")
        if config is None:
            return Rules()
        raise UsageError(f"{head[:7]} has no {path}", "Check the path given to --config.")
    if config is not None:
        return read_rules(config, required=True)
    return read_rules(project.root / CONFIG_NAME)


def config_path(project: Project, config: Path | None) -> str | None:
    """The configuration's POSIX path from the project's root, as another revision would hold it; None outside of it.

    Links within the project are not followed: each revision has its own, and the baseline's decide what the baseline's file is.
    """
    if config is None:
        return CONFIG_NAME
    path = Path(os.path.abspath(config))  # noqa: PTH100  `resolve` would follow the change's own links
    around = next((folder for folder in reversed(path.parents) if os.path.realpath(folder) == str(project.root)), None)
    return None if around is None else path.relative_to(around).as_posix()


def run_info(context: CiContext | None) -> RunInfo:
    """Where and by what a report is made; of a run outside CI just this package's version."""
    if context is None:
        return RunInfo(version=__version__)
    from reporter.forges.registry import provider_of

    forge = provider_of(context)
    return RunInfo(
        version=__version__, runner=forge.service, url=context.run_url, repository_url=forge.pages_of(context)
    )


def reproduced(project: Project, say: Callable[[str], None], *, push: bool) -> ReproducedBaseline:
    """The project, reproduced in place; its baseline is reproduced too where its outputs are nowhere."""
    from reporter.execute.reproduction import ReproducedBaseline, reproduce
    from reporter.forges.registry import hidden_from_stages

    hidden = hidden_from_stages()
    notes = reproduce(project.root, "the candidate", say, hidden, push=push)
    return ReproducedBaseline(open_project(project.root), say, hidden, notes, push=push)


def keeps_credentials(directory: Path) -> bool:
    """Whether git sends a secret that it has in a file, as actions/checkout leaves the job's token by default."""
    from reporter.process import run

    headers = ("config", "--name-only", "--get-regexp", r"^http\..*\.extraheader$")
    return run("git", *headers, cwd=directory).ok


def load_renderers() -> None:
    """Load what writes the report, while another process reads the project."""
    from reporter.render import terminal  # noqa: F401
    from reporter.render.html.page import page_template

    page_template()
    result_console()


def plotly_js() -> str:
    """The library that draws the page's plots, about 1 MB."""
    from reporter.publish.browser import PLOTLY_JS

    return PLOTLY_JS.read_text(encoding="utf-8")


def read_checkout(directory: Path) -> Checkout:
    """The commit that is checked out around `directory`. Raises ProjectError where there is none."""
    from reporter.collect.git.checkout import read_checkout as read_git_checkout

    return read_git_checkout(directory)


def connector(context: CiContext | None, environ: Mapping[str, str]) -> Callable[[], Forge]:
    """Opens the forge of the run with the token of the environment: once, so that its patience is one for the job."""

    @cache
    def connect() -> Forge:
        from reporter.forges.registry import connect as connect_forge

        if context is None:
            raise ForgeError("There is no forge outside a CI job", "Run this in a CI job.")
        return connect_forge(context, read_environment(environ).token)

    return connect


def store_opener(directory: Path, config: Path | None = None) -> Callable[[Forge], ImageStore]:
    """Opens the image store that the checkout's own configuration names, never the one a bundle asks for."""

    def open_store(forge: Forge) -> ImageStore:
        from reporter.publish.images import choose_store

        return choose_store(_checkout_rules(directory, config).images, forge)

    return open_store


def comment_rule(directory: Path, config: Path | None) -> CommentRule:
    """How the comment is called, before the report is made; its default where the configuration is broken, which the
    report itself then says.
    """
    try:
        return _checkout_rules(directory, config).comment
    except UsageError:
        return CommentRule()


def comment_in_force(directory: Path, config: Path | None, own: CommentRule, context: CiContext) -> CommentRule:
    """The comments that reports of the run may go to: what reporter.yaml said where the change left its target.

    On the default branch itself, and where there was no such file, it is the checkout's `own`; but never that of a fork,
    which could so take the place of any comment.
    """
    if context.pull_request is None and context.branch == context.default_branch:
        return own
    own = CommentRule() if context.is_of_fork else own
    try:
        project = open_project(directory)
        head = project.resolve_head(context.head_sha)
        base = project.resolve_base(None, head, Policy.MERGE_BASE, context, _checkout_rules(directory, config).base)
    except ReporterError:  # it keeps the report from being made as well, and is said then
        return own
    path = config_path(project, config)
    if base is None or path is None:
        return own
    try:
        text = project.read_text(base, path)
        return own if text is None else parse_rules(text).comment
    except ReporterError:  # broken there
        return CommentRule()


def _checkout_rules(directory: Path, config: Path | None) -> Rules:
    """The rules beside the nearest `.dvc` folder at or above `directory`, read without DVC."""
    if config is not None:
        return read_rules(config, required=True)
    for folder in (directory.resolve(), *directory.resolve().parents):
        if (folder / ".dvc").is_dir():
            return read_rules(folder / CONFIG_NAME)
        if (folder / ".git").exists():  # what lies above is another repository's
            break
    return read_rules(directory / CONFIG_NAME)


def result_console() -> Console:
    """Standard output: colour only on a terminal, and not where NO_COLOR is set."""
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty())


@contextmanager
def progress(environ: Mapping[str, str]) -> Iterator[Callable[[str], None]]:
    """Says what is going on on standard error: one changing line on a terminal, plain lines elsewhere and in CI."""
    from reporter.render.escape import visible

    if not sys.stderr.isatty() or environ.get("CI"):
        yield lambda message: print(visible(message), file=sys.stderr, flush=True)
        return
    with ExitStack() as stack:
        status: Status | None = None

        def say(message: str) -> None:
            nonlocal status
            from rich.console import Console
            from rich.text import Text

            text = Text(visible(message))  # a revision's name is no markup
            if status is None:  # its thread starts with the first message: before that, this process may fork
                status = stack.enter_context(Console(stderr=True).status(text))
            else:
                status.update(text)

        yield say
