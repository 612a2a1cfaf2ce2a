"""`/signin`: a form that logs in over the API, for pages that need a session. A session that can be renewed is renewed by itself."""

from __future__ import annotations

import base64
import hashlib

SIGNIN = "/signin"
_SCRIPT = """
const next = document.body.dataset.next
const say = text => { document.getElementById("problem").textContent = text }
const post = (path, body) => fetch("/api/v1/auth/" + path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
})
document.getElementById("signin").addEventListener("submit", async event => {
  event.preventDefault()
  say("")
  const form = new FormData(event.target)
  try {
    const answer = await post("login", { email: form.get("email"), password: form.get("password") })
    if (answer.ok) { location.assign(next); return }
    const told = await answer.json().catch(() => ({}))
    say(told.message || "The server answered " + answer.status)
    event.target.elements.password.select()
  } catch (error) { say("The server does not answer") }
})
if (new URLSearchParams(location.search).get("retry") === "true") {
  post("refreshToken", {}).then(answer => { if (answer.ok) location.assign(next) }).catch(() => {})
}
"""
_STYLE = """
body { font-family: system-ui, sans-serif; max-width: 22rem; margin: 15vh auto 0; padding: 0 1rem; line-height: 1.5; color: #1b2631 }
label { display: block; margin-top: 1rem; font-size: .9rem }
input { display: block; width: 100%; box-sizing: border-box; padding: .6rem; font-size: 1rem }
input { border: 1px solid #9aa5b1; border-radius: .3rem }
button { margin-top: 1.5rem; width: 100%; padding: .7rem; font-size: 1rem }
button { border: 0; border-radius: .3rem; background: #1d5c8f; color: #fff }
#problem { color: #a3161f; min-height: 1.5em; margin-top: 1rem }
@media (prefers-color-scheme: dark) { body { background: #11191f; color: #edf0f3 } input { background: #18232c; color: inherit } }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Log in - flowisectl</title>
<style>{style}</style></head>
<body data-next="{next}">
<h1>Log in</h1>
<form id="signin">
<label>E-mail <input name="email" type="email" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
<p id="problem" role="alert"></p>
<script>{script}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


SIGNIN_CSP = (
    f"default-src 'none'; script-src 'sha256-{_hash(_SCRIPT)}'; style-src 'sha256-{_hash(_STYLE)}'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


def signin_page(next_path: str) -> bytes:
    """The page, which leads to `next_path` (a path of our own) once the login is done."""
    return _PAGE.format(style=_STYLE, script=_SCRIPT, next=next_path).encode()
