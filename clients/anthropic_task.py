"""The scripted task for Anthropic's own SDK, as it comes: a tool is called and its result used, over a stream.

ANTHROPIC_BASE_URL=… ANTHROPIC_API_KEY=… python clients/anthropic_task.py MODEL
"""

from __future__ import annotations

import sys
from typing import Any

import anthropic

TOOL: Any = {
    "name": "read_note",
    "description": "Reads a note, given its name.",
    "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}


def main(model: str) -> None:
    """Run the task."""
    client = anthropic.Anthropic(max_retries=0, timeout=30)
    asked: Any = {"role": "user", "content": 'Use the read_note tool on "cat", and say what the office cat is called.'}
    shared: Any = {"model": model, "max_tokens": 1024, "system": "Be brief.", "tools": [TOOL]}
    first = client.messages.create(messages=[asked], **shared)
    calls = [block for block in first.content if block.type == "tool_use"]
    print("called:", [call.name for call in calls])
    results: Any = [
        {"type": "tool_result", "tool_use_id": call.id, "content": "The office cat is called Quillon."}
        for call in calls
    ]
    history = [asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    with client.messages.stream(messages=history, **shared) as stream:
        answer = stream.get_final_message()
    print("answered:", "".join(block.text for block in answer.content if block.type == "text"))


if __name__ == "__main__":
    main(sys.argv[1])
