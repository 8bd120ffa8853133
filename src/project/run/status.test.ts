import { expect, test } from "vitest";
import type { RunState } from "../running.ts";
import { Changes } from "./changes.ts";
import { Status } from "./status.ts";

test("a state that has ended is not left, whatever was under way", () => {
  const told: RunState[] = [];
  const status = new Status((state) => void told.push(state), new Changes());
  status.caughtUp();
  status.hindered("waiting", new Error("away"));
  status.end("failed", new Error("for good"));
  status.goesOn();
  status.hindered("retrying", new Error("late"));
  status.caughtUp();
  status.end("stopped");
  expect(status.state).toBe("failed");
  expect(told).toEqual(["live", "waiting", "failed"]);
});
