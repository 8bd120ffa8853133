import { MessagePort } from "node:worker_threads";
import { isJetfoldError } from "jetfold";
import { startWorker, type WorkerState } from "jetfold/worker";
import { expect, onTestFinished, test, vi } from "vitest";
import { until, within } from "../faults/until.ts";
import { rebuilt } from "./counts.ts";
import { execArgv } from "./exec-argv.ts";
import type { MemoryWorker } from "./memory-worker.ts";
import { setStage } from "./stage.ts";
import { held } from "./threads.ts";
import { type MemoryScreen, write } from "./worker-site.ts";

const stage = setStage();
const { start } = stage;

test("a projection in a worker handles history and what comes, and is told of here", async () => {
  const { store } = stage.client;
  const before = await write(store, 30);
  const states: WorkerState[] = [];
  await using screen = await start({}, { onState: (state) => void states.push(state) });
  await screen.reached(before);
  expect(screen.position).toBeGreaterThanOrEqual(before);
  expect(screen.handled).toBe(30);
  const after = await write(store, 5, "b");
  await screen.reached(after);
  expect(await screen.query("counts")).toEqual(await rebuilt(store));
  await screen.caughtUp();
  await screen.activated();
  expect(screen).toMatchObject({ state: "live", active: true, handled: 35, restarts: 0 });
  expect(screen.rate).toBeGreaterThan(0);
  expect(await screen.lag()).toEqual({ commits: 0, ms: 0 });
  expect(await screen.progress()).toMatchObject({ done: 35, total: 35, leftMs: 0 });
  expect(await screen.parked.list()).toEqual([]);
  await screen.stop();
  await screen.done;
  const lasting = states.filter((state) => state !== "waiting");
  expect(lasting).toEqual(["catching-up", "live", "stopped"]);
  expect(screen.state).toBe("stopped");
});

test("without its onState the state and the position are told of too", async () => {
  await using screen = await start({ quiet: true });
  const end = await write(stage.client.store, 3);
  await until("the position", () => screen.position >= end && screen.state === "live");
});

test("a fast projection does not flood the port", async () => {
  await write(stage.client.store, 3_000);
  const heard = countMessages();
  const startedMs = performance.now();
  await using screen = await start();
  await screen.caughtUp();
  expect(screen.handled).toBe(3_000);
  // At most one in 20 ms, and what is answered.
  expect(heard()).toBeLessThan((performance.now() - startedMs) / 20 + 10);
});

/** How many messages this thread hears on ports that are listened to from now on. */
function countMessages(): () => number {
  let heard = 0;
  type Listener = (message: unknown) => void;
  type On = (this: MessagePort, name: string, listener: Listener) => MessagePort;
  const ports = MessagePort.prototype as unknown as { on: On };
  const { on } = ports;
  const spy = vi.spyOn(ports, "on").mockImplementation(function (
    this: MessagePort,
    name,
    listener,
  ) {
    const counting: Listener = (message) => {
      heard++;
      listener(message);
    };
    return on.call(this, name, name === "message" ? counting : listener);
  });
  onTestFinished(() => spy.mockRestore());
  return () => heard;
}

test("stopping saves the checkpoint: the next start handles nothing again", async () => {
  await write(stage.client.store, 20);
  const first = await start({ checkpoints: "kv" });
  await first.caughtUp();
  expect(first.handled).toBe(20);
  await Promise.all([first.stop(), first.stop()]);
  await using second = await start({ checkpoints: "kv" });
  await second.caughtUp();
  expect(second.handled).toBe(0);
  expect(second.position).toBe(first.position);
});

test("nothing is left of it: no thread, no port, no timer", async () => {
  const before = held();
  const screen = await start();
  await screen.caughtUp();
  stage.threads.last.terminate().catch(() => undefined);
  await until("the restart", () => screen.restarts === 1 && screen.state === "live");
  await expect(screen.query("hang", [], { timeoutMs: 20 })).rejects.toThrow("within 20 ms");
  const pending = screen.query("hang");
  pending.catch(() => undefined);
  await screen.stop();
  await expect(pending).rejects.toMatchObject({ code: "not-running" });
  await until("everything to be let go", () => {
    const now = held();
    return Object.entries(now).every(([kind, count]) => count <= (before[kind] ?? 0));
  });
  await expect(screen.query("counts")).rejects.toThrow(/memory-worker.ts" .* has ended/);
  await expect(screen.caughtUp()).rejects.toMatchObject({ code: "not-running" });
});

test("a worker that lingers after its end, or does not stop in time, is ended", async () => {
  const lingering = await start({ linger: true });
  await lingering.caughtUp();
  await within("its end", lingering.stop(), 3_000);
  const causes: unknown[] = [];
  const options = {
    stopTimeoutMs: 100,
    onState: (state: WorkerState, cause?: unknown) => state === "stopped" && causes.push(cause),
  };
  const busy = await start({ closeMs: 60_000 }, options);
  await busy.caughtUp();
  await within("its end", busy.stop(), 3_000);
  expect(String(causes.at(-1))).toContain("did not stop within 100 ms");
  expect(busy.state).toBe("stopped");
});

test("a worker is given any time to stop, and any time is asked for", async () => {
  const states: WorkerState[] = [];
  const causes: unknown[] = [];
  const patient = await start(
    { closeMs: 200 },
    {
      startTimeoutMs: Infinity,
      stopTimeoutMs: Infinity,
      onState: (state, cause) => {
        states.push(state);
        if (cause !== undefined) causes.push(cause);
      },
    },
  );
  await patient.caughtUp({ timeoutMs: Infinity });
  for (const timeoutMs of [Number.NaN, -1]) {
    const refused = { code: "invalid-input", field: "timeoutMs" };
    await expect(patient.lag({ timeoutMs })).rejects.toMatchObject(refused);
    await expect(patient.query("counts", [], { timeoutMs })).rejects.toMatchObject(refused);
  }
  await within("its end", patient.stop(), 10_000);
  expect(states.at(-1)).toBe("stopped");
  expect(causes).toEqual([]);
});

test("a signal stops it", async () => {
  const stopping = new AbortController();
  const screen = await start({}, { signal: stopping.signal });
  stopping.abort();
  await within("its end", screen.done);
  await screen.stop();
  await expect(start({}, { signal: stopping.signal })).rejects.toThrow("aborted");
  const late = AbortSignal.timeout(600);
  const hanging = start({ start: "hang" }, { signal: late, stopTimeoutMs: 50 });
  await expect(hanging).rejects.toBe(await hanging.catch(() => late.reason as unknown));
});

test("a worker that can't start says why, and is not started again", async () => {
  const thrown = await start({ start: "throw" }).catch((error: unknown) => error);
  expect(isJetfoldError(thrown, "invalid-input")).toBe(true);
  expect(thrown).toMatchObject({ field: "data", value: "throw" });
  await expect(start({ start: "exit" })).rejects.toThrow("ended with code 3");
  const hanging = start({ start: "hang" }, { startTimeoutMs: 1_500 });
  await expect(hanging).rejects.toThrow("did not start within 1500 ms");
  const missing = new URL("./no-worker.ts", import.meta.url);
  const data = { url: "", store: "" };
  await expect(startWorker<MemoryWorker>(missing, { data, execArgv })).rejects.toThrow(/no-worker/);
  const notClonable = { url: "", store: "", f: () => 1 };
  const refused = startWorker<MemoryWorker>(missing, { data: notClonable });
  await expect(refused).rejects.toMatchObject({ code: "invalid-input", field: "data" });
  const negative = startWorker<MemoryWorker>(missing, { data, restart: { firstMs: -1 } });
  await expect(negative).rejects.toMatchObject({ code: "invalid-input", field: "restart.firstMs" });
  await expect(startWorker<MemoryWorker>("./x.ts" as never, { data })).rejects.toMatchObject({
    code: "invalid-input",
    field: "module",
  });
});

test("a failure that nobody watches is a warning of the process, once", async () => {
  const warnings: string[] = [];
  const hear = ({ message }: Error): unknown => warnings.push(message);
  process.on("warning", hear);
  onTestFinished(() => void process.off("warning", hear));
  await write(stage.client.store, 1, "b", 99);
  const alone = await start({ failAt: 99 });
  const watched = await start({ failAt: 99 }, { onState: () => undefined });
  await until("both to fail", () => alone.state === "failed" && watched.state === "failed");
  const told = (): string[] => warnings.filter((text) => text.includes("has failed, and stays at"));
  await until("the warning", () => told().length > 0);
  await Promise.all([alone.stop(), watched.stop()]);
  expect(told()).toEqual([expect.stringMatching(/^worker "memory-worker.ts".*bad step.*start it/)]);
});

test("a projection that fails is failed here, with its error, and is not started again", async () => {
  const { store } = stage.client;
  const fine = await write(store, 3);
  const bad = await write(store, 1, "b", 99);
  const told: [WorkerState, unknown][] = [];
  const failing: MemoryScreen = await start(
    { failAt: 99 },
    { onState: (state, cause) => void told.push([state, cause]) },
  );
  const waiting = failing.reached(bad);
  waiting.catch(() => undefined);
  await expect(failing.done).rejects.toThrow("bad step");
  await expect(waiting).rejects.toMatchObject({ code: "not-running", cause: { code: "E_STEP" } });
  expect(failing).toMatchObject({ state: "failed", position: fine, restarts: 0 });
  expect(failing.error).toBeInstanceOf(RangeError);
  expect(failing.error).toMatchObject({ message: "bad step", code: "E_STEP" });
  expect(failing.failure).toEqual({ family: "Counter", id: "b", sequence: bad, attempts: 1 });
  expect(told.filter(([state]) => state === "failed")).toHaveLength(1);
  // Its read model can still be asked.
  expect(await failing.query("counts")).toEqual({ "Counter.a": "3:6" });
  await failing.stop();
  expect(failing.state).toBe("failed");
});
