"""Disturb every command in every way, at full width, and print a table of what came of it.

    TMPDIR=/dev/shm python scripts/fault_matrix.py [--injector PROGRAM] [--only NAME...] \
        [--ways WAY...] [--every N] [--moments N]

Each command runs on a small drawn workspace and is killed at random moments. With the path of a
program that injects faults into system calls (``PROGRAM kill|error|powercut --make M --cmd C
--check K``) it is also killed at each call that touches the workspace, each call fails with ENOSPC,
EDQUOT and EIO, and power cuts lose what was not synced. After each fault ``verify`` must find no
damage, what was acknowledged must be there, the same command must end well, and what is then built
must be, to the byte, what an undisturbed run gives. Where the fault hits a photo itself, ``add``
refuses it by name and goes on; its place among the images is then another, and these runs are
counted apart as ``photo refused``. Exits with 1 if anything else was seen.

The full width is about 5,000 runs and takes an hour on a quiet core; ``--only add`` is one command
of it, ``--ways kill powercut`` two columns. The workspaces should lie in memory, hence ``TMPDIR``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

from conditions import (  # noqa: E402
    JOBS,
    Disturbed,
    Job,
    assert_finished,
    assert_sound,
    command,
    digests,
    leftovers,
    result,
    rows,
    run_here,
    start,
)
from pictures import course_arrays, save, write_pair  # noqa: E402
from PIL import Image  # noqa: E402

from catdata.dataset.verify import verify  # noqa: E402
from catdata.dataset.workspace import Workspace  # noqa: E402

PHOTOS = 4
REFUSED = ("leak.png", "text.jpg")
ADD = ("add", "PHOTOS", "--label", "cat", "--split", "train", "--jsonl")
CRASHES = ("kill", "powercut", "ENOSPC", "EDQUOT", "EIO", "EIO while reading")
READING = "read,pread64,newfstatat,getdents64,lseek,flock,close"
MATRIX = {
    **JOBS,
    "add": Job("new", ADD, status=1),
    "verify --repair": Job("damaged", ("verify", "--repair")),
}
# All calls that write, but for the exchange of two folders, which the injector cannot take back.
SYNCED = "openat,write,pwrite64,rename,unlink,mkdir,ftruncate,fsync,fdatasync"
MOST_SECONDS = 120  # for one judgement
_SUMMARY = re.compile(r"^(?:kill|error|powercut): (\d+) runs, (\d+) bad", re.MULTILINE)


def make_templates(folder: Path) -> None:
    """Draw photos, of which some are refused, and make the workspaces that the jobs start from."""
    photos = folder / "photos"
    for number in range(PHOTOS):
        save(photos / f"{number}.jpg", number)
    shutil.copy(photos / "0.jpg", photos / "copy.jpg")
    Image.fromarray(course_arrays("test")[0][0]).save(photos / REFUSED[0])  # --split train
    (photos / REFUSED[1]).write_text("no picture")
    pair = write_pair(folder / "course")
    places = ["--train", str(pair["train"]), "--test", str(pair["test"])]
    run_here(["init", str(folder / "new"), *places])
    filled = Path(shutil.copytree(folder / "new", folder / "filled"))
    run_here(command(filled, MATRIX["add"], photos), status=1)
    run_here(["-C", str(filled), "build-h5"])
    shutil.copytree(folder / "filled", folder / "damaged")
    damaged = Workspace(folder / "damaged")
    damaged.catalog_path.write_bytes(damaged.catalog_path.read_bytes()[:9000])
    min(damaged.raw.folder.glob("*/*.jpg")).unlink()
    (damaged.data / "enlarged" / "build.json").write_text("{")


def make_tools(folder: Path) -> None:
    """Make the pipes to the judge, and a ``strace`` that stops a program half as often.

    The injector runs ``strace``, which stops at every system call unless it may filter them.
    """
    for pipe in ("ask", "answer"):
        os.mkfifo(folder / pipe)
    if strace := shutil.which("strace"):
        faster = folder / "bin" / "strace"
        faster.parent.mkdir()
        faster.write_text(f'#!/bin/sh\nexec {strace} --seccomp-bpf "$@"\n')
        faster.chmod(0o755)


def prepare(folder: Path, name: str) -> Disturbed:
    """Run a job undisturbed and return a workspace in which to disturb it."""
    job, root = MATRIX[name], folder / "workspace"
    ends = []
    for done in (False, True):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(folder / job.start, root)
        if done or job.start == "damaged":
            run_here(command(root, job, folder / "photos"), job.status)
        ends.append(result(root))
    return Disturbed(root, job, folder / "photos", *ends)


def check(fault: Disturbed, root: Path, said: bytes) -> None:
    """Check a workspace as a fault left it, then finish the job and check the result.

    Args:
        fault: The job, and what its workspace holds before and after it.
        root: The workspace.
        said: What the job printed before it was disturbed.

    Raises:
        AssertionError: If a condition does not hold.
    """
    lines = said.split(b"\n")[:-1]
    outcomes = [json.loads(line) for line in lines] if "--jsonl" in fault.job.arguments else []
    refused = {Path(one["file"]).name for one in outcomes if one["outcome"] == "refused"}
    if "--jsonl" in fault.job.arguments:
        added = [one["ref"] for one in outcomes if one["outcome"] == "added"]
        assert_acknowledged(root, added)
    elif lines:  # other commands print when all is done
        assert_done(fault, root)
    if refused <= set(REFUSED):
        if fault.job.start != "damaged":
            assert_sound(root, fault.before, fault.after)
        assert_finished(root, fault.job, fault.photos, fault.after)
    else:
        assert_added_later(fault, root)
    assert list(verify(Workspace(root)).damage) == []  # noqa: S101


def assert_acknowledged(root: Path, added: list[str]) -> None:
    """Check that the images that were acknowledged are there (C8)."""
    refs = [str(row[1]) for row in rows(root)]
    assert all(any(ref.startswith(short) for ref in refs) for short in added)  # noqa: S101


def assert_done(fault: Disturbed, root: Path) -> None:
    """Check that the job is done, as it said (C8)."""
    assert rows(root) == fault.after.rows  # noqa: S101
    data = Workspace(root).data
    kept = {name: digests(data / name) for name in Workspace(root).builds()}
    assert kept.items() <= fault.after.builds.items()  # noqa: S101


def assert_added_later(fault: Disturbed, root: Path) -> None:
    """Check a workspace where the fault was in a photo, which was refused by name.

    The rest was added; the same command adds it now, as the last one, so builds have another order.
    """
    assert list(verify(Workspace(root)).damage) == []  # noqa: S101
    run_here(command(root, fault.job, fault.photos), fault.job.status)
    nameless = [sorted(row[1:] for row in known) for known in (rows(root), fault.after.rows)]
    assert nameless[0] == nameless[1]  # noqa: S101
    assert result(root).photos == fault.after.photos  # noqa: S101
    assert leftovers(root) == []  # noqa: S101
    with (fault.photos.parent / "later").open("a") as file:
        file.write(".")


def judge(fault: Disturbed, root: Path, said: bytes) -> str:
    """Check in a forked child, which may crash or hang, and return what is wrong or nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.alarm(MOST_SECONDS)
        try:
            check(fault, root, said)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is bad
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = " ".join(f"{type(error).__name__} at {where.line}: {error}".split())
            os.write(writing, text.encode("utf-8", "replace")[:4000])
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        wrong = file.read()
    status = os.waitpid(child, 0)[1]
    return wrong or (f"the judge ended with {status}" if status else "")


def answer(fault: Disturbed, folder: Path) -> None:
    """Judge each workspace that is named in the pipe ``ask``, into the pipe ``answer``.

    A line is the path of a workspace, a colon, and the path of what the job said.
    """
    while True:
        root, said = (folder / "ask").read_text().strip().split(":")
        wrong = judge(fault, Path(root), Path(said).read_bytes())
        (folder / "answer").write_text(wrong)


def kill_at_random(folder: Path, fault: Disturbed, moments: int) -> tuple[int, int]:
    """Kill the job at random moments; return how often, and how many states were bad."""
    rng = random.Random(moments)  # noqa: S311 - only moments are drawn
    bad, duration = 0, 0.0
    for number in range(moments + 1):
        shutil.rmtree(fault.root)
        shutil.copytree(folder / fault.job.start, fault.root)
        begin = time.monotonic()
        with start(fault.arguments) as process:
            if number:
                time.sleep(duration * rng.uniform(0.3, 1))
                process.kill()
            said = process.communicate()[0]
        if not number:
            duration = time.monotonic() - begin
        if wrong := judge(fault, fault.root, said):
            bad += 1
            print(f"  BAD at moment {number}: {wrong[:300]}", file=sys.stderr)
    return moments, bad


def crash(program: Path, folder: Path, name: str, how: str, every: int) -> tuple[int, int]:
    """Let the fault injector disturb the job at each *every*th call; return runs and bad states."""
    job = MATRIX[name]
    words = command(Path("ROOT"), job, folder / "photos")
    called = shlex.join([sys.executable, "-m", "catdata", *words]).replace("ROOT", '"$ROOT"')
    ask, answer = (shlex.quote(str(folder / pipe)) for pipe in ("ask", "answer"))
    judged = f'echo "$ROOT:$ACK" > {ask}; wrong=$(cat {answer}); echo "$wrong"; test -z "$wrong"'
    error, _, is_reading = how.partition(" while ")
    mode = ["error", "--errno", error] if error.isupper() else [how]
    if how == "powercut":
        mode += ["--calls", SYNCED]
    elif is_reading:
        mode += ["--calls", READING]
    make = f"cp -r {shlex.quote(str(folder / job.start))} $ROOT"
    lab = [sys.executable, str(program), *mode, "--every", str(every), "--cwd", str(ROOT)]
    lab += ["--make", make, "--cmd", called, "--check", judged, "--show", "1000"]
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(lab, capture_output=True, text=True, env=environment, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    summary = _SUMMARY.search(done.stdout)
    return (int(summary[1]), int(summary[2])) if summary else (0, 1)


def disturb(folder: Path, name: str, options: argparse.Namespace) -> int:
    """Disturb one command in all ways, print its rows and return how many states were bad."""
    fault = prepare(folder, name)
    server = multiprocessing.get_context("fork").Process(
        target=answer, args=(fault, folder), daemon=True
    )
    server.start()
    all_bad = 0
    try:
        for how in options.ways:
            begin = time.monotonic()
            if how == "random":
                runs, bad = kill_at_random(folder, fault, options.moments)
            else:
                runs, bad = crash(options.injector, folder, name, how, options.every)
            all_bad += bad
            later = len((folder / "later").read_text())
            (folder / "later").write_text("")
            seconds = time.monotonic() - begin
            print(f"| `{name}` | {how} | {runs} | {bad} | {later} | {seconds:.0f} s |", flush=True)
    finally:
        server.kill()
    return all_bad


def main() -> None:
    """Fill in the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--injector", type=Path, metavar="PROGRAM", help="The fault injector.")
    parser.add_argument("--every", type=int, default=1, help="Disturb every Nth system call only.")
    parser.add_argument("--moments", type=int, default=100, help="Random moments a command.")
    parser.add_argument("--only", nargs="+", choices=MATRIX, default=list(MATRIX))
    parser.add_argument("--ways", nargs="+", choices=("random", *CRASHES))
    options = parser.parse_args()
    options.ways = options.ways or ["random", *(CRASHES if options.injector else ())]
    with tempfile.TemporaryDirectory(prefix="catdata-faults-") as folder_name:
        folder = Path(folder_name)
        make_templates(folder)
        make_tools(folder)
        (folder / "later").write_text("")
        print("| command | fault | runs | bad | photo refused | took |\n|" + " --- |" * 6)
        all_bad = sum(disturb(folder, name, options) for name in options.only)
    sys.exit(1 if all_bad else 0)


if __name__ == "__main__":
    main()
