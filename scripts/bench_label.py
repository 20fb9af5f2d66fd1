"""Measure the labelling page in a real browser: key press to next photo painted, opening, memory.

Usage: python scripts/bench_label.py [--photos N] [--files N] [--pace SECONDS]

Draws N photos of 12 megapixels and answers all of them by keyboard in headless Chromium, one press
for each photo after a short look. A press counts until the frame that holds the next photo has
been drawn. Then opens a folder of many files: from typing the command to the first photo on
the screen. Needs chromium, playwright and the extra ``web``. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from catdata.dataset import originals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

MEDIAN, P95 = 50.0, 100.0  # ms
OPENING = 2.0  # s
GROWTH = 1.2  # memory at the end to memory after the first tenth

# A message that is sent before a frame is drawn arrives after it.
CLOCK = """() => {
  window.times = [];
  let pressed = null;
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    const began = pressed;
    if (began === null || !document.querySelector("#frame img")) return;
    pressed = null;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => {
        window.times.push(performance.measure("answer", { start: began }).duration);
      };
      painted.port2.postMessage(null);
    });
  }).observe(document.getElementById("photo"), { attributes: true });
}"""


def draw_photos(folder: Path, count: int) -> None:
    """Draw photos of 12 megapixels, none like another, of about 3 MB each."""
    grain = np.random.default_rng(0).integers(-14, 15, (3024, 4032, 1), dtype=np.int16)
    for seed in range(count):
        rng = np.random.default_rng(seed)
        blobs = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        pixels = np.asarray(blobs.resize((4032, 3024), Image.Resampling.BICUBIC)) + grain
        photo = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        photo.save(folder / f"{seed:05}.jpg", quality=85)


def draw_files(folder: Path, count: int) -> None:
    """Draw many small photos."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        blobs = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        blobs.resize((120, 90)).save(folder / f"{seed:05}.jpg")


@contextlib.contextmanager
def served(workspace: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``catdata label`` and yield its process and the address that it prints."""
    command = [sys.executable, "-m", "catdata", "-C", str(workspace), "label", str(folder)]
    server = subprocess.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline() if server.stdout else ""
        yield server, re.findall(r"http\S+", line)[0]
    finally:
        server.terminate()
        server.wait()


def megabytes(process: int) -> float:
    """Return the memory of a process and all below it that is theirs alone, in MB."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    own = int(re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[0]) / 1e3
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return own + sum(megabytes(int(child)) for task in tasks for child in task.read_text().split())


def answer_all(page: Page, count: int, pace: float, process: int) -> tuple[list[float], float]:
    """Answer *count* photos; return milliseconds for each, and how memory grew."""
    page.wait_for_selector("#picture", timeout=60_000)
    page.evaluate(CLOCK)
    early = 0.0
    for number in range(count - 1):
        page.keyboard.press("cn"[number % 2])
        page.wait_for_function("n => window.times.length > n", arg=number, timeout=60_000)
        time.sleep(pace)
        if number == count // 10:
            early = megabytes(process)
    times = page.evaluate("window.times")
    return list(times), megabytes(process) / early


def seconds_to_open(browser: Browser, folder: Path, workspace: Path) -> float:
    """Return the time from the command to the first photo on the screen."""
    page = browser.new_page()
    start = time.perf_counter()
    with served(workspace, folder) as (_, address):
        page.goto(address)
        page.wait_for_selector("#picture", timeout=120_000)
        page.evaluate("document.getElementById('picture').decode()")
        took = time.perf_counter() - start
        page.close()
    return took


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--pace", type=float, default=0.4, help="seconds to look at a photo")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with contextlib.ExitStack() as stack:
        root = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()))
        )
        big, many, workspace = root / "big", root / "many", root / "workspace"
        big.mkdir()
        many.mkdir()
        originals.init(workspace, {})
        draw_photos(big, asked.photos)
        draw_files(many, asked.files)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opening = seconds_to_open(browser, many, workspace)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        with served(workspace, big) as (server, address):
            page.goto(address)
            times, growth = answer_all(page, asked.photos, asked.pace, server.pid)
        browser.close()
    median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    print(f"{len(times)} answers, 12 MP photos, key press to next photo painted")
    print(f"median     {median:7.1f} ms  (target: under {MEDIAN:.0f})")
    print(f"95 %       {p95:7.1f} ms  (target: under {P95:.0f})")
    print(f"worst      {max(times):7.1f} ms")
    print(f"memory     {growth:7.2f}     (end to first tenth; target: at most {GROWTH})")
    print(f"opening    {opening:7.2f} s   ({asked.files} files; target: under {OPENING:.0f})")
    missed = median >= MEDIAN or p95 >= P95 or growth > GROWTH or opening >= OPENING
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
