"""One sitting at the page: photos made ready ahead, lent to tabs, answered, counted.

Everything here runs on the event loop of the server. What takes time runs elsewhere: decoding in
guarded workers, listing in a thread, and the catalog in one thread of its own, the clerk.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from catdata import engine
from catdata.dataset.catalog import Catalog, ImageRow
from catdata.dataset.outcomes import Refused
from catdata.errors import CatdataError, StorageFailed, shown
from catdata.h5file import CLASS_NAMES
from catdata.labeler import views
from catdata.labeler.children import Children
from catdata.labeler.gallery import Gallery
from catdata.labeler.preparing import Job, Prepared, Setup
from catdata.labeler.queue import Photo, Queue
from catdata.labeler.works import Answer, FolderWork, ReviewWork, class_of, name_of
from catdata.learning import models

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catdata.dataset.workspace import Workspace
    from catdata.labeler.order import Doubts, LabelOptions
    from catdata.labeler.works import Work

Result = TypeVar("Result")
Strip: TypeAlias = "deque[tuple[Answer, ...]]"  # what was answered together stays together

STRIP = 10  # answers that a tab may take back
_RECENT = 20  # answers that the rate is taken over
_MOST_TABS = 32
_MOST_REFUSED = 200  # that the page lists
_PATIENCE = 20.0  # seconds that a tab waits for a photo before it asks again
_PATIENCE_FOR_ONE = 5.0  # seconds that later photos wait for an earlier one
_PAUSE = 0.05
_AGAIN = "Start the page again for the others."


class Session:
    """All that the page knows and does.

    Args:
        workspace: Whose catalog.
        options: What is labelled, and how.
        doubts: How far labels are believed, for a review most doubtful first.

    Raises:
        CatdataError: If the catalog or a model is missing or damaged.
    """

    def __init__(
        self, workspace: Workspace, options: LabelOptions, doubts: Doubts | None = None
    ) -> None:
        # What is damaged is refused here, before the page opens.
        for folder in options.models:
            models.load(folder)
        with workspace.catalog() as catalog:
            catalog.counts()
        self.workspace = workspace
        self.options = options
        self.queue = Queue()
        self.gallery = Gallery()
        self.is_listing = True
        self.trouble = ""
        self.refused: deque[dict[str, str]] = deque(maxlen=_MOST_REFUSED)
        self.outcomes: Counter[str] = Counter()
        self.labelled: Counter[str] = Counter()
        self._classes: Counter[str] = Counter()
        self._doubts = doubts
        self._times: deque[float] = deque(maxlen=_RECENT)
        self._strips: dict[str, Strip] = {}
        self._changed = asyncio.Condition()
        self._open = ExitStack()
        setup = Setup(workspace.root.absolute(), options.models)
        # First of all: what photos are made in takes longest to start.
        children = Children(setup, engine.usable_cores())
        self._children = self._open.enter_context(children)
        self._tasks: set[asyncio.Task[None]] = set()
        self._work: Work

    @property
    def is_review(self) -> bool:
        """Whether the catalog is looked at again, rather than a folder for the first time."""
        return self.options.folder is None

    async def start(self) -> None:
        """Open the catalog, and begin to list and to prepare."""
        self._clerk = self._open.enter_context(ThreadPoolExecutor(1, "catdata-clerk"))
        self._work = await self._at_the_clerk(self._open_work)
        self._start(self._list())

    async def stop(self) -> None:
        """Let everything go; what was answered is in the catalog already."""
        for task in list(self._tasks):
            task.cancel()
        await self._at_the_clerk(self._catalog.close)
        self._open.close()

    def _open_work(self) -> Work:
        self._catalog = Catalog(self.workspace.catalog_path)
        self._count()
        if self.is_review:
            return ReviewWork(self.workspace, self._catalog)
        return FolderWork(self.workspace, self._catalog, self.options)

    # Photos on their way to the page

    async def _list(self) -> None:
        """Put every photo into the queue, as fast as they are found; say what stops that."""
        subjects = self._work.subjects()
        try:
            while page := await asyncio.to_thread(_some, subjects):
                for subject in page:
                    await self._enqueue(subject)
                self._prepare_more()
        except (CatdataError, OSError) as error:
            hint = error.hint if isinstance(error, CatdataError) else _AGAIN
            what = shown(str(error)).rstrip(".")
            self.trouble = f"Not all photos could be found: {what}. {hint}"
        self.is_listing = False
        await self._tell()

    async def _enqueue(self, subject: Any) -> None:
        if self.options.asks_models:
            self.queue.expect()
            self._start(self._score(subject))
            while len(self._tasks) > 2 * engine.usable_cores() + 2:
                await asyncio.sleep(_PAUSE)
            return
        rank = self._doubts.believed.get(subject.id, 1.0) if self._doubts else 0.0
        self.queue.add(subject, rank)

    async def _score(self, subject: Any) -> None:
        """Ask the models about a photo, so that it gets its place in the queue."""
        made = await self._children.make(Job(subject, preview=False))
        label = subject.label if isinstance(subject, ImageRow) else None
        rank = self.options.rank(made.probabilities, label) if isinstance(made, Prepared) else 1.0
        self.queue.add(subject, rank, is_expected=True)
        self._prepare_more()

    def _prepare_more(self) -> None:
        while photo := self.queue.next_to_prepare():
            self._start(self._prepare(photo))

    async def _prepare(self, photo: Photo) -> None:
        made = await self._children.make(Job(photo.subject))
        if isinstance(made, Prepared):
            photo.prepared = made
            row = photo.subject if isinstance(photo.subject, ImageRow) else None
            photo.key = f"image-{row.id}" if row else made.file_hash  # a row may be there twice
            if await self._is_settled(photo):
                self._drop(photo, "known")
            elif self.queue.put_ready(photo):
                self.gallery.show(made)
            else:
                self.outcomes["known"] += 1
        elif isinstance(made, Refused):
            self._refuse(name_of(photo), made.reason, made.hint)
            self._drop(photo, "unreadable")
        else:
            self._drop(photo, "no picture")
        self._prepare_more()
        await self._tell()

    async def _is_settled(self, photo: Photo) -> bool:
        """Tell whether a photo needs no answer; where the catalog fails, one is asked for."""
        try:
            return await self._at_the_clerk(partial(self._work.is_settled, photo))
        except CatdataError:
            return False

    def _drop(self, photo: Photo, why: str) -> None:
        self.outcomes[why] += 1
        self.queue.drop(photo)

    def _refuse(self, name: str, reason: str, hint: str) -> None:
        self.refused.append({"name": name, "reason": reason, "hint": hint})

    # What tabs ask for

    async def view(self, tab: str, most: int, *, patient: bool = True) -> dict[str, Any]:
        """Return what a tab shows: its photos, its strip, counts and refusals.

        Args:
            tab: Which tab asks.
            most: How many photos it wants.
            patient: Whether to wait a while for the first photo if none is ready.
        """
        self._strip(tab)
        photos = self.queue.lend(tab, most, time.monotonic())
        deadline = time.monotonic() + _PATIENCE
        while not photos and patient and self._may_come_before(deadline):
            is_late = False
            async with self._changed:
                try:
                    await asyncio.wait_for(self._changed.wait(), _PATIENCE_FOR_ONE)
                except TimeoutError:
                    is_late = True
            photos = self.queue.lend(tab, most, time.monotonic(), is_in_haste=is_late)
        self._prepare_more()
        near = await self._at_the_clerk(lambda: [self._work.near(photo) for photo in photos])
        return {
            "photos": [
                views.of_photo(photo, rows, self.gallery, self.options, self._doubts)
                for photo, rows in zip(photos, near, strict=True)
            ],
            "strip": [views.of_group(group, self.gallery) for group in self._strip(tab)],
            "refused": list(self.refused),
            "progress": self.progress(),
            "finished": self.is_finished and not photos,
            "elsewhere": not photos and self.queue.is_lent_out(time.monotonic()),
            "trouble": self.trouble,
        }

    def _may_come_before(self, deadline: float) -> bool:
        now = time.monotonic()
        return now < deadline and not self.is_finished and not self.queue.is_lent_out(now)

    @property
    def is_finished(self) -> bool:
        """Whether every photo has an answer or was skipped."""
        return not self.is_listing and self.queue.left == 0

    async def answer(self, tab: str, keys: Sequence[str], label: int | None) -> list[Answer]:
        """Record one answer for photos that a tab holds, or skip them; durable when it returns.

        Photos that another tab holds by now are left out.

        Raises:
            StorageFailed: If the disk refuses; the tab keeps the photos.
        """
        photos = self.queue.take(tab, keys)
        if label is None:
            self.queue.skipped += photos
            answers = [Answer(photo, None, "skipped") for photo in photos]
        elif photos:
            try:
                answers = await self._at_the_clerk(partial(self._work.record, photos, label))
            except CatdataError:
                for photo in reversed(photos):
                    self.queue.put_back(photo, tab, time.monotonic())
                raise
        else:
            answers = []
        self._note(tab, answers)
        return answers

    async def take_back(self, tab: str, key: str | None) -> Sequence[Answer]:
        """Take back the answer to a photo, or a tab's last one, and give it that photo again.

        What was answered together is taken back together.

        Raises:
            CatdataError: If the images were changed again since.
        """
        strip = self._strip(tab)
        groups = [group for group in strip if any(key in (None, a.photo.key) for a in group)]
        if not groups:
            return []
        await self._at_the_clerk(partial(self._work.take_back, groups[-1]))
        if groups[-1] not in strip:  # taken back by another click meanwhile
            return []
        strip.remove(groups[-1])
        for answer in reversed(groups[-1]):
            self._tally(answer, -1)
            self.queue.put_back(answer.photo, tab, time.monotonic())
        return groups[-1]

    async def known_image(self, content_hash: str) -> bytes | None:
        """Return a preview of an image of the catalog that was named beside a photo."""
        row = self.gallery.known.get(content_hash)
        if row is None:
            return None
        made = await self._children.make_first(Job(row))
        return made.preview if isinstance(made, Prepared) else None

    def leave(self, tab: str) -> None:
        """Let other tabs have what a closed one held."""
        self.queue.release(tab)

    def reopen_skipped(self) -> None:
        """Show skipped photos again."""
        for strip in self._strips.values():
            for group in [group for group in strip if group[0].label is None]:
                strip.remove(group)
                self._let_go(group)
        self.queue.reopen_skipped()
        self._prepare_more()

    def progress(self) -> dict[str, Any]:
        """Return the counts that the page shows."""
        return {
            "left": self.queue.left,
            "total": self.queue.total,
            "skipped": len(self.queue.skipped),
            "listing": self.is_listing,
            "labelled": {name: self.labelled[name] for name in CLASS_NAMES},
            "dataset": {name: self._classes[name] for name in CLASS_NAMES},
            "per_minute": self._rate(),
        }

    # Inside

    def _strip(self, tab: str) -> Strip:
        """Return a tab's last answers; the tab unheard of for longest is forgotten."""
        strip = self._strips.pop(tab, None)
        if strip is None:
            strip = deque(maxlen=STRIP)
        while len(self._strips) >= _MOST_TABS:
            for group in self._strips.pop(next(iter(self._strips))):
                self._let_go(group)
        self._strips[tab] = strip
        return strip

    def _note(self, tab: str, answers: Sequence[Answer]) -> None:
        """Put what was answered together on the strip, and count it."""
        refused = [answer for answer in answers if answer.outcome == "refused"]
        for answer in refused:
            self._refuse(name_of(answer.photo), answer.reason, answer.hint)
        self._let_go(refused)
        for answer in answers:
            self._tally(answer, 1)
            self._times.append(time.monotonic())
        strip = self._strip(tab)
        group = tuple(answer for answer in answers if answer not in refused)
        if group:
            if len(strip) == strip.maxlen:
                self._let_go(strip[0])
            strip.append(group)

    def _let_go(self, answers: Sequence[Answer]) -> None:
        """Forget the pictures of what left the strip; a skipped photo is made ready again."""
        for answer in answers:
            self.gallery.forget(answer.photo.prepared)
            answer.photo.prepared = None

    def _tally(self, answer: Answer, change: int) -> None:
        """Count an answer, or one less, without counting all images again."""
        self.outcomes[answer.outcome] += change
        if answer.outcome in {"added", "corrected", "confirmed"}:
            self.labelled[class_of(answer.label)] += change
        if answer.outcome in {"added", "corrected"}:
            self._classes[class_of(answer.label)] += change
        if answer.outcome == "corrected" and answer.row:
            self._classes[answer.row.class_name] -= change

    def _rate(self) -> float | None:
        """Return the answers a minute over the last twenty, None after fewer than two."""
        if len(self._times) < 2:
            return None
        passed = self._times[-1] - self._times[0]
        return 60 * (len(self._times) - 1) / passed if passed > 0 else None

    def _count(self) -> None:
        self._classes.clear()
        for count in self._catalog.counts():
            self._classes[CLASS_NAMES[count.label]] += count.images

    async def recount(self) -> None:
        """Count the catalog's images again: other programs may have changed it."""
        await self._at_the_clerk(self._count)

    async def _at_the_clerk(self, work: Callable[[], Result]) -> Result:
        """Do something with the catalog, in the one thread that has it open."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._clerk, work)
        except CatdataError:
            raise
        except OSError as error:
            raise StorageFailed(
                f"The disk refused, so the answer was not kept: {error.strerror or error}.",
                hint="Make room, or make the folder writable; then answer again.",
            ) from error

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _some(subjects: Any) -> list[Any]:
    """Return the next subjects, a few hundred at most, none at the end."""
    return [subject for _, subject in zip(range(500), subjects, strict=False)]
