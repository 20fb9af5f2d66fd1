"""HEIC photos: upright once, checked before they are decoded, kept as they are."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from handmade import exif, patched
from pictures import draw
from PIL import Image, ImageOps

from catdata.dataset import build, export, ingest, verify
from catdata.dataset.bounds import read_header
from catdata.dataset.images import decode, preview
from catdata.dataset.labels import Entry
from catdata.dataset.signatures import picture_format
from catdata.dataset.workspace import Workspace
from catdata.errors import ImageRefused
from catdata.h5file import read_pair

pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
LOSSY = 12.0  # mean grey levels that the coding may change; another orientation changes 60


def heic(*pictures: Image.Image, **options: object) -> bytes:
    """Return a HEIC file of pictures, the first of them the main one."""
    file = pillow_heif.HeifFile()
    for picture in pictures:
        file.add_from_pillow(picture)
    buffer = io.BytesIO()
    file.save(buffer, quality=95, **options)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    """Return a HEIC file that is to be turned before it is looked at, and says so twice."""
    return heic(draw(1), exif=exif(orientation))


PLAIN = heic(draw(1))
SIZE = PLAIN.index(b"ispe") + 8


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRefused) as caught:
        decode(data)
    return caught.value.message


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1"])
def test_the_brand_tells_a_heic(brand: bytes) -> None:
    assert picture_format(patched(PLAIN, 8, brand)[:64]) == "heif"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright_once(orientation: int) -> None:
    picture, data = draw(1), turned(orientation)
    picture.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(picture)
    assert (b"irot" in data or b"imir" in data) is (orientation > 1)
    header = read_header(data)
    assert (header.format, header.width, header.height) == ("heif", *upright.size)
    found = decode(data)
    assert (found.width, found.height, found.warnings) == (*upright.size, ())
    shown = preview(data, 120).astype(float)
    assert np.abs(shown - np.asarray(upright)).mean() < LOSSY


def test_of_several_pictures_the_main_one_is_used() -> None:
    data = heic(draw(1), draw(2))
    assert decode(data).warnings == ("holds several pictures; the main one is used",)
    assert np.abs(preview(data, 120).astype(float) - np.asarray(draw(1))).mean() < LOSSY


@pytest.mark.parametrize(
    ("options", "part"),
    [
        pytest.param({"tile_size": 256}, b"grid", id="tiles"),
        pytest.param({"thumbnails": [128]}, b"thmb", id="thumbnail"),
    ],
)
def test_tiles_and_thumbnails_are_parts_of_one_picture(
    options: dict[str, object], part: bytes
) -> None:
    data = heic(draw(1, 600, 400), **options)
    assert part in data
    found = decode(data)
    assert (found.width, found.height, found.warnings) == (600, 400, ())


def test_what_is_transparent_is_laid_on_white() -> None:
    picture = draw(1).convert("RGBA")
    picture.putalpha(0)
    found = decode(heic(picture))
    assert found.warnings == ("is transparent in places, laid on white",)
    assert found.pixels.min() == 255


def test_of_ten_bits_eight_are_kept() -> None:
    values = np.asarray(draw(1)).astype("<u2") << 8
    file = pillow_heif.from_bytes("RGB;16", (120, 90), values.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, quality=95)
    found = decode(buffer.getvalue())
    assert found.warnings == ("has 10 bits a channel, of which 8 are kept",)
    assert np.abs(preview(buffer.getvalue(), 120) - np.asarray(draw(1), float)).mean() < LOSSY


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            PLAIN[:-9],
            f"the picture ends early: it has {len(PLAIN) - 9:,} bytes of {len(PLAIN):,}",
            id="last bytes missing",
        ),
        pytest.param(PLAIN[:200], "the picture ends early: its last part is cut off", id="header"),
        pytest.param(
            patched(PLAIN, SIZE, struct.pack(">II", 20_000, 20_000)),
            "the picture claims 20000 x 20000 pixels; at most 89,478,485 are read",
            id="too large",
        ),
        pytest.param(
            patched(PLAIN, SIZE, struct.pack(">II", 0, 90)),
            "the picture is broken: it claims 0 x 90 pixels",
            id="no pixels",
        ),
        pytest.param(
            patched(PLAIN, PLAIN.index(b"hvc1"), b"av01"),
            "this is a HEIF picture of a coding that is not read",
            id="another coding",
        ),
        pytest.param(
            PLAIN.replace(b"pitm", b"free"),
            "this is a HEIF file without a still picture",
            id="no main picture",
        ),
    ],
)
def test_what_a_header_declares_is_checked_before_decoding(data: bytes, message: str) -> None:
    assert refusal(data) == message


def test_a_picture_larger_than_it_says_is_not_decoded() -> None:
    large = heic(Image.new("RGB", (4000, 4000)))
    lying = patched(large, large.index(b"ispe") + 8, struct.pack(">II", 64, 64))
    assert refusal(lying).startswith("the picture is broken: ")


def test_no_damaged_header_gets_past_as_anything_but_a_refusal() -> None:
    data = turned(6)
    end = data.index(b"mdat")
    refused = 0
    for at in range(12, end):
        for value in (0, 1, 0x7F, 0xFF):
            try:
                read_header(patched(data, at, bytes([value])))
            except ImageRefused:
                refused += 1
    assert refused > end


def test_without_the_extra_the_hint_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageRefused, match="takes a package that is not installed") as caught:
        decode(PLAIN, name="a.heic")
    assert caught.value.hint == "Install it with: pip install 'catdata[heif]'"


def test_pillow_is_left_as_it_is() -> None:
    decode(PLAIN)
    assert not {"HEIF", "HEIC"} & (set(Image.OPEN) | set(Image.registered_extensions().values()))


def test_a_heic_is_added_stored_verified_and_built(workspace: Workspace, tmp_path: Path) -> None:
    photo = tmp_path / "cat.HEIC"
    photo.write_bytes(turned(6))
    report = ingest.add(workspace, [Entry(photo, 1, "train")])
    assert [added.warnings for added in report.added] == [()]
    (stored,) = workspace.raw.folder.rglob("*.heic")
    assert stored.read_bytes() == photo.read_bytes()
    assert not verify.verify(workspace).damage
    build.build(workspace)
    last = read_pair(workspace.data / "enlarged").train.images[-1]
    np.testing.assert_array_equal(last, decode(photo.read_bytes()).pixels)
    assert [one.duplicate_of for one in ingest.add(workspace, [Entry(photo, 1)]).skipped]


def test_a_heic_is_exported_as_a_jpeg_that_every_loader_reads(
    workspace: Workspace, tmp_path: Path
) -> None:
    photo = tmp_path / "cat.heic"
    photo.write_bytes(turned(6))
    ingest.add(workspace, [Entry(photo, 1, "train")])
    export.export(workspace, tmp_path / "out")
    (exported,) = (tmp_path / "out" / "train" / "cat").glob("*.jpg")
    with Image.open(exported) as picture:
        assert (picture.format, picture.size) == ("JPEG", (90, 120))
