// The scripted task for the Vercel AI SDK: a tool is called and its result used, over a stream; an object is asked for.
//
//     ANTHROPIC_BASE_URL=…/v1 ANTHROPIC_API_KEY=… node clients/ai_sdk_task.mjs PLACE MODEL
//
// PLACE is where `ai`, `@ai-sdk/anthropic` and `zod` are installed.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const here = createRequire(`${process.argv[2]}/package.json`);
const load = (name) => import(pathToFileURL(here.resolve(name)).href);
const { generateText, generateObject, streamText, tool, stepCountIs } = await load("ai");
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { z } = await load("zod");

const model = createAnthropic({ baseURL: process.env.ANTHROPIC_BASE_URL, apiKey: process.env.ANTHROPIC_API_KEY })(
  process.argv[3],
);
const read_note = tool({
  description: "Reads a note, given its name.",
  inputSchema: z.object({ name: z.string() }),
  execute: async () => "The office cat is called Quillon.",
});
const task = {
  model,
  maxRetries: 0,
  system: "Be brief.",
  tools: { read_note },
  stopWhen: stepCountIs(4),
  prompt: 'Use the read_note tool on "cat", and say what the office cat is called.',
};
const failed = (error) => {
  console.error(String(error));
  process.exit(1);
};
try {
  console.log("answered:", (await generateText(task)).text);
  let text = "";
  for await (const part of streamText({ ...task, onError: ({ error }) => failed(error) }).textStream) text += part;
  console.log("streamed:", text);
  const schema = z.object({ city: z.string(), days: z.number().int() });
  const asked = { model, maxRetries: 0, schema, prompt: 'Give me a forecast of "Lisbon" for 3 days.' };
  console.log("object:", JSON.stringify((await generateObject(asked)).object));
} catch (error) {
  failed(error);
}
