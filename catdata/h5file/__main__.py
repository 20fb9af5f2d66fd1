"""Open the file on standard input as a reader would: what :mod:`catdata.h5file.trial` runs.

It says why it refuses the file, if it does, and nothing else. Its arguments are the split and, for
messages, the path.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from catdata.errors import CatdataError, H5Refused
from catdata.h5file.openfile import PlainFile
from catdata.h5file.reading import open_file

_MEMORY = 3 << 29  # bytes


def main(split: str, path: str) -> None:
    """Check the file, within bounds of memory and without leaving a core dump."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        open_file(PlainFile(sys.stdin.fileno(), Path(path), "r"), split).close()
    except H5Refused as error:
        json.dump({"message": error.message, "hint": error.hint}, sys.stdout)
    except CatdataError:  # of the disk: the reader will meet it too
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
