"""Texts for agents: how tools are asked for in plain text, how a team works together."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInText

JSON_AGENT_REMINDER = BuiltInText(
    name="json-agent-reminder",
    purpose="Ends the system message of a Conversational Agent",
    ours=" Whatever you are asked, give each answer the form that is described with the tools.",
)

JSON_AGENT_FORMAT = BuiltInText(
    name="json-agent-format",
    purpose="Tells a Conversational Agent how to ask for a tool and how to answer: what stands for {format_instructions}",
    placeholders=("tool_names",),
    ours="""\
Answer with one JSON object in a block of code, and nothing else. To use a tool:
```json
{"action": "the tool's name, one of {tool_names}", "action_input": "what the tool gets"}
```
To answer the user:
```json
{"action": "Final Answer", "action_input": "your answer"}
```""",
)

JSON_AGENT_QUESTION = BuiltInText(
    name="json-agent-question",
    purpose="What a Conversational Agent is asked: its tools, the form of its answers, the user's words",
    placeholders=("tools", "format_instructions", "input"),
    ours="""\
You may use these tools:
{tools}

{format_instructions}

The user says: {input}""",
)

JSON_AGENT_OBSERVATION = BuiltInText(
    name="json-agent-observation",
    purpose="Tells a Conversational Agent what a tool gave",
    placeholders=("observation",),
    ours="Observation: {observation}",
)

REACT_AGENT = BuiltInText(
    name="react-agent",
    purpose="What a ReAct agent is asked. Its lines begin with Thought:, Action:, Action Input: and Final Answer:",
    placeholders=("tools", "tool_names", "chat_history", "input"),
    ours="""\
You are an assistant that may use these tools:
{tools}

To use a tool, write:
Thought: what you think
Action: the tool's name, one of {tool_names}
Action Input: what the tool gets
Observation: what the tool gave (you don't write this yourself)

To answer the user, write:
Thought: I need no more tools
Final Answer: your answer

The conversation so far:
{chat_history}

The user says: {input}
""",
)

NEXT_WORKER = BuiltInText(
    name="next-worker",
    purpose="Asks a supervisor who works next; {members} are FINISH and the names of the workers",
    placeholders=("members",),
    ours="Who works next, or is the request fulfilled? Choose one of: {members}.",
)

TEAMWORK = BuiltInText(
    name="teamwork",
    purpose="Follows the prompt of each worker of a supervisor",
    placeholders=("team_members",),
    ours="""

You belong to a team: {team_members}. Do the part that is yours on your own, with the tools that you have, and ask nobody back; \
the others take care of theirs.""",
)

TEXTS = (
    JSON_AGENT_REMINDER,
    JSON_AGENT_FORMAT,
    JSON_AGENT_QUESTION,
    JSON_AGENT_OBSERVATION,
    REACT_AGENT,
    NEXT_WORKER,
    TEAMWORK,
)
