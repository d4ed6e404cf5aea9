"""The content security policy of each page.

In a meta element, because a static host lets a book set no headers, and the book has to work from
disk too. It comes first in the head: it holds for what follows it only.
"""

from __future__ import annotations

import base64
import hashlib
import re

HEAD = re.compile(r"<head>\s*(?:<meta charset=\"utf-8\" ?/>\s*)?")
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
POLICY = {
    "default-src": "'none'",
    # The explorers compute in WebAssembly, which asks for a word of its own.
    "script-src": "'self' 'wasm-unsafe-eval'",
    # Formulas and figures position their parts with style attributes.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    # Training in the page runs in a worker that the explorers' script makes from its own text.
    "worker-src": "'self' blob:",
    "form-action": "'self'",
    "base-uri": "'none'",
}


def fingerprint(script: str) -> str:
    """What a policy lets an inline script run by."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def add_policy(text: str) -> str:
    """Put the policy into a finished page; inline scripts are allowed by their very text."""
    allowed = {fingerprint(script): None for script in INLINE_SCRIPT.findall(text)}
    policy = POLICY | {"script-src": " ".join([POLICY["script-src"], *allowed])}
    content = "; ".join(f"{name} {value}" for name, value in policy.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    return HEAD.sub(f'<head>\n    <meta charset="utf-8">\n    {meta}\n    ', text, count=1)
