"""The fork server and the guarded workers: what runs in processes of their own.

The server is a fresh interpreter with one thread, so forking it is safe whatever the program does,
and what it has imported every worker has. It runs in a process group of its own, out of reach of
Ctrl-C, and when whoever started it ends, however that may be, it takes its workers with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import signal
import socket
import sys
from multiprocessing.connection import Connection

from catdata.engine.deaths import Limits, end_items, live_under

REQUEST_BYTES = 1 << 16


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    serve(socket.socket(fileno=int(sys.argv[1])))


def serve(control: socket.socket) -> None:
    """Fork a worker for each request, until the asking side is gone.

    A request is one JSON object, with the descriptors of the folder to work in and of the worker's
    connection.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 2)
        if not message:
            os.killpg(0, signal.SIGKILL)
        request = json.loads(message)
        for module in request["preload"]:
            importlib.import_module(module)
        gc.freeze()  # so that collecting in a worker does not copy what it shares with the others
        if os.fork() == 0:
            control.close()
            folder, connection = descriptors
            _live(folder, connection, Limits(**request["limits"]))
        for descriptor in descriptors:
            os.close(descriptor)


def _live(folder: int, connection: int, limits: Limits) -> None:
    """Work until the other side hangs up; never returns to the server."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.fchdir(folder)
        os.close(folder)
        live_under(limits)
        work(Connection(connection))
    finally:
        os._exit(0)


def work(connection: Connection) -> None:
    """Say by its number that this worker is ready, then answer pickled calls until the end."""
    connection.send_bytes(b"%d" % os.getpid())
    while True:
        try:
            call = connection.recv_bytes()
        except (EOFError, OSError):
            return
        connection.send_bytes(answer(call))


def answer(call: bytes) -> bytes:
    """Do one pickled call and return its pickled answer: whether it went well, and the outcome."""
    outcome: tuple[bool, object]
    try:
        function, arguments, keywords = pickle.loads(call)  # noqa: S301 - from our own parent
        outcome = (True, function(*arguments, **keywords))
    except Exception as error:  # noqa: BLE001 - a future carries whatever the call raised
        outcome = (False, error)
    end_items()
    return pickle.dumps(outcome, protocol=5)
