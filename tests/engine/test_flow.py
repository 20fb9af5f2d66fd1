"""Every engine gives the same results in the same order."""

from __future__ import annotations

import itertools
import threading

import pytest

from catdata import engine

LOCAL = [name for name in engine.EXECUTORS if name != "dask"]


def double(number: int) -> int:
    if number < 0:
        raise ValueError(number)
    return 2 * number


@pytest.mark.parametrize("name", LOCAL)
def test_results_come_in_the_order_of_the_inputs(name: str) -> None:
    with engine.Engine(name, 2).executor() as pool:
        results = list(engine.map_in_order(pool, double, range(20), engine.Flow(in_flight=3)))
    assert results == [2 * number for number in range(20)]


@pytest.mark.parametrize("name", LOCAL)
def test_an_error_reaches_the_caller(name: str) -> None:
    with engine.Engine(name, 2).executor() as pool, pytest.raises(ValueError, match="-1"):
        list(engine.map_in_order(pool, double, [1, -1, 2]))


def test_only_so_many_inputs_are_taken_ahead() -> None:
    inputs = itertools.count()
    with engine.Engine("threads", 2).executor() as pool:
        results = engine.map_in_order(pool, double, inputs, engine.Flow(in_flight=5))
        assert next(results) == 0
        results.close()
    assert next(inputs) == 7  # five under way, one to follow, and one looked at


def test_one_job_runs_in_the_calling_thread() -> None:
    with engine.Engine.of(1, "threads").executor() as pool:
        assert pool.submit(threading.get_ident).result() == threading.get_ident()


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_items_handed_over_together_come_back_one_by_one(chunk: int) -> None:
    with engine.Engine("threads", 2).executor() as pool:
        flow = engine.Flow(chunk=chunk)
        assert list(engine.map_in_order(pool, double, range(10), flow)) == [*range(0, 20, 2)]


def test_no_more_weight_is_under_way_than_allowed() -> None:
    taken: list[int] = []

    def weigh(number: int) -> int:
        taken.append(number)
        return 50 if number != 2 else 1000

    with engine.Engine("threads", 2).executor() as pool:
        flow = engine.Flow(chunk=8, weight=weigh, most_weight=100)
        results = engine.map_in_order(pool, double, range(9), flow)
        assert next(results) == 0
        assert taken[-1] == 3  # 2 is too heavy to go beside 0 and 1, and 3 is looked at after it
        assert list(results) == [2 * number for number in range(1, 9)]
