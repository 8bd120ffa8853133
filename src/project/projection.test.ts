import { expect, test } from "vitest";
import { defineEvents } from "../event/index.ts";
import { defineProjection } from "./projection.ts";

const events = defineEvents<{ type: "Done" }>()({ name: "Job", types: { Done: {} } });
const handler = (): void => undefined;

test.each([
  [{}, "either project or projectBatch"],
  [{ project: handler, projectBatch: handler }, "either project or projectBatch"],
  [{ projectBatch: handler, prepare: handler }, "prepare goes with project"],
])("handlers that do not go together are refused: %j", (handlers, rule) => {
  expect(() => defineProjection({ name: "jobs", events, ...handlers })).toThrow(rule);
});
