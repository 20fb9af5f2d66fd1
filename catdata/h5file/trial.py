"""Let a process of its own open a file first, since HDF5 crashes on some that are made to harm it.

HDF5 is written in C and does not promise to survive a damaged file: a tree in which a node is its
own child, for one, uses up the stack. What is refused there, or crashes, is refused here. A file
that went well, or that this process wrote itself, is not tried again, under whatever name.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from catdata.errors import H5Refused, shown
from catdata.h5file.boundary import GET_AGAIN, NotTheForm
from catdata.h5file.form import KNOWN_PAIR
from catdata.h5file.openfile import PlainFile, open_for_reading

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 15.0  # seconds
_SLOWEST = 20e6  # bytes a second
_REMEMBERED = 64 << 20  # bytes of a file; larger ones take longer to hash than to try
_PIECE = 1 << 20

_harmless = set(KNOWN_PAIR.values())
_log = logging.getLogger("catdata")


def try_elsewhere(file: PlainFile, split: str) -> None:
    """Open a file in another process, as a reader would.

    Args:
        file: The file; its position is left anywhere.
        split: ``train`` or ``test``.

    Raises:
        H5Refused: If the other process refused the file.
        NotTheForm: If it crashed or did not come to an end.
    """
    digest = _digest(file)
    if digest in _harmless:
        return
    try:
        tried = _run(file, split)
    except subprocess.TimeoutExpired:
        raise NotTheForm("HDF5 does not come to an end with it", hint=GET_AGAIN) from None
    except OSError as error:  # no process to be had: what follows is what there would be without
        _log.debug("%s was not tried first: %s", shown(file.path), error)
        return
    if not 0 <= tried.returncode <= 255:  # a signal, or an exception of Windows
        raise NotTheForm("HDF5 crashes on it", hint=GET_AGAIN)
    if tried.stdout:
        refused = json.loads(tried.stdout)
        raise H5Refused(shown(refused["message"]), hint=shown(refused["hint"]))
    if tried.returncode:
        _log.debug("%s could not be tried first: status %s", shown(file.path), tried.returncode)
    elif digest:
        _harmless.add(digest)


def trust(path: Path) -> None:
    """Remember the content of a file that this process wrote, so that it need not be tried."""
    with open_for_reading(path) as file:
        digest = _digest(file)
    if digest:
        _harmless.add(digest)


def _run(file: PlainFile, split: str) -> subprocess.CompletedProcess[bytes]:
    # The file is handed over open, so that both processes read the same one whatever becomes of
    # its name. It is found on the same paths as here, and one thread is enough to check it.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.run(  # noqa: S603 - this interpreter, and a module of this package
        [sys.executable, "-P", "-m", "catdata.h5file", split, file.path],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        timeout=_PATIENCE + file.size / _SLOWEST,
        check=False,
    )


def _digest(file: PlainFile) -> str | None:
    if file.size > _REMEMBERED:
        return None
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
