from __future__ import annotations

from pathlib import Path

from catdata.dataset.labels import Entry
from catdata.labeler.queue import AHEAD, LEASE, Photo, Queue


def queue_of(names: str) -> Queue:
    """Return a queue of photos that are all ready, each named by one letter."""
    queue = Queue()
    for name in names:
        queue.add(Entry(Path(name), 0))
    while photo := queue.next_to_prepare():
        photo.key = str(photo.subject.path)
        queue.put_ready(photo)
    return queue


def keys(photos: list[Photo]) -> str:
    return "".join(photo.key for photo in photos)


def test_photos_are_lent_in_the_order_of_coming() -> None:
    assert keys(queue_of("abcd").lend("tab", 3, now=0)) == "abc"


def test_a_lower_rank_comes_first() -> None:
    queue = Queue()
    for name, rank in (("a", 0.5), ("b", 0.1), ("c", 0.3)):
        queue.add(Entry(Path(name), 0), rank)
    order = [queue.next_to_prepare() for _ in "abc"]
    assert [str(photo.subject.path) for photo in order if photo] == ["b", "c", "a"]


def test_two_tabs_never_hold_the_same_photo() -> None:
    queue = queue_of("abcd")
    assert keys(queue.lend("left", 2, now=0)) == "ab"
    assert keys(queue.lend("right", 2, now=0)) == "cd"
    assert keys(queue.lend("left", 2, now=1)) == "ab"


def test_a_tab_cannot_answer_what_another_holds() -> None:
    queue = queue_of("abcd")
    queue.lend("left", 2, now=0)
    queue.lend("right", 2, now=0)
    assert keys(queue.take("right", ["a", "c"])) == "c"
    assert keys(queue.lend("left", 2, now=1)) == "ab"


def test_a_silent_tab_loses_its_photos_after_a_minute() -> None:
    queue = queue_of("ab")
    queue.lend("silent", 2, now=0)
    assert keys(queue.lend("other", 2, now=LEASE)) == ""
    assert keys(queue.lend("other", 2, now=LEASE + 1)) == "ab"
    assert keys(queue.take("silent", ["a"])) == ""


def test_photos_are_lent_out_when_tabs_hold_all_that_are_left() -> None:
    queue = queue_of("abc")
    queue.lend("left", 2, now=0)
    assert not queue.is_lent_out(now=0)
    queue.lend("right", 1, now=0)
    assert queue.is_lent_out(now=0)
    assert not queue.is_lent_out(now=LEASE + 1)
    queue.add(Entry(Path("d"), 0))
    assert not queue.is_lent_out(now=0)


def test_a_tab_that_is_heard_of_keeps_its_photos() -> None:
    queue = queue_of("ab")
    queue.lend("slow", 2, now=0)
    queue.lend("slow", 2, now=LEASE)
    assert keys(queue.lend("other", 2, now=LEASE + 1)) == ""


def test_a_closed_tab_gives_its_photos_back() -> None:
    queue = queue_of("ab")
    queue.lend("closed", 2, now=0)
    queue.release("closed")
    assert keys(queue.lend("other", 2, now=0)) == "ab"


def test_an_answered_photo_is_lent_no_more() -> None:
    queue = queue_of("abc")
    queue.lend("tab", 2, now=0)
    queue.take("tab", ["a"])
    assert keys(queue.lend("tab", 3, now=0)) == "bc"
    assert queue.left == 2


def test_a_photo_taken_back_comes_first_and_to_the_same_tab() -> None:
    queue = queue_of("abcd")
    queue.lend("tab", 2, now=0)
    (answered,) = queue.take("tab", ["a"])
    queue.put_back(answered, "tab", now=0)
    assert keys(queue.lend("tab", 2, now=0)) == "ab"
    assert keys(queue.lend("other", 2, now=0)) == "cd"


def test_skipped_photos_come_back_only_when_asked_for() -> None:
    queue = queue_of("ab")
    queue.lend("tab", 1, now=0)
    queue.skipped += queue.take("tab", ["a"])
    assert keys(queue.lend("tab", 2, now=0)) == "b"
    queue.reopen_skipped()
    photo = queue.next_to_prepare()
    assert photo
    assert photo.key == "a"


def test_twenty_photos_are_made_ready_beyond_those_that_tabs_hold() -> None:
    queue = queue_of("".join(map(chr, range(200, 300))))
    assert len(queue.ready) == AHEAD == 20
    queue.lend("tab", 5, now=0)
    assert sum(queue.next_to_prepare() is not None for _ in range(10)) == 5


def test_the_same_photo_under_two_names_is_ready_once() -> None:
    queue = Queue()
    for name in "ab":
        queue.add(Entry(Path(name), 0))
    for is_new in (True, False):
        photo = queue.next_to_prepare()
        assert photo
        photo.key = "same"
        assert queue.put_ready(photo) is is_new
    assert queue.left == 1


def test_a_photo_waits_for_an_earlier_one_unless_there_is_haste() -> None:
    queue = Queue()
    for name in "ab":
        queue.add(Entry(Path(name), 0))
    queue.next_to_prepare()
    second = queue.next_to_prepare()
    assert second
    second.key = "b"
    queue.put_ready(second)
    assert keys(queue.lend("tab", 2, now=0)) == ""
    assert keys(queue.lend("tab", 2, now=0, is_in_haste=True)) == "b"
