"""A picture that is broken or dangerous is refused, and nothing else happens."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from handmade import (
    FORMATS,
    exif,
    jpeg_with_scans,
    patched,
    png,
    saved,
    webp,
    with_exif,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw
from PIL import Image, ImageFile

from catdata.dataset.budget import Budget
from catdata.dataset.images import decode
from catdata.errors import ImageRefused

JPEG_WITHOUT_TABLES = FORMATS["jpeg"][:2] + FORMATS["jpeg"][FORMATS["jpeg"].index(b"\xff\xc0") :]


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRefused) as caught:
        decode(data)
    return caught.value.message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            png(rows=(b"\0" + bytes(18)) * 3),
            "the picture ends early: it holds 50% of its rows",
            id="PNG that ends halfway",
        ),
        pytest.param(
            patched(png(), 44, b"\xff"),
            "the picture is broken: the checksum of its part at byte 33 is wrong",
            id="PNG with a wrong checksum",
        ),
        pytest.param(
            FORMATS["jpeg"][:2000],
            "the picture ends early: its end marker is missing",
            id="JPEG that is cut off",
        ),
        pytest.param(
            jpeg_with_scans(4001),
            "the picture is drawn in 4,001 passes; at most 100 are read",
            id="JPEG of 4,001 scans",
        ),
        pytest.param(
            webp(9000, 9000),
            "the picture claims 9000 x 9000 pixels; at most 50,000,000 are read",
            id="WebP of 81 megapixels",
        ),
        pytest.param(
            saved(draw(1), "EPS"),
            "this is an EPS or PostScript document; JPEG, PNG, WebP and HEIC are read",
            id="EPS",
        ),
    ],
)
def test_a_picture_that_must_not_be_read_is_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(rows=b"\x09" * 114), id="PNG of an unknown filter"),
        pytest.param(patched(webp(40, 30), 25, b"\xff" * 11), id="WebP of nonsense"),
        pytest.param(JPEG_WITHOUT_TABLES, id="JPEG without tables"),
    ],
)
def test_a_picture_that_pillow_cannot_decode_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefused, match=r"^the picture is broken: [^<]+$") as caught:
        decode(data)
    assert caught.value.hint == "Copy or download the file again."


def test_a_refusal_names_the_file() -> None:
    with pytest.raises(ImageRefused) as caught:
        decode(saved(draw(1), "EPS"), name="cat\n.jpg")
    assert caught.value.message == (
        "cat\\n.jpg: this is an EPS or PostScript document; JPEG, PNG, WebP and HEIC are read"
    )
    assert caught.value.hint == "Open it in a picture program and save it as JPEG or PNG."


def test_decoding_in_many_threads_gives_the_same_pictures() -> None:
    files = [saved(draw(seed, 200, 150), name) for seed in range(8) for name in ("JPEG", "PNG")]
    alone = [decode(data).content_hash for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda data: decode(data).content_hash, files * 4))
    assert together == alone * 4


def test_pictures_that_do_not_fit_into_memory_together_wait() -> None:
    memory = Budget(100)
    most = used = 0
    lock = threading.Lock()

    def work(amount: int) -> None:
        nonlocal most, used
        with memory.held(amount):
            with lock:
                used += amount
                most = max(most, used)
            time.sleep(0.002)
            with lock:
                used -= amount

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [40, 70, 100, 10, 60] * 4))
        pool.submit(memory.held(1000).__enter__).result(timeout=10)
    assert most <= 100


def test_decoding_changes_no_setting_of_pillow() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    for data in FORMATS.values():
        decode(data)
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_a_tolerant_host_program_changes_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert refusal(FORMATS["jpeg"][:2000]).startswith("the picture ends early")
    assert refusal(webp(9000, 9000)).startswith("the picture claims 9000 x 9000 pixels")


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=150, derandomize=True)
@given(data=st.data())
def test_a_damaged_picture_is_decoded_or_refused_and_nothing_else(
    name: str, data: st.DataObject
) -> None:
    whole = with_exif(FORMATS[name], exif(6)) if name == "jpeg" else FORMATS[name]
    damaged = bytearray(whole)
    position = st.integers(0, min(len(whole), 400) - 1) | st.integers(0, len(whole) - 1)
    for at in data.draw(st.lists(position, min_size=1, max_size=4)):
        damaged[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.none() | st.integers(0, len(whole)))
    try:
        assert decode(bytes(damaged[:cut])).pixels.shape == (64, 64, 3)
    except ImageRefused as refused:
        assert refused.message.isprintable()  # noqa: PT017 - either outcome is right
