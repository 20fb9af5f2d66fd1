"""What a power cut would lose: nothing that was acknowledged, and no part of what has its name.

``scripts/fault_matrix.py`` cuts the power at every point; here the order of the system calls is
looked at, which is what saves the files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conditions import JOBS, Prepare, environment

STRACE = shutil.which("strace")
CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat2,mkdir,unlink,unlinkat"
LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (\d+)")
NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')


def calls(trace: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the calls that succeeded, in the order in which they ended.

    Each with the thread that made it, and its arguments.
    """
    begun: dict[str, str] = {}
    for line in trace.read_text().splitlines():
        thread = line.split(maxsplit=1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>")
            continue
        whole = re.sub(r"^\d+ +<\.\.\. \w+ resumed>", lambda _: begun.pop(thread), line)  # noqa: B023
        if match := LINE.match(whole):
            yield match[1], match[2], match[3]


class Disk:
    """What of the files below a folder is not on disk for good.

    Attributes:
        data: Files with bytes that were not synced.
        names: New names in folders that were not synced since.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data: set[Path] = set()
        self.names: set[Path] = set()

    def follow(self, call: str, arguments: str) -> None:
        """Note what a call changes, and check that nothing gets its name too early."""
        if call in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync"):
            path = Path(arguments.partition("<")[2].partition(">")[0])
            if "sync" in call:
                self.data.discard(path)
                self.names = {name for name in self.names if name.parent != path}
            elif self.is_kept(path):
                self.data.add(path)
            return
        first, *second = (Path(name) for name in NAMES.findall(arguments))
        if call == "mkdir" and self.is_kept(first):
            self.names.add(first)
        elif call.startswith("unlink"):
            self.data.discard(first)
            self.names.discard(first)
        elif call.startswith("rename"):
            assert not {path for path in self.data if path.is_relative_to(first)}
            self.names.discard(first)
            self.names.update(second)

    def is_kept(self, path: Path) -> bool:
        """Tell whether a file is worth syncing: the cache of pixels may be lost at any time."""
        is_here = path.is_relative_to(self.root)
        return is_here and not path.is_relative_to(self.root / "data" / "cache")


@pytest.mark.skipif(not STRACE, reason="strace, which shows system calls, is not here")
@pytest.mark.parametrize("name", JOBS)
def test_files_are_synced_before_they_get_their_names_and_folders_before_anything_is_said(
    prepare: Prepare, tmp_path: Path, name: str
) -> None:
    fault, trace = prepare(name), tmp_path / "trace"
    watch = [str(STRACE), "-f", "-y", "-qq", "-s", "0", "-o", str(trace), "-e", f"trace={CALLS}"]
    words = [*watch, sys.executable, "-m", "catdata", *fault.arguments]
    subprocess.run(words, check=True, capture_output=True, env=environment(), timeout=120)
    disk = Disk(fault.root)
    count = 0
    program = trace.read_text().split(maxsplit=1)[0]
    for thread, call, arguments in calls(trace):
        # A child that tries an h5 file writes to its own stdout.
        if thread == program and call == "write" and arguments.startswith("1<"):
            assert (disk.data, disk.names) == (set(), set())
        disk.follow(call, arguments)
        count += 1
    assert count > 20
    assert (disk.data, disk.names) == (set(), set())
