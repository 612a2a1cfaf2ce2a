"""What a Condition Agent tells its model to do."""

from __future__ import annotations

import re

DEFAULT_PROMPT = """<p>You direct the work of several agents. You are given an input, a list of scenarios and an instruction.
Choose the one scenario that fits the input best.</p>
<ul>
<li><strong>Input</strong>: what the user says or asks.</li>
<li><strong>Scenarios</strong>: the choices; copy the chosen one exactly.</li>
<li><strong>Instruction</strong>: what to pay attention to.</li>
</ul>
<p>Answer with a JSON object and nothing else: its member <code>output</code> is the chosen scenario.</p>
<p><strong>Input</strong>:
<code>{"input": "My parcel has not come", "scenarios": ["delivery", "payment"], "instruction": "Find the department."}</code></p>
<p><strong>Output</strong>: <code>{"output": "delivery"}</code></p>"""

_EXAMPLE = re.compile(r"Input\W*?`(\{.*?\})`.*?Output\W*?`(\{.*?\})`", re.DOTALL)


def example_of(prompt: str) -> tuple[str, str] | None:
    """The first worked example in a prompt (Markdown): the input and the answer to it, as an exchange shows them."""
    found = _EXAMPLE.search(prompt)
    return (found.group(1), f"```json\n{found.group(2)}\n```") if found else None
