import assert from "node:assert/strict";
import { type ErrorCode, UnavailableError } from "../../../event/index.ts";
import type { Running, RunState } from "../../../project/index.ts";
import { assertRefusal } from "../../contract/refused.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, persisting, stopping } from "../faults.ts";
import { failureOf, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";

/** Handlers that wait for another projection. */
export const awaitedCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee:
      "a handler that waits for what another projection has parked fails, and is no outage",
    check: (context) =>
      waitsInVain(context, "parked", async (other) => {
        await eventually(() => assert.equal(other.parked.list().length, 1));
      }),
  },
  {
    guarantee: "a handler that waits for a projection that has stopped fails, and is no outage",
    check: (context) => waitsInVain(context, "not-running", (other) => other.stop()),
  },
  {
    guarantee: "a handler that waits too long for another projection fails, and is no outage",
    check: (context) => waitsInVain(context, "timeout", async () => undefined, persisting),
  },
  {
    guarantee: "onState is told what a handler threw that waits for what is away",
    async check({ store, model, start }) {
      const faults = new Faults();
      const told: [RunState, unknown][] = [];
      const onState = (state: RunState, cause: unknown): unknown => told.push([state, cause]);
      const running = start(listing(model(), { before: faults.meet, onError: parking }), {
        onState,
      });
      await running.caughtUp();
      const away = faults.break("a:1", new UnavailableError("the rates are away"));
      const sequence = await put(store, "a");
      await eventually(() => assert.equal(running.state, "waiting"));
      assert.equal(told.find(([state]) => state === "waiting")?.[1], away);
      faults.mend("a:1");
      await running.reached(sequence);
    },
  },
];

/** One that waits in its handler for another, whose first commit fails, ends with the error of that code. */
async function waitsInVain(
  { store, model, start }: ProjectionContext,
  code: ErrorCode,
  meanwhile: (other: Running) => Promise<void>,
  onError = parking,
): Promise<void> {
  const faults = new Faults();
  faults.break("a:1");
  const other = start(listing(model("other"), { name: "other", before: faults.meet, onError }));
  const sequence = await put(store, "a");
  await meanwhile(other);
  const states: RunState[] = [];
  const before = (): Promise<void> => other.reached(sequence, { timeoutMs: 50 });
  const running = start(listing(model(), { before, onError: stopping }), {
    onState: (state) => states.push(state),
  });
  assertRefusal([code], "waiting in a handler", await failureOf(running));
  assert.equal(running.failure?.attempts, 2);
  assert.ok(!states.includes("waiting"), states.join());
}
