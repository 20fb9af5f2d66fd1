"""What the page is told of photos and answers, as plain types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catdata.dataset.catalog import ImageRow
from catdata.labeler.works import Answer, class_of, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.labeler.gallery import Gallery
    from catdata.labeler.order import Doubts, LabelOptions
    from catdata.labeler.queue import Photo


def of_photo(
    photo: Photo,
    near: Sequence[ImageRow],
    gallery: Gallery,
    options: LabelOptions,
    doubts: Doubts | None,
) -> dict[str, Any]:
    """Return what the page shows of a photo that is ready.

    Args:
        photo: Which one.
        near: Images of the catalog that look like it; the first is shown beside it.
        gallery: Where the page finds pictures.
        options: Which models were asked.
        doubts: How far its label is believed, in a review.
    """
    prepared = photo.prepared
    if prepared is None:
        raise ValueError("a photo was lent that is not ready")
    row = photo.subject if isinstance(photo.subject, ImageRow) else None
    seen = prepared.picture or row
    names = [folder.name for folder in options.models]
    opinions = zip(names, prepared.probabilities, strict=True)
    return {
        "key": photo.key,
        "name": name_of(photo),
        "image": gallery.address(prepared.preview, "jpg"),
        "square": gallery.address(prepared.square, "png"),
        "size": f"{seen.width} x {seen.height}" if seen else "",
        "warnings": list(seen.warnings) if seen else [],
        "models": [{"name": name, "cat": probability} for name, probability in opinions],
        "label": row.class_name if row else None,
        "believed": doubts.believed.get(row.id) if row and doubts else None,
        "near": [
            {
                "image": gallery.lend(known),
                "label": known.class_name,
                "name": known.file_name or known.ref,
            }
            for known in near[:1]
        ],
    }


def of_answer(answer: Answer, gallery: Gallery) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    prepared = answer.photo.prepared
    return {
        "key": answer.photo.key,
        "name": name_of(answer.photo),
        "label": class_of(answer.label),
        "outcome": answer.outcome,
        "reason": answer.reason,
        "square": gallery.address(prepared.square, "png") if prepared else "",
    }


def of_group(answers: Sequence[Answer], gallery: Gallery) -> dict[str, Any]:
    """Return what the page's strip shows of photos that were answered together, one or more."""
    first = of_answer(answers[0], gallery)
    return first if len(answers) == 1 else {**first, "name": f"{len(answers)} photos"}
