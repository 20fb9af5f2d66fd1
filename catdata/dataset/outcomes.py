"""What can become of a file that is to be added."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is now an image of the catalog."""

    ref: str
    file: str
    label: str
    split: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that needed nothing: already there (*duplicate_of* names it), or no picture.

    Attributes:
        is_moved: Whether it was noted that the file of an image is elsewhere now.
    """

    file: str
    reason: str
    duplicate_of: str | None = None
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken, and why."""

    file: str
    reason: str
    hint: str = ""


Outcome = Added | Skipped | Refused


def to_line(outcome: Outcome) -> dict[str, object]:
    """Return one outcome as plain types, its kind under ``outcome``."""
    return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}


@dataclass(slots=True)
class AddReport:
    """What became of every file, in order."""

    added: list[Added] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def note(self, outcome: Outcome) -> None:
        """File one outcome under its kind."""
        if isinstance(outcome, Added):
            self.added.append(outcome)
        elif isinstance(outcome, Skipped):
            self.skipped.append(outcome)
        else:
            self.refused.append(outcome)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return {
            "added": [asdict(outcome) for outcome in self.added],
            "skipped": [asdict(outcome) for outcome in self.skipped],
            "refused": [asdict(outcome) for outcome in self.refused],
        }
