import { expect, test } from "vitest";
import type { RunState } from "../running.ts";
import { Busy } from "./busy.ts";
import { Changes } from "./changes.ts";
import { Status } from "./status.ts";

const busy = new Busy({ what: "it", transactional: false, warn: () => undefined });

test("a state that has ended is not left, whatever was under way", () => {
  const told: RunState[] = [];
  const status = new Status((state) => void told.push(state), new Changes(), busy);
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

test("what was hindered on standby goes on standing by, until it begins again", () => {
  const told: RunState[] = [];
  const status = new Status((state) => void told.push(state), new Changes(), busy);
  status.begins();
  status.caughtUp();
  status.standsBy(new Error("the lease is over"));
  status.hindered("waiting", new Error("away"));
  status.goesOn();
  status.begins();
  status.hindered("waiting", new Error("away"));
  status.goesOn();
  const waited: RunState[] = ["waiting", "catching-up"];
  expect(told).toEqual(["live", "standby", "waiting", "standby", "catching-up", ...waited]);
});
