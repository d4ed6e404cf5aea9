"""The one style sheet of the site has every rule of the theme's sheets that finds something."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tools.browser import serving

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
# The browser is the judge: it reads the theme's sheet as it was shipped, and says what matches.
LOST = """theme => {
    const plain = selector => selector.replace(/::?[a-z-]+(\\([^)]*\\))?/g, "") || "*";
    const flat = rules => [...rules].flatMap(rule => {
        const around = rule.conditionText ?? "";
        if (rule.selectorText) {
            return rule.selectorText.split(/,(?![^(]*\\))/).map(one => [around, one.trim()]);
        }
        return rule.cssRules ? flat(rule.cssRules).map(([a, one]) => [around + a, one]) : [];
    });
    const shipped = new CSSStyleSheet();
    shipped.replaceSync(theme);
    const own = [...document.styleSheets].find(sheet => sheet.href?.includes("/site.css"));
    const kept = new Set(flat(own.cssRules).map(String));
    const found = [];
    for (const rule of flat(shipped.cssRules)) {
        let matches = false;
        try { matches = document.querySelector(plain(rule[1])) !== null; } catch {}
        if (matches) found.push(rule);
    }
    return {found: found.length, lost: found.filter(r => !kept.has(String(r))).map(String)};
}"""

pytestmark = pytest.mark.site


@pytest.mark.parametrize(
    "name",
    ["index.html", "notebooks/08_phase_portraits.html", "book/api/metrics.html", "search.html"],
)
@pytest.mark.parametrize(
    ("package", "sheet"),
    [
        ("pydata_sphinx_theme", "pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css"),
        ("sphinx_book_theme", "sphinx_book_theme/static/styles/sphinx-book-theme.css"),
    ],
)
def test_no_rule_in_use_was_left_out(name: str, package: str, sheet: str, new_page: Any) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    theme = (Path(spec.origin).parent / "theme" / sheet).read_text(encoding="utf-8")
    with serving(SITE) as address:
        result = new_page(f"{address}/{name}").evaluate(LOST, theme)
    assert result["found"] > 30
    assert not result["lost"]
