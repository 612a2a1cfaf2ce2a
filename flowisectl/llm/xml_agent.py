"""The format in which XML agents ask for tools: elements `tool`, `tool_input` and `final_answer`."""

from __future__ import annotations

import re

from flowisectl.llm.text_agent import Step

XML_FORMAT = """\
You are an assistant that helps a user. You may use these tools:

{tools}

To use a tool, write its name and what it gets, and then wait for what it gives:
<tool>search</tool><tool_input>weather in Bern</tool_input>
<observation>64 degrees</observation>

To answer the user, write the answer in one element:
<final_answer>It is 64 degrees in Bern</final_answer>

The conversation so far:
{chat_history}

Question: {question}
{agent_scratchpad}"""

STOP = ("</tool_input>", "</final_answer>")
"""Where the model's text ends; so the ends of these elements may be missing."""

_TOOL = re.compile(r"<tool>(.*?)</tool>\s*<tool_input>(.*?)(?:</tool_input>|\Z)", re.DOTALL)
_FINAL = re.compile(r"<final_answer>(.*?)(?:</final_answer>|\Z)", re.DOTALL)


def read_xml_step(text: str) -> Step:
    """A step written in elements; any other text is the answer."""
    final, tool = _FINAL.search(text), _TOOL.search(text)
    if tool and not (final and final.start() < tool.start()):
        return Step(tool=tool[1].strip(), given=tool[2].strip())
    return Step(tool="", given=(final[1] if final else text).strip())
