"""The page on which a person confirms the code of a device and says yes or no."""

from __future__ import annotations

from html import escape
from typing import Final

from isthmus.simulators.amazon_q.sign_ins import SignIn

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; color: #1b1f24; background: #f6f7f9 }
main { background: #fff; border: 1px solid #d6dae0; border-radius: 8px; padding: 1.5rem 2rem }
code { font-size: 1.6rem; letter-spacing: .1em } label { display: block; margin: 1rem 0 .25rem }
input { font: inherit; width: 100%; padding: .4rem .6rem; box-sizing: border-box }
button { font: inherit; padding: .5rem 1.25rem; margin: 1.25rem .5rem 0 0 } small { color: #5a626d }
"""


def asking(sign_in: SignIn | None, user_code: str, problem: str = "") -> str:
    """With a code: who signs in, yes or no. Without one that waits: a field to type it in."""
    said = f"<p role='alert'>{escape(problem)}</p>" if problem else ""
    if sign_in is None:
        return _page(
            f"{said}<form method='get'><label for='user_code'>Code shown by the device</label>"
            f"<input id='user_code' name='user_code' value='{escape(user_code, quote=True)}' autofocus required>"
            "<button>Next</button></form>"
        )
    code = escape(sign_in.user_code, quote=True)
    return _page(
        f"{said}<p>A device asks for access to Amazon Q as <b>{escape(sign_in.kind)}</b> and shows this code:</p>"
        f"<p><code>{code}</code></p><form method='post'><input type='hidden' name='user_code' value='{code}'>"
        "<label for='email'>Sign in as</label>"
        "<input id='email' name='email' type='email' value='person@example.com' required>"
        "<button name='answer' value='approve'>Approve</button><button name='answer' value='deny'>Deny</button></form>"
    )


def done(text: str) -> str:
    return _page(f"<p>{escape(text)}</p>")


def _page(inside: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>Sign in (simulated)</title><style>{_STYLE}</style></head><body><main><h1>Sign in</h1>{inside}"
        "<p><small>A simulator: no real account is involved.</small></p></main></body></html>"
    )
