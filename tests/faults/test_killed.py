"""A killed or terminated command leaves a sound workspace; running it again finishes it."""

from __future__ import annotations

import random
import signal
import time

import pytest
from conditions import JOBS, Prepare, assert_finished, assert_sound, disturb, start

ORDERED = 6  # moments a job
RANDOM = 3


@pytest.mark.parametrize("name", JOBS)
def test_a_command_killed_at_ordered_moments_is_finished_by_running_it_again(
    prepare: Prepare, name: str
) -> None:
    _, moments = disturb(prepare(name), 0, 0)
    for number in range(ORDERED):
        fault = prepare(name)
        count = 1 + number * (moments - 1) // (ORDERED - 1)
        done, _ = disturb(fault, signal.SIGKILL, count)
        assert done.returncode == -signal.SIGKILL, f"moment {count} of {moments}"
        assert_sound(fault.root, fault.before, fault.after)
        assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=lambda each: each.name)
@pytest.mark.parametrize("name", ["add", "build-h5"])
def test_a_command_ended_at_random_moments_is_finished_by_running_it_again(
    prepare: Prepare, name: str, ending: signal.Signals
) -> None:
    begin = time.monotonic()
    with start(prepare(name).arguments) as process:
        process.communicate()
    duration = time.monotonic() - begin
    rng = random.Random(name)
    for _ in range(RANDOM):
        fault = prepare(name)
        with start(fault.arguments) as process:
            time.sleep(duration * rng.uniform(0.4, 1))
            process.send_signal(ending)
            err = process.communicate(timeout=120)[1]
        assert b"Traceback" not in err, err.decode()
        assert_sound(fault.root, fault.before, fault.after)
        assert_finished(fault.root, fault.job, fault.photos, fault.after)
