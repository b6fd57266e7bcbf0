"""What a browser lets an author's page do, and how long it keeps files.

Authors are not trusted with the site's cookies, pages and users, but their pages hold scripts, and
are to work. So a page is opened in a sandbox, where it has an origin of its own that is nobody
else's, and may load what belongs to it and nothing more. docs/decisions/0021 says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

#: What is neither shown nor played is offered for download; should a browser show it all the same,
#: it does nothing.
NOTHING = "sandbox; default-src 'none'"

#: Never ``allow-same-origin`` here: with it, a script on the site's own domain is the site's.
_SANDBOX = (
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-presentation allow-scripts"
)

IMMUTABLE = "public, max-age=31536000, immutable"
#: Public, but private in a later version: to be asked for again soon.
PUBLIC_FOR_NOW = "public, max-age=300"
#: The caller's rights may change; an equal ETag saves the bytes, not the question.
ASK_AGAIN = "private, no-cache"
NEVER = "private, no-store"


def for_a_while(seconds: int) -> str:
    """Return the ``Cache-Control`` of what one browser may keep for some seconds."""
    return f"private, max-age={max(0, seconds)}, immutable"


def document_policy(base: str, *, own_domain: bool, storage: str, others: Iterable[str]) -> str:
    """Return the ``Content-Security-Policy`` for an author's page.

    Args:
        base: The absolute URL, with a slash at the end, below which the page's own files are.
        own_domain: The page is opened on a domain that is for nothing but such pages.
        storage: The origin to which requests for images and media are redirected, or an empty
            text.
        others: More origins that pages may load from.
    """
    own = " ".join([_source(base), *others])
    media = f"{own} {storage}".strip()
    sandbox = f"{_SANDBOX} allow-same-origin" if own_domain else _SANDBOX
    return "; ".join(
        [
            sandbox,
            "default-src 'none'",
            f"script-src 'unsafe-inline' 'unsafe-eval' blob: {own}",
            f"style-src 'unsafe-inline' {own}",
            f"img-src data: blob: {media}",
            f"font-src data: {media}",
            f"media-src data: blob: {media}",
            f"connect-src data: blob: {media}",
            f"frame-src {own}",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _source(base: str) -> str:
    # Semicolons and commas would end the directive, or the policy; browsers decode them.
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path, safe='/:%-._~@!$&()*+=')}"
