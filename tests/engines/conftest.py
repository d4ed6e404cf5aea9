"""One session with each engine, the site from a server and from disk, and a table at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.chromium import Chromium
from tests.engines.engine import Engine
from tests.engines.figure import PAGES, Figure
from tests.engines.firefox import Firefox
from tests.engines.webkit import WebKit
from tools.browser import find_firefox, no_chromium, no_firefox, no_webkit, serving

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
REQUIRED = os.environ.get("NEURODE_REQUIRE_BROWSER") == "1"
WHERE = ("server", "disk")
MISSING = {"chromium": no_chromium, "firefox": no_firefox, "webkit": no_webkit}


def start(name: str, folder: Path, touch: bool = False) -> Engine:
    """Start one of the engines; skip, or in CI fail, where it is not installed."""
    if reason := MISSING[name]():
        if REQUIRED:
            pytest.fail(f"{reason}, and NEURODE_REQUIRE_BROWSER=1")
        pytest.skip(reason)
    if name == "chromium":
        return Chromium(touch)
    if name == "firefox":
        return Firefox(find_firefox(), folder, touch)
    return WebKit(folder, touch)


@pytest.fixture(scope="session", params=list(MISSING))
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    one = start(request.param, tmp_path_factory.mktemp(request.param))
    yield one
    one.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serving(SITE, "/a/path/") as address:
        yield address


@pytest.fixture(params=WHERE)
def home(request: pytest.FixtureRequest, server: str) -> str:
    return server if request.param == "server" else SITE.as_uri()


@pytest.fixture(autouse=True)
def _quiet(engine: Engine) -> Iterator[None]:
    """No page complains."""
    engine.troubles()
    yield
    assert not engine.troubles()


@pytest.fixture
def neuron(engine: Engine, home: str) -> Figure:
    """The phase plane of the first chapter."""
    engine.open(f"{home}/{PAGES['chapter 1']}")
    return Figure(engine)


@pytest.fixture(autouse=True)
def _cell(request: pytest.FixtureRequest, record_property: Any) -> None:
    """Note for the table which engine did what, and where; and what it cannot do."""
    given = request.node.callspec.params
    action = request.node.originalname.split("_")[1]
    record_property("cell", (given["engine"], given["home"], action))
    engine = request.getfixturevalue("engine")
    record_property("engine", (engine.title, engine.cannot))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table engine × action, and in plain lines what is not in it."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    titles: dict[str, str] = {}
    actions: list[str] = []
    lines: list[str] = []
    # What is worse comes later, and stays.
    for outcome, mark in (("passed", "yes"), ("skipped", "–"), ("failed", "NO"), ("error", "NO")):
        for report in terminalreporter.stats.get(outcome, []):
            noted = dict(report.user_properties)
            if "cell" not in noted:
                continue
            name, where, action = noted["cell"]
            row = rows.setdefault((name, where), {})
            row[action] = "part" if mark == "yes" and "part" in (row.get(action), *noted) else mark
            actions.append(action)
            if "engine" in noted:
                titles[name], cannot = noted["engine"]
                lines += [f"{titles[name]} cannot {what}: {why}." for what, why in cannot.items()]
            elif outcome == "skipped":
                lines.append(f"NOT TESTED IN {name.upper()}: {report.longrepr[2]}.")
    if not rows:
        return
    actions = list(dict.fromkeys(actions))
    terminalreporter.section("The site in three engines")
    table = [("engine", "from", *actions)]
    for (name, where), row in rows.items():
        marks = [row.get(action, "") for action in actions]
        table.append((titles.get(name, name), where, *marks))
    for cells in table:
        terminalreporter.write_line(
            "".join(f"{cell:<8}" if i else f"{cell:<28}" for i, cell in enumerate(cells))
        )
    for line in dict.fromkeys(lines):
        terminalreporter.write_line(line)
