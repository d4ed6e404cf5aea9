"""What the site's style sheet leaves out, on sheets small enough to do it by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = '<p class="note wide" id="top" style="color: var(--from-page)">gone absent</p>'
SCRIPT = 'el.classList.add("opened"); style.getPropertyValue("--from-script")'


@pytest.fixture(autouse=True)
def _extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        # Selectors: what pages have or scripts name; prose gives no names.
        (".note , .gone > b{a:b}", ".note{a:b;}"),
        ("#top  >  p, #absent{a:b}", "#top>p{a:b;}"),
        (".opened:not(.gone) + p{a:b}", ".opened:not(.gone) + p{a:b;}"),
        (".gone{a:b} [class=gone]{a:b} :is(.gone){a:b}", "[class=gone]{a:b;}:is(.gone){a:b;}"),
        ("@media print{.gone{a:b}}@media (width > 1px) {.wide{a:b}}",
         "@media (width > 1px) {.wide{a:b;}}"),
        # Custom properties: read by a rule, by what a rule reads, by a page, by a script.
        ("p{--x:1;--y:var( --x);--z:2;a:var(--y)}", "p{--x:1;--y:var( --x);a:var(--y);}"),
        ("p{--x:var(--y);--y:var(--x)}", ""),
        ("p{--from-page:1;--from-script: }", "p{--from-page:1;--from-script: ;}"),
        # Fonts and animations: asked for by their whole name, quoted or not.
        ("@font-face{font-family:A B}@font-face{font-family:A}p{font-family:'A B', serif}",
         '@font-face{font-family:A B;}@font-face{font-family:A;}p{font-family:"A B",serif;}'),
        ("@font-face{font-family:X-1}p{font-family:X-12,X}", "p{font-family:X-12,X;}"),
        ("@keyframes turn{from{a:b}}@keyframes rise{0%{a:b}}p{animation:rise 1s}",
         "@keyframes rise{0%{a:b;}}p{animation:rise 1s;}"),
        # Space: where it says nothing, and only there.
        ("p  a ,\n b{margin : 0  auto !important;w:calc(1px + 2px)}/* no */",
         "p a,b{margin:0 auto!important;w:calc(1px + 2px);}"),
        ("a::after{content:'a  ,b';b:url(data:x,y)}", 'a::after{content:"a  ,b";b:url(data:x,y);}'),
    ],
)  # fmt: skip
def test_only_what_the_site_uses_is_left(sheet: str, left: str) -> None:
    import tinycss2
    from site_css import parse, purge

    assert tinycss2.serialize(purge(parse(sheet), [PAGE], [SCRIPT])) == left


def test_a_sheet_that_cannot_be_read_stops_the_build() -> None:
    from site_css import parse

    with pytest.raises(ValueError, match=r"style sheet: .* line 2"):
        parse("p{a:b;\nc d}")


def test_imports_are_put_in_and_addresses_start_at_the_static_folder(tmp_path: Path) -> None:
    import tinycss2
    from site_styles import read_sheet

    (tmp_path / "theme").mkdir()
    (tmp_path / "all.css").write_text('@charset "utf-8";@import "theme/main.css";q{a:b}')
    (tmp_path / "theme" / "main.css").write_text(
        "p{a:url(../x.png);b:url('y.png');c:url(#z);d:url(\"data:,'\")}"
    )
    assert tinycss2.serialize(read_sheet(tmp_path, "all.css")) == (
        'p{a:url(x.png);b:url("theme/y.png");c:url(#z);d:url("data:,\'");}q{a:b;}'
    )
