"""The scripted task for LangChain: a tool is called and its result used, a turn is streamed, an object is asked for.

    ANTHROPIC_BASE_URL=… ANTHROPIC_API_KEY=… python clients/langchain_task.py MODEL

Prints what the user would get, one line each; a failure ends it.
"""

from __future__ import annotations

import sys

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel


@tool
def read_note(name: str) -> str:
    """Reads a note, given its name."""
    return "The office cat is called Quillon."


class Forecast(BaseModel):
    """A weather forecast of a city."""

    city: str
    days: int


def main(model: str) -> None:
    """Run the task."""
    chat = ChatAnthropic(model_name=model, timeout=30, stop=None, max_retries=0)
    tools = chat.bind_tools([read_note])
    history: list[object] = [HumanMessage('Use the read_note tool on "cat", and say what the office cat is called.')]
    answer = tools.invoke(history)
    print("called:", [call["name"] for call in answer.tool_calls])
    history.append(answer)
    history += [ToolMessage(read_note.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
    print("answered:", "".join(str(chunk.text) for chunk in tools.stream(history)))
    print("object:", chat.with_structured_output(Forecast).invoke('Give me a forecast of "Lisbon" for 3 days.'))


if __name__ == "__main__":
    main(sys.argv[1])
