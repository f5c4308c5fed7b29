"""A DVC project over two revisions, described: plain records that say what is built, and so what a report must hold.

All paths are POSIX paths from the DVC project's root; those of files above it begin with `../`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from slow.fuzz.values import BARE, Tree, as_written, is_there, text_of


class Kept(StrEnum):
    """Who has a file that a stage writes or that dvc.yaml names."""

    GIT = "git"
    CACHE = "cache"
    UNPUSHED = "push: false"
    """In the cache of the machine that made it, and nowhere else."""
    LFS = "pointer of Git LFS"
    """Git has the pointer, and this clone never had the content."""
    LINK = "link"
    """Git has a link to a file of the repository."""
    IGNORED = "ignored"
    """Generated: in the work tree that made it, and git was told to leave it out."""


IN_CACHE = frozenset({Kept.CACHE, Kept.UNPUSHED})


@dataclass(frozen=True)
class Values:
    """A metrics or params file. `{key}` in the path of a repeated stage's file stands for the key."""

    path: str
    tree: Tree
    kept: Kept = Kept.GIT
    crlf: bool = False
    broken: bool = False
    """Its end is missing, as of a stage that was killed."""
    empty: bool = False
    """There is nothing in it, not even a mapping."""

    @property
    def written(self) -> Tree:
        return {} if self.empty else as_written(self.tree, self.path)

    @property
    def content(self) -> bytes:
        text = '{"cut": ' if self.broken else "" if self.empty else text_of(self.tree, self.path)
        return (text.replace("\n", "\r\n") if self.crlf else text).encode()


@dataclass(frozen=True)
class Table:
    """Data of a plot."""

    path: str
    columns: dict[str, tuple[float, ...]]
    kept: Kept = Kept.GIT

    @property
    def content(self) -> bytes:
        rows = zip(*self.columns.values(), strict=True)
        if self.path.endswith(".json"):
            return repr([dict(zip(self.columns, row, strict=True)) for row in rows]).replace("'", '"').encode()
        mark = "\t" if self.path.endswith(".tsv") else ","
        return "".join(mark.join(map(str, line)) + "\n" for line in [tuple(self.columns), *rows]).encode()


@dataclass(frozen=True)
class Content:
    """A file with a text, or a folder with a text for each name in it."""

    path: str
    text: str = ""
    inside: dict[str, str] = field(default_factory=dict)
    kept: Kept = Kept.CACHE

    @property
    def files(self) -> dict[str, bytes]:
        inside = {f"{self.path}/{name}": text.encode() for name, text in self.inside.items()}
        return inside or {self.path: self.text.encode()}


@dataclass(frozen=True)
class Tracked:
    """What a stage tracks of a params file; no names: the whole of it."""

    path: str
    names: tuple[str, ...] = ()


class Over(StrEnum):
    LIST = "foreach a list"
    MAPPING = "foreach a mapping"
    MATRIX = "matrix"


@dataclass(frozen=True)
class Repeat:
    over: Over
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    name: str
    folder: str = ""
    """Of its dvc.yaml."""
    wdir: str = ""
    """From that folder."""
    repeat: Repeat | None = None
    reads: tuple[str, ...] = ()
    """Code, data, and what other stages write."""
    tracks: tuple[Tracked, ...] = ()
    uses: tuple[str, ...] = ()
    """Names in `${…}` of its command."""
    writes: tuple[Content, ...] = ()
    metrics: tuple[Values, ...] = ()
    plots: tuple[Table, ...] = ()
    frozen: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The empty key for a stage that is not repeated."""
        return self.repeat.keys if self.repeat else ("",)

    @property
    def file(self) -> str:
        return f"{self.folder}/dvc.yaml" if self.folder else "dvc.yaml"

    def address(self, key: str) -> str:
        """As DVC calls it."""
        name = f"{self.name}@{key}" if key else self.name
        return f"{self.file}:{name}" if self.folder else name


@dataclass(frozen=True)
class Plot:
    """Of the root's dvc.yaml, with a name of its own."""

    name: str
    table: str
    x: str
    y: str


class Gate(StrEnum):
    NONE = "none"
    REQUIRED = "required"
    DROP = "max_drop, required"


@dataclass(frozen=True)
class Revision:
    folder: str = ""
    """Of the DVC project, from the top of the repository."""
    stages: tuple[Stage, ...] = ()
    metrics: tuple[Values, ...] = ()
    """Top-level ones."""
    params: tuple[Values, ...] = ()
    """Every params file, whoever names it."""
    whole_params: tuple[str, ...] = ()
    """Top-level ones."""
    variables: tuple[str, ...] = ()
    """Params files under `vars`."""
    tables: tuple[Table, ...] = ()
    """Of top-level plots."""
    plots: tuple[Plot, ...] = ()
    data: tuple[Content, ...] = ()
    """Of .dvc files."""
    code: tuple[Content, ...] = ()
    """What git has."""
    submodule: str = ""
    """Where one is checked out, and what it holds is `library.py`."""
    unrun: dict[str, str] = field(default_factory=dict)
    """Code that was edited after the stages ran: path → text."""
    gate: Gate = Gate.NONE

    def params_at(self, path: str) -> Values | None:
        return next((file for file in self.params if file.path == path), None)

    def tracked_names(self, tracked: Tracked) -> tuple[str, ...] | None:
        """Those of its names that the file has; None where there is nothing for a stage to track."""
        file = self.params_at(tracked.path)
        if file is None or file.broken:
            return None
        names = tuple(name for name in tracked.names if is_there(file.written, name))
        return names if names or not tracked.names else None

    def stage_metrics(self) -> Iterator[Values]:
        for stage in self.stages:
            for key in stage.keys:
                yield from (of_key(file, key) for file in stage.metrics)

    def every_metrics_file(self) -> dict[str, Values]:
        return {file.path: file for file in (*self.stage_metrics(), *self.metrics)}

    def every_table(self) -> dict[str, Table]:
        own = [table_of_key(table, key) for stage in self.stages for key in stage.keys for table in stage.plots]
        return {table.path: table for table in (*own, *self.tables)}

    def every_output(self) -> dict[str, Content]:
        own = [content_of_key(content, key) for stage in self.stages for key in stage.keys for content in stage.writes]
        return {content.path: content for content in own}

    def measured_files(self) -> list[Values | Table]:
        return [*self.every_metrics_file().values(), *self.every_table().values()]

    def cached_files(self) -> dict[str, bytes]:
        """Those with values or points that the cache keeps."""
        return {file.path: file.content for file in self.measured_files() if file.kept in IN_CACHE}


def of_key(file: Values, key: str) -> Values:
    """A repeated stage writes its key into each of its files."""
    if not key:
        return file
    tree = file.tree if BARE in file.tree else {"key": key, **file.tree}
    return Values(file.path.format(key=key), tree, file.kept, file.crlf, file.broken, file.empty)


def table_of_key(table: Table, key: str) -> Table:
    return Table(table.path.format(key=key), table.columns, table.kept) if key else table


def content_of_key(content: Content, key: str) -> Content:
    if not key:
        return content
    return Content(content.path.format(key=key), f"{key}: {content.text}", content.inside, content.kept)


class View(StrEnum):
    """What the report is made in."""

    HERE = "the work tree where everything ran"
    CLONE = "a fresh clone"
    SHALLOW = "a clone of depth 1"
    PARTIAL = "a clone without blobs"
    TREELESS = "a clone without trees"
    WINDOWS = "a clone with the line ends of Windows"


class Side(StrEnum):
    BASE = "base"
    HEAD = "head"


@dataclass(frozen=True)
class Lost:
    """The content of a cached file of one side is in no cache and no remote. Another file of this content is lost with it."""

    side: Side
    path: str


@dataclass(frozen=True)
class Seen:
    view: View = View.HERE
    workspace: bool = True
    """The candidate is the work tree, not the commit."""
    remote: bool = True
    pushed: bool = True
    """To the remote."""
    committed: bool = True
    """The candidate, which is only a work tree otherwise."""
    by_branch: bool = False
    """The baseline is where the branches part, and no tag."""
    cache: bool = True
    """Of the work tree where everything ran; a clone has none."""
    lost: tuple[Lost, ...] = ()
    left_out: str = ""
    """A folder that a sparse checkout leaves out."""


@dataclass(frozen=True)
class Project:
    base: Revision
    head: Revision
    seen: Seen = Seen()

    def side(self, side: Side) -> Revision:
        return self.base if side is Side.BASE else self.head

    @property
    def lost_contents(self) -> set[bytes]:
        return {self.side(lost.side).cached_files()[lost.path] for lost in self.seen.lost}

    @property
    def pushed_contents(self) -> set[bytes]:
        """Of files that went to the remote. What must not be pushed may have the content of something else."""
        revisions = (self.base, self.head)
        if not (self.seen.remote and self.seen.pushed):
            return set()
        pushed = {file.content for each in revisions for file in each.measured_files() if file.kept is Kept.CACHE}
        contents = [content for each in revisions for content in (*each.every_output().values(), *each.data)]
        return pushed | {data for content in contents if content.kept is Kept.CACHE for data in content.files.values()}
