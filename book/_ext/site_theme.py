"""What the theme writes into every page, less what is not used, and with its faults mended."""

from __future__ import annotations

import re

# Written into the page by the theme's templates, past Sphinx's lists.
UNUSED_TAGS = re.compile(
    r"[ \t]*<(?:script|link)\b[^>]*"
    # Icons come from a style sheet and a font; the script (1.5 MB) would do the same once more.
    r"(?:scripts/fontawesome\.js|sphinx-thebe\.css|design-tabs\.js"
    # Bootstrap opened menus, which HTML does itself, and showed the way back to the top: site.js.
    r"|scripts/bootstrap\.js"
    # Deferred scripts are found early enough without.
    r'|rel="preload" as="script"'
    # Firefox fetches the next page beforehand, which the policy has no word to allow.
    r'|rel="next"|rel="prev")'
    r"[^>]*>(?:</script>)?\n?"
    # sphinx-thebe's settings, which its script would read.
    r"|[ \t]*<script type=\"text/x-thebe-config\">.*?</script>\n?"
    r"|[ \t]*<script>kernelName = [^<]*</script>\n?"
    # Said a second and a third time.
    r'|\s*<meta name="viewport" content="width=device-width, initial-scale=1" ?/>'
    # For search engines of documentation hosts, and a place for their advertisements.
    r'|\s*<meta name="docsearch:[^>]*>'
    r'|<div id="ethical-ad-placement".*?</div>',
    re.DOTALL,
)
# The theme loads the search index on every page; only the page that searches needs it.
SEARCH_TAGS = re.compile(
    r'[ \t]*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>\n?'
)
SCRIPT = re.compile(r"<script (?:defer |defer=\"defer\" |loading_method=\"defer\" )?(src=[^>]*)>")
SECTION = re.compile(r'(<section\b)[^>]*>|(</section>)|class="[^"]*(?<!\w)(?:tag_)?full-width\b')
# What reaches into the right margin, where the page's contents stand.
WIDE = re.compile(r'class="(?:[^"]* )?(?:(?:tag_)?full-width|margin)[ "]')
CONTENTS = 'class="bd-sidebar-secondary'
# Before the style sheet, which a script would wait for.
TITLE = re.compile(r"(?=<title>)")
# Where a link names a section, the whole page is laid out (custom.css); a figure's link has a "?".
LAID_OUT_LATE = (
    "<script>if(!/^#[^?]+$/.test(location.hash))"
    'document.documentElement.classList.add("laid-out-late")</script>\n'
)
LISTING = re.compile(r'<div class="highlight">(<pre>)(.*?)</pre>', re.DOTALL)
LONGEST_LISTING = 40
UNUSED_FILES = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.map",
    "scripts/fontawesome.js.LICENSE.txt",
    "scripts/bootstrap.js",
    "scripts/bootstrap.js.map",
    "scripts/bootstrap.js.LICENSE.txt",
    "scripts/pydata-sphinx-theme.js.map",
    "scripts/sphinx-book-theme.js.map",
    "styles/pydata-sphinx-theme.css.map",
    "styles/sphinx-book-theme.css.map",
    "sphinx-thebe.js",
    "sphinx-thebe.css",
    "design-tabs.js",
    "togglebutton.js",
    "togglebutton.css",
    # Icons of extensions that draw their own, and logos of hosts that are not offered.
    "check-solid.svg",
    "copy-button.svg",
    "copybutton_funcs.js",
    "play-solid.svg",
    "images/logo_deepnote.svg",
    "images/logo_jupyterlite.svg",
    # Sphinx puts what pages show into _images.
    "cover-light.svg",
    "cover-dark.svg",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
    "locales",
)

# What the theme gets wrong for those who cannot see the page, or for HTML itself.
MENDED = (
    # The button's name has to begin with what it shows: "Search Ctrl+K".
    (r'(<button class="btn search-button-field[^>]*) title="Search" aria-label="Search"', r"\1"),
    # Everything on a page belongs to a landmark, and the logo and the search button to this one.
    (
        r'<div id="pst-primary-sidebar"',
        r'<div id="pst-primary-sidebar" role="complementary" aria-label="The book"',
    ),
    # Two pictures of one logo in one link: a screen reader would say the name three times.
    # Lazy: the one for the other mode is not fetched.
    (r'(class="logo__image [^>]*) alt="[^"]*"', r'\1 alt="" loading="lazy"'),
    # The arrow that unfolds a part of the navigation had no name.
    (r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="Pages of this part">'),
    # What folds a cell away says in words what it holds; a label would hide them.
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # A role that ARIA gave up, and a list whose items then are none.
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    # The empty corner of a table is no header.
    (r'<th class="head">(?:<p></p>)?</th>', "<td></td>"),
    # No paragraph may stand in a summary, none around a list, and no heading may be empty.
    (r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>', r'<span class="\1">\2</span>'),
    (r'<p>(<ul class="simple">(?:(?!</?ul\b)[\s\S])*</ul>)\s*</p>', r"\1"),
    (r"<h1></h1>", ""),
    # What is wider than the text: the theme knows the class, and makes room for it.
    (
        r'<div class="output text_html">'
        r'(?=\s*<(?:figure class="neurode-explorer"|div class="claims-frame"))',
        '<div class="output text_html full-width">',
    ),
    # Until the theme's script has run, which is after the first words, "auto" is no colour mode;
    # without scripts it never becomes one.
    (r'(<html [^>]*data-theme=)"auto"', r'\1"light"'),
    (
        r'(\.dataset\.theme = )localStorage\.getItem\("theme"\) \|\| "auto"',
        r'\1(m => m == "light" || m == "dark" ? m : '
        r'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
        r'(localStorage.getItem("mode"))',
    ),
    # The browser shows a button's title by itself, and does not have to be taught it on each page.
    (r'(aria-label="[^"]*") data-bs-title=("[^"]*")', r"title=\2 \1"),
    (r'\s+data-bs-placement="\w+" data-bs-toggle="tooltip"', ""),
    # A menu that opens without a script.
    (
        r'<button class="btn dropdown-toggle" type="button" data-bs-toggle="dropdown" '
        r'aria-expanded="false"( aria-label="[^"]*")>([\s\S]*?)</button>'
        r'(\s*<ul class="dropdown-menu">[\s\S]*?</ul>)',
        r'<details><summary class="btn dropdown-toggle"\1>\2</summary>\3</details>',
    ),
    # A policy without inline scripts refuses handlers in attributes: site.js listens instead.
    (r'<button onclick="window.print\(\)"', r'<button type="button"'),
)

# The theme asks every listing and output on the page for its width, which has the whole page laid
# out at once, also what content-visibility would leave for later: site.js asks when they come near.
TAB_STOPS = re.compile(r'\bdocument\.querySelectorAll\(\["pre",[^;]*?\.tabIndex=[^}]*\}\)')


def fold_long_code(match: re.Match[str]) -> str:
    """Mark a long listing; the style shows its beginning, site.js adds the button for the rest."""
    lines = match[2].count("\n")
    if lines <= LONGEST_LISTING:
        return match[0]
    return f'<div class="highlight long-code" data-lines="{lines}">{match[1]}{match[2]}</pre>'


def mark_sections(text: str) -> str:
    """Mark the sections that may be laid out late: clipped then, so those with nothing wide."""
    open_sections: list[int] = []
    may_wait = []
    wide = False
    for tag in SECTION.finditer(text):
        if tag[1]:
            open_sections.append(tag.end(1))
            wide = wide and len(open_sections) > 2
        elif tag[2]:
            place = open_sections.pop()
            if len(open_sections) == 1 and not wide:
                may_wait.append(place)
        elif len(open_sections) > 1:
            wide = True
    for place in reversed(may_wait):
        text = f'{text[:place]} class="may-wait"{text[place:]}'
    return TITLE.sub(LAID_OUT_LATE, text, count=1) if may_wait else text


def fold_contents(text: str) -> str:
    """Fold the contents of a page with something wide, as the theme's script does beside it.

    That script opens them where nothing wide is near. Until it has run, they would lie over it.
    """
    return text.replace(CONTENTS, f"{CONTENTS} hide", 1) if WIDE.search(text) else text


def leave_tab_stops(script: str) -> str:
    """Take from the theme's script the search for what scrolls; a theme without it is an error."""
    script, found = TAB_STOPS.subn("", script)
    if found != 1:
        raise ValueError(f"the theme's script sets tab stops in {found} places, expected 1")
    return script


def clean(text: str, *, is_search: bool) -> str:
    """Take what is not used off a page, and mend the theme's faults."""
    text = UNUSED_TAGS.sub("", text)
    if not is_search:
        text = SEARCH_TAGS.sub("", text)
    # In their order, but none may hold up the first words.
    text = SCRIPT.sub(r"<script defer \1>", text)
    for fault, mended in MENDED:
        text = re.sub(fault, mended, text)
    return mark_sections(fold_contents(LISTING.sub(fold_long_code, text)))
