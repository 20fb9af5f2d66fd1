"""Which files to add under which label: one label for all, the folders' names, or a labels file.

The order of the classes is the course's (non-cat 0, cat 1) and never taken from folders' names.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catdata.dataset.candidates import is_meant_as_picture
from catdata.errors import ConfigRefused, shown
from catdata.h5file import CLASS_NAMES, SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SPLIT_CHOICES = ("auto", *SPLITS)
CLASS_WORDS = {
    **dict.fromkeys(("cat", "cats", "1"), 1),
    **dict.fromkeys(("non-cat", "non-cats", "noncat", "noncats", "not-cat", "not-cats", "0"), 0),
}
"""The words that are understood as a class, in lower case, with ``-`` for ``_`` and spaces."""
MAX_LABELS_BYTES = 128 << 20
_HEADER = "The first line must be: file_name,label  or  file_name,label,split"
_UNDERSTOOD = "cat, cats, non-cat, noncat, not-cat (in any case)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to add.

    Attributes:
        path: Where it is.
        label: 0 (non-cat) or 1 (cat).
        split: ``train``, ``test`` or ``auto``.
        found: Whether a folder was searched and this was in it. Such a file is passed over, not
            refused, if it is no picture.
        problem: Why it cannot be added, found before it was opened; empty if nothing is wrong.
    """

    path: Path
    label: int
    split: str = "auto"
    found: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """Files to add, looked for anew each time: never are more names in memory than a folder has.

    Attributes:
        find: Finds them.
        count: How many there were when they were counted.
    """

    find: Callable[[], Iterable[Entry]]
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.find())


def parse_label(word: str) -> int | None:
    """Return the label that *word* means, or None if it is not understood."""
    return CLASS_WORDS.get("-".join(word.strip().lower().replace("_", " ").split()))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the labels come from.

    Attributes:
        label: The class name that all files have, or None.
        file: A labels file, or None; with neither, the folders' names give the labels.
        split: ``train``, ``test`` or ``auto``.
    """

    label: str | None = None
    file: Path | None = None
    split: str = "auto"


def entries(paths: Sequence[Path], source: Source, *, apart_from: Sequence[Path] = ()) -> Entries:
    """Return what to add, counted.

    Args:
        paths: Files and folders; with a labels file, the one folder its names are relative to.
        source: Where the labels come from.
        apart_from: Folders that are not searched, such as the workspace's own.

    Raises:
        ConfigRefused: If the labels cannot be told.
    """
    if source.file is not None:
        if len(paths) > 1:
            raise ConfigRefused(
                "With --labels, name at most one folder: the one its file names are relative to."
            )
        if paths and os.path.isfile(paths[0]):  # noqa: PTH113 - never raises
            raise ConfigRefused(
                f"With --labels, name a folder, not {shown(paths[0])}: the one that the file names"
                " in the list are relative to."
            )
        listed = from_file(source.file, paths[0] if paths else None, source.split)
        return Entries(lambda: listed, len(listed))
    if source.label is not None:
        label = CLASS_NAMES.index(source.label)
        return _counted(lambda: with_label(paths, label, source.split, apart_from=apart_from))
    return by_folder(paths, source.split, apart_from=apart_from)


def _counted(find: Callable[[], Iterable[Entry]]) -> Entries:
    return Entries(find, sum(1 for _ in find()))


def with_label(
    paths: Iterable[Path], label: int, split: str = "auto", *, apart_from: Sequence[Path] = ()
) -> Iterator[Entry]:
    """Yield every file with the same label.

    Args:
        paths: Files and folders. Folders are searched through in the order of names; hidden files
            and folders are left out.
        label: 0 (non-cat) or 1 (cat).
        split: ``train``, ``test`` or ``auto``.
        apart_from: Folders that are not searched, such as the workspace's own.
    """
    for top in paths:
        for path in _files(top, apart_from):
            yield Entry(path, label, split, found=path != top, problem=_folder_problem(path))


def by_folder(
    paths: Sequence[Path], split: str = "auto", *, apart_from: Sequence[Path] = ()
) -> Entries:
    """Return every file with the label that a folder above it names, as in ``cat/img.jpg``.

    A folder ``train`` or ``test`` above that one sets the split, unless *split* does.

    Raises:
        ConfigRefused: If a file lies in no such folder; the folders are listed.
    """
    return _counted(lambda: _by_folder(paths, split, apart_from))


def _by_folder(paths: Sequence[Path], split: str, apart_from: Sequence[Path]) -> Iterator[Entry]:
    unknown: dict[str, None] = {}
    for top in paths:
        for path in _files(top, apart_from):
            problem = _folder_problem(path)
            folders = _folders_from(top, path)
            depth, label = _innermost_class(folders)
            if label is None and not problem and is_meant_as_picture(path):
                unknown[shown(path.parent)] = None
                continue
            sides = [name.lower() for name in folders[:depth] if name.lower() in SPLITS]
            side = sides[-1] if sides and split == "auto" else split
            yield Entry(path, label or 0, side, found=path != top, problem=problem)
    if unknown:
        raise ConfigRefused(
            f"No class in the name of the folder {', '.join(list(unknown)[:5])}.",
            hint=f"Folders that are understood: {_UNDERSTOOD}. Name only those, such as"
            " catdata add photos/cat photos/non-cat --label-from-folder, or give --label.",
        )


def _folders_from(top: Path, path: Path) -> Sequence[str]:
    """Return the names of the folders from *top* (its own folder, if it is a file) to a file."""
    folders = path.absolute().parent.parts
    first = top.absolute() if path != top else top.absolute().parent
    return folders[len(first.parts) - 1 :]


def _innermost_class(folders: Sequence[str]) -> tuple[int, int | None]:
    """Return the deepest folder whose name is a class, and its label."""
    for depth in range(len(folders) - 1, -1, -1):
        label = parse_label(folders[depth])
        if label is not None and not folders[depth].isdigit():
            return depth, label
    return 0, None


def from_file(file: Path, folder: Path | None = None, split: str = "auto") -> list[Entry]:
    """Return the files that a labels file lists.

    Args:
        file: CSV with a header, or JSON lines, with ``file_name`` and ``label`` and perhaps
            ``split``: the convention of ImageFolder's metadata files.
        folder: What ``file_name`` is relative to; the folder of *file* if None.
        split: Where the files without a ``split`` of their own go.

    Returns:
        An entry for each line. A line that names an unknown label, the same file again, or a file
        outside *folder* has a *problem* that says so with the number of the line.

    Raises:
        ConfigRefused: If the file as a whole cannot be read, lacks a column, or names nothing
            that is there.
    """
    base = folder or file.parent
    entries: list[Entry] = []
    seen: dict[Path, int] = {}
    for number, record in _records(file):
        name = str(record.get("file_name") or "")
        word = str(record.get("label", "")).strip()
        side = str(record.get("split") or "").strip().lower() or split
        label = parse_label(word)
        path = Path(os.path.normpath(base / name))
        where = f"{shown(file.name)} line {number}"
        problem = ""
        if not name or not path.is_relative_to(os.path.normpath(base)) or "\0" in name:
            problem = f"{where}: {shown(name) or 'no name'!r} is no file below {shown(base)}"
        elif label is None:
            problem = f"{where}: the label {shown(word)!r} is not understood ({_UNDERSTOOD}, 1, 0)"
        elif side not in SPLIT_CHOICES:
            problem = f"{where}: the split {shown(side)!r} is neither train nor test"
        elif path in seen:
            problem = f"{where}: named before, in line {seen[path]}"
        elif not os.path.lexists(path):
            problem = f"{where}: there is no such file"
        seen.setdefault(path, number)
        entries.append(Entry(path, label or 0, side, problem=problem))
    if not entries:
        raise ConfigRefused(f"{shown(file)} names no file.")
    if len(seen) > 1 and not any(map(os.path.lexists, seen)):
        raise ConfigRefused(
            f"None of the {len(seen)} files that {shown(file)} names is in {shown(base)}.",
            hint="Names start at the PATH given, or without one at the folder of the labels file.",
        )
    return entries


def unlisted(folder: Path, listed: Iterable[Entry], *, apart_from: Sequence[Path] = ()) -> int:
    """Return how many files of a folder are meant as pictures and not among those listed."""
    known = {os.path.normpath(entry.path) for entry in listed}
    return sum(
        is_meant_as_picture(path) and os.path.normpath(path) not in known
        for path in _files(folder, apart_from)
    )


def _records(file: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the records of a labels file with the number of their line."""
    try:
        if not os.path.lexists(file):
            raise ConfigRefused(f"There is no file {shown(file)}.")
        if not file.is_file() or file.stat().st_size > MAX_LABELS_BYTES:
            limit = f"{MAX_LABELS_BYTES >> 20} MiB"
            raise ConfigRefused(f"{shown(file)} is no plain file of at most {limit}.")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigRefused(
            f"{shown(file)} line {line} is not UTF-8 text.", hint="Save it again as UTF-8."
        ) from None
    except OSError as error:
        raise ConfigRefused(f"{shown(file)} can't be read: {error.strerror}.") from None
    if text.lstrip().startswith("["):
        raise ConfigRefused(
            f"{shown(file)} is a JSON array; JSON lines are read.",
            hint='Write one object a line: {"file_name": "a.jpg", "label": "cat"}',
        )
    if text.lstrip().startswith("{"):
        yield from _json_lines(file, text)
    else:
        yield from _csv_lines(file, text)


def _json_lines(file: Path, text: str) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigRefused(f"{shown(file)} line {number} is no JSON: {error}.") from None
        if not isinstance(record, dict):
            raise ConfigRefused(f"{shown(file)} line {number} is no JSON object.")
        yield number, record


def _csv_lines(file: Path, text: str) -> Iterator[tuple[int, dict[str, object]]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = io.StringIO(text, newline="")
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    try:
        columns = {name: (name or "").strip().lower() for name in reader.fieldnames or ()}
        missing = {"file_name", "label"} - set(columns.values())
        if missing:
            raise ConfigRefused(
                f"{shown(file)} has no column {' and no column '.join(sorted(missing))}.",
                hint=_HEADER,
            )
        for row in reader:
            yield reader.line_num, {columns.get(name, ""): row[name] or "" for name in row}
    except csv.Error as error:
        raise ConfigRefused(
            f"{shown(file)} line {reader.reader.line_num}: {error}.", hint=_HEADER
        ) from None


def _files(top: Path, apart_from: Sequence[Path]) -> Iterator[Path]:
    """Yield *top* itself, or what is in it if it is a folder, in the order of names.

    A folder that is empty or cannot be opened is yielded too: it is refused, not passed over.
    """
    if not os.path.isdir(top):  # noqa: PTH112 - never raises, where Path.is_dir may
        yield top
        return
    own = {folder.resolve() for folder in apart_from}
    closed: list[Path] = []
    empty = True
    for folder, folders, files in os.walk(top, onerror=lambda e: closed.append(Path(e.filename))):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and Path(folder, name).resolve() not in own
        )
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted(files + links):
            if not name.startswith("."):
                empty = False
                yield Path(folder, name)
    yield from closed or ([top] if empty else [])


def _folder_problem(path: Path) -> str:
    if not os.path.isdir(path):  # noqa: PTH112
        return ""
    if path.is_symlink():
        return "is a link to a folder; name that folder itself"
    return "there is no file in this folder" if os.access(path, os.R_OK) else "can't be opened"
