"""Texts for conversations: what sums them up, what sorts them, what keeps an answer in its form."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInText

CONVERSATION_SUMMARY = BuiltInText(
    name="conversation-summary",
    purpose="Asks for a summary that goes on from an earlier one: the summary memories of chatflows",
    placeholders=("summary", "new_lines"),
    ours="""\
Keep a running summary of a conversation between a person and an assistant.

Summary so far:
{summary}

What was said since:
{new_lines}

Write the summary anew so that it covers both. Keep names, figures, decisions and open questions, leave out greetings, and \
answer with the summary alone.""",
)

AGENTFLOW_SUMMARY = BuiltInText(
    name="agentflow-summary",
    purpose="Asks for a summary of a conversation: the summary memories of agentflow nodes",
    placeholders=("conversation",),
    ours="""\
Write a short summary of the conversation below. Keep names, figures, decisions and open questions; leave out greetings.

Conversation:
{conversation}

Summary:""",
)

SCHEMA_INSTRUCTIONS = BuiltInText(
    name="schema-instructions",
    purpose="Tells a model to answer with JSON of a schema: the structured output parsers",
    placeholders=("schema",),
    ours="""\
Answer with one JSON value in a Markdown code block that is marked `json`, and with nothing else.
The value must be valid against the JSON Schema below: the same member names, the stated types, every required member, and no \
comma after a last item. A schema describes the value; it is not the value: for the schema \
{"type": "object", "properties": {"colours": {"type": "array", "items": {"type": "string"}}}} a right answer is \
{"colours": ["red", "blue"]}.

The JSON Schema:
```json
{schema}
```
""",
)

ANSWER_REPAIR = BuiltInText(
    name="answer-repair",
    purpose="Asks for an answer anew that an output parser with Autofix could not read",
    placeholders=("instructions", "completion", "error"),
    ours="""\
An answer does not have the form that was asked for.

This was asked for:
{instructions}

This is the answer:
{completion}

This is what is wrong with it:
{error}

Write the answer again in the form that was asked for, and nothing else.""",
)

CONDITION_AGENT = BuiltInText(
    name="condition-agent",
    purpose="The system prompt of a Condition Agent whose flow carries none, in HTML as the editor keeps it, with a worked example",
    ours="""\
<p>You direct the work of several agents. You are given an input, a list of scenarios and an instruction.
Choose the one scenario that fits the input best.</p>
<ul>
<li><strong>Input</strong>: what the user says or asks.</li>
<li><strong>Scenarios</strong>: the choices; copy the chosen one exactly.</li>
<li><strong>Instruction</strong>: what to pay attention to.</li>
</ul>
<p>Answer with a JSON object and nothing else: its member <code>output</code> is the chosen scenario.</p>
<p><strong>Input</strong>:
<code>{"input": "My parcel has not come", "scenarios": ["delivery", "payment"], "instruction": "Find the department."}</code></p>
<p><strong>Output</strong>: <code>{"output": "delivery"}</code></p>""",
)

TOOL_REFUSED = BuiltInText(
    name="tool-refused",
    purpose="Tells an agent of a graph that the user refused a call of a tool",
    placeholders=("name",),
    ours="The user refused this call of {name}: the tool was not run. "
    "Say so in a few words, call no other tool and ask what to do instead.",
)

FOLLOW_UP_QUESTIONS = BuiltInText(
    name="follow-up-questions",
    purpose="Asks for questions that a user may ask next, where the flow's settings have no prompt",
    placeholders=("history",),
    ours="""\
Below is the answer that an assistant has just given. Propose three short questions that its user is likely to ask next, \
in the language of the answer.

{history}""",
)

SAME_MEANING = BuiltInText(
    name="same-meaning",
    purpose="Asks whether a question means the same as a forbidden one: Simple Prompt Moderation with a model",
    placeholders=("text", "entry"),
    ours="Do these two texts ask for much the same thing? Answer only yes or no.\n\nFirst: {text}\n\nSecond: {entry}",
)

TEXTS = (
    CONVERSATION_SUMMARY,
    AGENTFLOW_SUMMARY,
    SCHEMA_INSTRUCTIONS,
    ANSWER_REPAIR,
    CONDITION_AGENT,
    TOOL_REFUSED,
    FOLLOW_UP_QUESTIONS,
    SAME_MEANING,
)
