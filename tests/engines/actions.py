"""The WebDriver standards' form of what a pointer and a keyboard do."""

from __future__ import annotations

from typing import Any

from tests.engines.engine import Step

# WebDriver's own characters for keys that write none.
KEYS = {
    "Shift": "\ue008",
    "Control": "\ue009",
    "End": "\ue010",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}


def mouse(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Action sequences of a mouse."""
    actions: list[dict[str, Any]] = []
    for kind, *values in steps:
        if kind == "move":
            x, y = values
            actions.append({"type": "pointerMove", "x": x, "y": y, "duration": 0})
        else:
            actions.append({"type": f"pointer{kind.capitalize()}", "button": values[0]})
    parameters = {"pointerType": "mouse"}
    return [{"type": "pointer", "id": "mouse", "parameters": parameters, "actions": actions}]


def keyboard(keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Action sequences of a keyboard."""
    actions = []
    for key in keys:
        held = [KEYS.get(part, part) for part in key.split("+")]
        actions += [{"type": "keyDown", "value": value} for value in held]
        actions += [{"type": "keyUp", "value": value} for value in reversed(held)]
    return [{"type": "key", "id": "keyboard", "actions": actions}]
