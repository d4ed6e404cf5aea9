"""A small site of two pages, for tests of the editions."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tools.editions.contents import Book, read_book
from tools.editions.title import Imprint

IMPRINT = Imprint("9.8.7", "Ada and Ben", "CC BY 4.0", "Copyright (c) 2026 Ada and Ben", "2026")
NAVIGATION = (
    '<nav class="bd-links"><a class="reference" href="{start}">A start</a>'
    '<p class="caption">First part</p><a class="reference" href="{one}">1. One</a></nav>'
)
START = (
    '<section id="start"><h1>A start</h1><p><a href="notebooks/one.html#two">On</a></p></section>'
)
ONE = """<section id="one"><h1>1. One<a class="headerlink" href="#one">#</a></h1>
<p><a id="figure-link" href="#neuron?preset=block">Set it</a> <a href="../index.html">Back</a>
<a href="../exercises/one.ipynb" download>Exercises</a></p>
<div class="cell tag_hide-input"><details class="hide"><summary>Show the code</summary>
<pre>drawing = 1</pre></details><figure class="neurode-explorer" data-explorer="phase-plane"
 data-name="neuron" data-state="{}"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">
<clipPath id="c"><rect width="4" height="4"/></clipPath>
<g clip-path="url(#c)"><path d="M0 0l4 4"/></g>
</svg><figcaption>A still picture. With JavaScript it moves.</figcaption></figure></div>
<p><mjx-container data-tex="v" display="true"><mjx-math></mjx-math><mjx-assistive-mml><math
 xmlns="http://www.w3.org/1998/Math/MathML"><mi>v</mi></math></mjx-assistive-mml></mjx-container></p>
<picture><source srcset="n.webp"/><img class="only-light" alt="A line" src="../_images/a.webp"
 loading="lazy"/></picture><img class="only-dark" alt="A line" src="../_images/b.webp"/>
<div class="admonition"><p class="admonition-title">Task: a spike</p><p>Find it.</p>
<details><summary>Answer</summary><p>At forty-two.</p></details></div>
<section id="two"><h2>Two</h2><p><strong>1. The mirror.</strong> Show it.</p>
<div class="cell tag_hide-cell"><details class="hide"><summary>Show the solution</summary>
<pre>solved = 2</pre></details></div></section></section>"""


def make_site(folder: Path, address: str) -> Book:
    canonical = f'<link rel="canonical" href="{address}index.html"/>' if address else ""
    for name, body, links in (
        ("index", START, {"start": "#", "one": "notebooks/one.html"}),
        ("notebooks/one", ONE, {"start": "../index.html", "one": "#"}),
    ):
        path = folder / f"{name}.html"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(
            f"<html><head>{canonical}</head><body>{NAVIGATION.format(**links)}"
            f"<article>{body}</article></body></html>",
            encoding="utf-8",
        )
    (folder / "_images").mkdir()
    Image.new("RGB", (3, 2)).save(folder / "_images" / "a.webp")
    return read_book(folder)
