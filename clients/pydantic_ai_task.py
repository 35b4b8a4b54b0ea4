"""The scripted task for pydantic-ai: a tool is called and its result used, the same streamed, an object is asked for.

ANTHROPIC_BASE_URL=… ANTHROPIC_API_KEY=… python clients/pydantic_ai_task.py MODEL
"""

from __future__ import annotations

import asyncio
import sys

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel

ASKED = 'Use the read_note tool on "cat", and say what the office cat is called.'


class Forecast(BaseModel):
    """A weather forecast of a city."""

    city: str
    days: int


def read_note(name: str) -> str:
    """Reads a note, given its name."""
    return "The office cat is called Quillon."


async def main(model: str) -> None:
    """Run the task."""
    service = AnthropicModel(model)
    agent = Agent(service, instructions="Be brief.", tools=[read_note])
    print("answered:", (await agent.run(ASKED)).output)
    async with agent.run_stream(ASKED) as streamed:
        print("streamed:", await streamed.get_output())
    forecast = Agent(service, output_type=Forecast)
    print("object:", (await forecast.run('Give me a forecast of "Lisbon" for 3 days.')).output)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
