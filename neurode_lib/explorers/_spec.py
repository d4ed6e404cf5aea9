"""What each explorer can show: read from the file that its JavaScript reads too."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import traitlets

SPEC: dict[str, Any] = json.loads(
    files("neurode_lib.explorers").joinpath("static/spec.json").read_text(encoding="utf-8")
)


# Without subscripts, which traitlets knows since 5.10 only: Colab has 5.7 loaded.
class FiniteFloat(traitlets.Float):  # type: ignore[type-arg]
    """A float within bounds; unlike :class:`traitlets.Float` it refuses NaN."""

    def validate(self, obj: Any, value: Any) -> Any:
        number = super().validate(obj, value)
        if number != number:
            raise traitlets.TraitError(f"{self.name} must be a number, got {number}")
        return number


class Choice(traitlets.Enum):  # type: ignore[type-arg]
    """One of some values, and of their type: True equals 1, but JavaScript would not know it.

    Where some have a fraction, 0.0 is 0: JavaScript knows one kind of number.
    """

    def validate(self, obj: Any, value: Any) -> Any:
        choices = self.values or ()
        fractions = any(isinstance(choice, float) for choice in choices)
        number = fractions and isinstance(value, int | float) and not isinstance(value, bool)
        alike = [one for one in choices if one == value and (number or type(one) is type(value))]
        if not alike:
            self.error(obj, value)
        return alike[0]


class Letters(traitlets.Unicode):  # type: ignore[type-arg]
    """A text of so many letters and digits, which a link can carry."""

    def __init__(self, count: int, default: str) -> None:
        super().__init__(default)
        self.count = count

    def validate(self, obj: Any, value: Any) -> Any:
        text = super().validate(obj, value)
        if len(text) != self.count or not (text.isascii() and text.isalnum()):
            raise traitlets.TraitError(
                f"{self.name} must be {self.count} letters and digits, got {text!r:.80}"
            )
        return text


class PlainName(traitlets.Unicode):  # type: ignore[type-arg]
    """A name that a link can carry: not empty, and without control characters."""

    def validate(self, obj: Any, value: Any) -> Any:
        name = super().validate(obj, value)
        if not name.isprintable() or not name:
            raise traitlets.TraitError(f"{self.name} must be printable text, got {name!r}")
        return name


def field_trait(explorer: str, name: str) -> traitlets.TraitType[Any, Any]:
    """A synchronised trait with the default and the limits that the spec gives a field."""
    field = SPEC[explorer]["fields"][name]
    trait: traitlets.TraitType[Any, Any]
    if "letters" in field:
        trait = Letters(field["letters"], field["default"])
    elif "choices" in field:
        trait = Choice(field["choices"], field["default"])
    elif field.get("integer"):
        trait = traitlets.Int(field["default"], min=field["min"], max=field["max"])
    else:
        trait = FiniteFloat(field["default"], min=field["min"], max=field["max"])
    return trait.tag(sync=True)
