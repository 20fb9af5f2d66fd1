"""Disturb every command in every way, at full width, and print a table of what came of it.

    python scripts/fault_matrix.py [--injector PROGRAM] [--every N] [--moments N] [--only NAME...]

Each command runs on a small drawn workspace and is killed at random moments. With the path of a
program that injects faults into system calls (``PROGRAM kill|error|powercut --make M --cmd C
--check K``) it is also killed at each call that touches the workspace, each call fails with ENOSPC,
EDQUOT and EIO, and power cuts lose what was not synced. After each fault ``verify`` must find no
damage, the same command must end well, and what is then built must be, to the byte, what an
undisturbed run gives. Exits with 1 if anything else was seen. The full width takes hours.
"""

from __future__ import annotations

import argparse
import pickle
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
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
    result,
    run_here,
    start,
)
from pictures import save, write_pair  # noqa: E402

from catdata.dataset.verify import verify  # noqa: E402
from catdata.dataset.workspace import Workspace  # noqa: E402

PHOTOS = 9
CRASHES = ("kill", "powercut", "ENOSPC", "EDQUOT", "EIO")  # the last three: calls that fail so
MATRIX = {**JOBS, "verify --repair": Job("damaged", ("verify", "--repair"))}
# All calls that write, but for the exchange of two folders, which the injector cannot take back.
SYNCED = "openat,write,pwrite64,rename,unlink,mkdir,ftruncate,fsync,fdatasync"
_SUMMARY = re.compile(r"^(?:kill|error|powercut): (\d+) runs, (\d+) bad", re.MULTILINE)


def make_templates(folder: Path) -> None:
    """Draw photos, and make the workspaces that the jobs start from."""
    for number in range(PHOTOS):
        save(folder / "photos" / f"{number}.jpg", number)
    pair = write_pair(folder / "course")
    places = ["--train", str(pair["train"]), "--test", str(pair["test"])]
    run_here(["init", str(folder / "new"), *places])
    shutil.copytree(folder / "new", folder / "filled")
    run_here(["-C", str(folder / "filled"), "add", str(folder / "photos"), "--label", "cat"])
    run_here(["-C", str(folder / "filled"), "build-h5"])
    shutil.copytree(folder / "filled", folder / "damaged")
    damaged = Workspace(folder / "damaged")
    damaged.catalog_path.write_bytes(damaged.catalog_path.read_bytes()[:9000])
    min(damaged.raw.folder.glob("*/*.jpg")).unlink()
    (damaged.data / "enlarged" / "build.json").write_text("{")


def prepare(folder: Path, name: str) -> Disturbed:
    """Run a job undisturbed and return a workspace in which to disturb it."""
    job, root = MATRIX[name], folder / "workspace"
    ends = []
    for done in (False, True):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(folder / job.start, root)
        if done or job.start == "damaged":
            run_here(command(root, job, folder / "photos"))
        ends.append(result(root))
    return Disturbed(root, job, folder / "photos", *ends)


def check(fault: Disturbed) -> None:
    """Check a workspace as a fault left it, then finish the job and check the result.

    Raises:
        AssertionError: If a condition does not hold.
    """
    if fault.job.start != "damaged":
        assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)
    assert list(verify(Workspace(fault.root)).damage) == []  # noqa: S101


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
        if not number:
            duration = time.monotonic() - begin
        try:
            check(fault)
        except AssertionError as error:
            bad += 1
            print(f"  BAD at moment {number}: {str(error)[:300]}", file=sys.stderr)
    return moments, bad


def crash(program: Path, folder: Path, name: str, how: str, every: int) -> tuple[int, int]:
    """Let the fault injector disturb the job at each *every*th call; return runs and bad states."""
    job = MATRIX[name]
    words = command(Path("ROOT"), job, folder / "photos")
    called = shlex.join([sys.executable, "-m", "catdata", *words]).replace("ROOT", '"$ROOT"')
    judge = shlex.join([sys.executable, str(Path(__file__)), "--judge", name, str(folder)])
    mode = ["error", "--errno", how] if how.isupper() else [how]
    if how == "powercut":
        mode += ["--calls", SYNCED]
    make = f"cp -r {shlex.quote(str(folder / job.start))} $ROOT"
    lab = [sys.executable, str(program), *mode, "--every", str(every), "--cwd", str(ROOT)]
    lab += ["--make", make, "--cmd", called, "--check", f'{judge} "$ROOT"']
    done = subprocess.run(lab, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    summary = _SUMMARY.search(done.stdout)
    return (int(summary[1]), int(summary[2])) if summary else (0, 1)


def judge(name: str, folder: Path, root: Path) -> None:
    """Check the workspace that the fault injector left at *root*; called by it as a program."""
    before, after = pickle.loads((folder / f"{name}.results").read_bytes())  # noqa: S301 - our own
    check(Disturbed(root, MATRIX[name], folder / "photos", before, after))


def _print_row(name: str, how: str, runs: int, bad: int) -> None:
    print(f"| `{name}` | {how} | {runs} | {bad} |", flush=True)


def main() -> None:
    """Fill in the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--injector", type=Path, metavar="PROGRAM", help="The fault injector.")
    parser.add_argument("--every", type=int, default=1, help="Disturb every Nth system call only.")
    parser.add_argument("--moments", type=int, default=100, help="Random moments a command.")
    parser.add_argument("--only", nargs="+", choices=MATRIX, default=list(MATRIX))
    parser.add_argument("--ways", nargs="+", choices=CRASHES, default=CRASHES)
    parser.add_argument("--judge", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.judge:
        name, folder, root = options.judge
        judge(name, Path(folder), Path(root))
        return
    all_bad = 0
    with tempfile.TemporaryDirectory(prefix="catdata-faults-") as folder_name:
        folder = Path(folder_name)
        make_templates(folder)
        print("| command | fault | runs | bad states |\n| --- | --- | --- | --- |")
        for name in options.only:
            fault = prepare(folder, name)
            (folder / f"{name}.results").write_bytes(pickle.dumps((fault.before, fault.after)))
            ways = [("SIGKILL at a random moment", *kill_at_random(folder, fault, options.moments))]
            _print_row(name, *ways[0])
            for how in options.ways if options.injector else ():
                ways.append((how, *crash(options.injector, folder, name, how, options.every)))
                _print_row(name, *ways[-1])
            all_bad += sum(bad for _, _, bad in ways)
    sys.exit(1 if all_bad else 0)


if __name__ == "__main__":
    main()
