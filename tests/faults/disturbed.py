"""Run one command of catdata and disturb it at an ordered moment; a program, started by the tests.

    python disturbed.py FOLDER SIGNAL COUNT MOMENTS ARGUMENT...

The process sends itself SIGNAL when Python opens, makes, renames or removes the COUNTth file
below FOLDER; with COUNT 0 it does not. The number of such moments goes to the file MOMENTS.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

EVENTS = {
    "open",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
    "sqlite3.connect",
}

folder, signal_number, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
moments = itertools.count(1)


def disturb(event: str, arguments: tuple[object, ...]) -> None:
    if event not in EVENTS:
        return
    paths = (os.fsdecode(part) for part in arguments if isinstance(part, (str, bytes)))
    if any(folder in path for path in paths) and next(moments) == count:
        os.kill(os.getpid(), signal_number)


def main() -> None:
    from catdata.cli import main as catdata

    sys.addaudithook(disturb)
    try:
        catdata(sys.argv[5:], prog_name="catdata")
    finally:
        Path(sys.argv[4]).write_text(str(next(moments) - 1))


main()
