"""From the bytes of a picture file to upright RGB, square pixels, a content hash and a fingerprint.

What the file declares is checked by ``bounds`` before Pillow sees it; Pillow loads it once, and
any error drops it. What many real pictures have (CMYK, 16 bits, transparency, EXIF damage) is
accepted with a warning; what cannot be right, or could exhaust the machine, raises
``ImageRefused``.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from catdata.dataset import heif
from catdata.dataset.bounds import Header, read_header, read_orientation
from catdata.dataset.budget import DECODING
from catdata.dataset.candidates import FORMATS_BY_SUFFIX
from catdata.dataset.fits import FITS, fit_crop, fit_pad, fit_stretch, pixels_of
from catdata.dataset.plainfile import read_file
from catdata.engine import begin_item
from catdata.errors import ConfigRefused, ImageRefused, shown
from catdata.fingerprint import fingerprint, fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = [
    "FITS",
    "Picture",
    "Preparation",
    "content_hash",
    "decode",
    "fit_crop",
    "fit_pad",
    "fit_stretch",
    "read_file",
]

MAX_SIZE = 1024
HASHED_SIZE = 64  # whatever size is prepared, so that a picture's hash never changes

_OVERSAMPLING = 2  # times the target that a picture keeps before the last, careful resize
_LONGEST_WHOLE = 16  # times the target that the longer side of a whole picture may have
_BAND_PIXELS = 1 << 20

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture becomes a row of a dataset.

    Attributes:
        size: Side of the square, in pixels, 1..1024.
        fit: A key of :data:`FITS`.

    Raises:
        ConfigRefused: If a value is none of these.
    """

    size: int = 64
    fit: str = "stretch"

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise ConfigRefused(f"size is {self.size}; it must be within 1..{MAX_SIZE} pixels")
        if self.fit not in FITS:
            raise ConfigRefused(f"fit is {self.fit!r}; it must be one of {', '.join(FITS)}")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: Shape (size, size, 3), uint8, RGB, upright, fitted to the square.
        content_hash: SHA-256 of the 64 x 64 stretch, 64 hexadecimal digits, whatever the
            preparation.
        fingerprint: Shape (4,), uint64, of the whole upright picture; see ``catdata.fingerprint``.
        width: Width of the whole upright picture, in pixels.
        height: Height of the whole upright picture, in pixels.
        format: ``jpeg``, ``png``, ``webp`` or ``heif``.
        warnings: What was unusual, a phrase each, such as "has CMYK colours".
    """

    pixels: NDArray[np.uint8]
    content_hash: str
    fingerprint: NDArray[np.uint64]
    width: int
    height: int
    format: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, preparation: Preparation = Preparation(), *, name: str = "") -> Picture:
    """Turn the bytes of a picture file into a picture.

    Safe to call from many threads at once; those at work together take about 1 GiB at most.

    Args:
        data: The whole file; JPEG, PNG, WebP or, with the extra ``heif``, HEIC, which its first
            bytes tell.
        preparation: The square to make.
        name: The file's name, for messages and to notice that it says another format; may be empty.

    Raises:
        ImageRefused: If it is no such picture, ends early, is broken, has more than 89,478,485
            pixels (WebP 50,000,000) or could exhaust memory or time otherwise.
    """
    decoded = _decode_named(data, preparation, name)
    return decoded.picture(fingerprint(decoded.stretched))


def decode_many(
    files: Iterable[tuple[bytes, str]], preparation: Preparation
) -> list[Picture | ImageRefused]:
    """Turn files into pictures as :func:`decode` does, in less time where they are many.

    Args:
        files: The bytes of each file, and its name.
        preparation: The square to make.

    Returns:
        For each file its picture, or why it was refused.
    """
    outcomes = [_decode_or_refuse(data, preparation, name) for data, name in files]
    stretched = [one.stretched for one in outcomes if isinstance(one, _Decoded)]
    words = iter(fingerprints(np.stack(stretched)) if stretched else ())
    return [one.picture(next(words)) if isinstance(one, _Decoded) else one for one in outcomes]


class _Decoded(NamedTuple):
    """All of a :class:`Picture` but its fingerprint, and the stretch that this is taken of."""

    stretched: NDArray[np.uint8]
    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: str
    warnings: tuple[str, ...]

    def picture(self, words: NDArray[np.uint64]) -> Picture:
        """Return the picture with its fingerprint."""
        return Picture(self.pixels, content_hash(self.stretched), words, *self[2:])


def _decode_or_refuse(data: bytes, preparation: Preparation, name: str) -> _Decoded | ImageRefused:
    try:
        return _decode_named(data, preparation, name)
    except ImageRefused as refused:
        return refused
    except MemoryError as error:  # outside the decoder, which has its own care
        return _undecodable(error)


def _decode_named(data: bytes, preparation: Preparation, name: str) -> _Decoded:
    try:
        return _decode(data, preparation, name)
    except ImageRefused as refused:
        if not name:
            raise
        raise ImageRefused(f"{shown(name)}: {refused.message}", hint=refused.hint) from refused


def _decode(data: bytes, preparation: Preparation, name: str) -> _Decoded:
    begin_item()
    header = read_header(data)
    warnings = _header_warnings(header, name)
    orientation = _orientation(header, warnings)
    with DECODING.held(header.memory):
        whole = _upright(header, orientation, HASHED_SIZE, warnings)
        stretched = fit_stretch(whole, HASHED_SIZE)
        if preparation == Preparation(HASHED_SIZE, "stretch"):
            pixels = stretched
        else:
            if preparation.size > HASHED_SIZE:
                whole = _upright(header, orientation, preparation.size, [])
            pixels = FITS[preparation.fit](whole, preparation.size)
    width, height = header.width, header.height
    if orientation >= 5:
        width, height = height, width
    return _Decoded(stretched, pixels, width, height, header.format, tuple(warnings))


def content_hash(pixels: NDArray[np.uint8]) -> str:
    """Return the content hash of a picture that is pixels already, such as a row of an h5 file.

    Args:
        pixels: Shape (height, width, 3), uint8, RGB.

    Returns:
        SHA-256 of the 64 x 64 stretch's bytes, 64 hexadecimal digits.
    """
    if pixels.shape[:2] != (HASHED_SIZE, HASHED_SIZE):
        pixels = fit_stretch(Image.fromarray(np.ascontiguousarray(pixels)), HASHED_SIZE)
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def resize(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return square pixels at another size, or as they are if they have it.

    Args:
        pixels: Shape (s, s, 3), uint8, RGB.
        size: Side of the result, in pixels.

    Returns:
        Shape (size, size, 3), uint8.
    """
    if pixels.shape[:2] == (size, size):
        return pixels
    return fit_stretch(Image.fromarray(np.ascontiguousarray(pixels)), size)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels of shape (height, width, 3), uint8, as the bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels of shape (height, width, 3), uint8, as a JPEG file with no data but these."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=85)
    return file.getvalue()


def preview(data: bytes, longest: int = 512) -> NDArray[np.uint8]:
    """Return a picture upright and whole, as people look at it.

    Args:
        data: The whole file.
        longest: Longer side of the result, in pixels, at most.

    Returns:
        Shape (height, width, 3), uint8, RGB.

    Raises:
        ImageRefused: As :func:`decode` does.
    """
    header = read_header(data)
    with DECODING.held(header.memory):
        whole = _upright(header, _orientation(header, []), longest, [])
    whole.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return pixels_of(whole)


def decode_whole(
    data: bytes, preparation: Preparation
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture as :func:`decode` prepares it, and as a whole, to be fitted again.

    Args:
        data: The whole file.
        preparation: The square to make.

    Returns:
        The square, shape (size, size, 3), uint8, and the upright RGB picture, shape (height, width,
        3), uint8, whose shorter side is at most twice the square's.

    Raises:
        ImageRefused: As :func:`decode` does.
    """
    header = read_header(data)
    size = preparation.size
    with DECODING.held(header.memory):
        whole = _upright(header, _orientation(header, []), max(size, HASHED_SIZE), [])
        square = FITS[preparation.fit](whole, size)
        scale = min(1.0, _OVERSAMPLING * size / min(whole.size))
        # A very long picture is shortened, so that memory stays bounded.
        width, height = (
            max(1, min(round(side * scale), _LONGEST_WHOLE * size)) for side in whole.size
        )
        whole = whole.resize((width, height), Image.Resampling.LANCZOS)
    return square, pixels_of(whole)


def _header_warnings(header: Header, name: str) -> list[str]:
    warnings = []
    named = FORMATS_BY_SUFFIX.get(os.path.splitext(name)[1].lower(), header.format)  # noqa: PTH122 - fast
    if named != header.format:
        warnings.append(f"is a {header.format.upper()} under the name of a {named.upper()}")
    if header.several:
        which = "main" if header.format == "heif" else "first"
        warnings.append(f"holds several pictures; the {which} one is used")
    if header.depth > 8:
        warnings.append(f"has {header.depth} bits a channel, of which 8 are kept")
    shorter, longer = sorted((header.width, header.height))
    if shorter < 16:
        warnings.append(f"is only {header.width} x {header.height} pixels")
    if longer > 20 * shorter:
        warnings.append(f"is very elongated: {header.width} x {header.height} pixels")
    return warnings


def _orientation(header: Header, warnings: list[str]) -> int:
    if header.exif is None:
        return 1
    try:
        orientation = read_orientation(header.exif)
    except ValueError:
        warnings.append("has EXIF data that cannot be read; taken as upright")
        return 1
    if not 1 <= orientation <= 8:
        warnings.append(f"has the EXIF orientation {orientation}, which is none; taken as upright")
        return 1
    return orientation


def _upright(header: Header, orientation: int, size: int, warnings: list[str]) -> Image.Image:
    """Decode to RGB of at least twice *size* where the picture has as much, and turn it upright."""
    try:
        image = _loaded(header, size)
        if orientation in _TURNS:
            image = image.transpose(_TURNS[orientation])
        return _small_rgb(image, max(1, min(image.size) // (_OVERSAMPLING * size)), warnings)
    except ImageRefused:
        raise
    # Pillow raises OSError, SyntaxError, TypeError, IndexError, MemoryError and more on broken
    # files. Whatever it was, the object is dropped: a second load() may succeed with wrong
    # pixels.
    except Exception as error:
        raise _undecodable(error) from error


def _loaded(header: Header, size: int) -> Image.Image:
    """Decode a picture, to no less than twice *size* where it has as much."""
    if header.format == "heif":
        return heif.decode(header.drawing, header.width * header.height)
    image = Image.open(io.BytesIO(header.drawing), formats=[header.format.upper()])
    # A JPEG decodes to 1/2, 1/4 or 1/8 of its size for a fraction of the time.
    image.draft(None, (_OVERSAMPLING * size, _OVERSAMPLING * size))
    image.load()
    return image


def _undecodable(error: Exception) -> ImageRefused:
    if isinstance(error, MemoryError):
        return ImageRefused("the picture needs more memory than there is", hint="Scale it down.")
    if "truncated" in str(error):
        what = "ends early"
    elif isinstance(error, UnidentifiedImageError) or not str(error):
        what = "is broken: it cannot be decoded"
    else:
        what = f"is broken: {shown(str(error).strip())}"
    return ImageRefused(f"the picture {what}", hint="Copy or download the file again.")


def _small_rgb(image: Image.Image, factor: int, warnings: list[str]) -> Image.Image:
    """Convert a loaded picture to RGB and average *factor* x *factor* pixels into one.

    Works in bands, since every conversion of a whole 89-megapixel picture takes another 360 MB.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image.reduce(factor) if factor > 1 else image
    rows = max(1, _BAND_PIXELS // (image.width * factor)) * factor
    small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    found: set[str] = set()
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        band = _rgb(band, found)
        small.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    warnings.extend(sorted(found))
    return small


def _rgb(image: Image.Image, warnings: set[str]) -> Image.Image:
    if image.mode.startswith("I"):
        return _rgb_of_16_bits(image)
    if image.mode == "CMYK":
        warnings.add("has CMYK colours, converted without a profile")
    if image.mode[-1] not in "Aa" and "transparency" not in image.info:
        return image.convert("RGB")
    colours = image.convert("RGBA")
    alpha = colours.getchannel("A")
    if alpha.getextrema() != (255, 255):
        warnings.add("is transparent in places, laid on white")
    white = Image.new("RGB", image.size, "white")
    white.paste(colours, mask=alpha)
    return white


def _rgb_of_16_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.uint32)
    grey = ((values + 128) // 257).astype(np.uint8)  # convert("RGB") would cut at 255: all white
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB")
