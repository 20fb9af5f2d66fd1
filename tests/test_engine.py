"""Every engine gives the same results in the same order."""

from __future__ import annotations

import itertools
import threading

import pytest

from catdata import engine


def double(number: int) -> int:
    if number < 0:
        raise ValueError(number)
    return 2 * number


@pytest.mark.parametrize("name", engine.EXECUTORS)
def test_results_come_in_the_order_of_the_inputs(name: str) -> None:
    with engine.executor(name, jobs=2) as pool:
        results = list(engine.map_in_order(pool, double, range(20), in_flight=3))
    assert results == [2 * number for number in range(20)]


@pytest.mark.parametrize("name", engine.EXECUTORS)
def test_an_error_reaches_the_caller(name: str) -> None:
    with engine.executor(name, jobs=2) as pool, pytest.raises(ValueError, match="-1"):
        list(engine.map_in_order(pool, double, [1, -1, 2]))


def test_only_so_many_inputs_are_taken_ahead() -> None:
    inputs = itertools.count()
    with engine.executor("threads", jobs=2) as pool:
        results = engine.map_in_order(pool, double, inputs, in_flight=5)
        assert next(results) == 0
        results.close()
    assert next(inputs) == 5


def test_one_job_runs_in_the_calling_thread() -> None:
    with engine.executor(jobs=1) as pool:
        assert pool.submit(threading.get_ident).result() == threading.get_ident()
