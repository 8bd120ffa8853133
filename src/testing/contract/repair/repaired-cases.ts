import assert from "node:assert/strict";
import { execute, inspect, read, repair } from "../../../aggregate/index.ts";
import type { Revision } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { listen } from "../listen.ts";
import { refusedAs } from "../refused.ts";
import { Ledger } from "../root/ledger.ts";
import { within } from "../within.ts";
import { type Breakage, breakages } from "./breakages.ts";

/** Each breakage becomes a case of its own. */
export const repairedCases: readonly CaseDefinition[] = breakages.map((breakage, index) => ({
  guarantee: `an aggregate broken by ${breakage.what} is read, commanded and followed again`,
  needs: ["foreign", "payload", "reopen"],
  ...(index === 0 && { alsoJson: true }),
  check: (context) => checkRepair(context, breakage),
}));

/** Nobody can read on, then everybody can, and nothing else is lost. */
async function checkRepair(context: CaseContext, { wreck }: Breakage): Promise<void> {
  const { store, open } = context;
  await appendEach(store, "a", 3);
  const wrong = await wreck(context);
  await append(store, "b", "new", [deposited(1)]);
  const cold = await open({ name: store.name, cachedRoots: 0 });
  const broken = ["poison", "corrupt"] as const;
  await refusedAs(broken, "reading it", () => gather(cold.replay(LedgerEvents.of("a"))));
  const inspection = await within(inspect(cold, Ledger, "a"), "inspecting");
  const { faults, root, leftOut, messages } = inspection;
  assert.deepEqual(
    faults.map(({ sequence }) => sequence),
    wrong,
  );
  assert.ok(root !== undefined && messages === wrong.length + root.head.revision);
  assert.equal(root.state.events, root.head.revision);
  assert.deepEqual([leftOut.length, leftOut[0]?.messages], [1, wrong.length]);
  const before = await Promise.all(faults.map(({ sequence }) => stampAt(context, sequence)));
  const repaired = await within(repair(store, Ledger, inspection), "repairing");
  assert.deepEqual(repaired.root.state, root.state);
  assert.equal(repaired.root.head.revision, root.head.revision);
  await assertUsable(context, root.head.revision);
  const after = await Promise.all(faults.map(({ sequence }) => stampAt(context, sequence)));
  assert.deepEqual(after, before);
}

async function stampAt({ store }: CaseContext, sequence: number): Promise<unknown> {
  return store.stampAt(sequence);
}

/** @param revision - of the last commit before the repair */
async function assertUsable({ store, open }: CaseContext, revision: Revision): Promise<void> {
  const cold = await open({ name: store.name, cachedRoots: 0 });
  const expected = { cents: (revision * (revision + 1)) / 2, events: revision };
  for (const one of [store, cold]) {
    assert.deepEqual((await read(one, Ledger, "a", { fresh: "leader" })).state, expected);
  }
  const options = { commitId: "once" };
  const done = await execute(cold, Ledger, "a", { cents: 10 }, options);
  const again = await execute(store, Ledger, "a", { cents: 10 }, options);
  assert.equal(again.head.sequence, done.head.sequence);
  await execute(store, Ledger, "a", { cents: 5 });
  const revisions = Array.from({ length: revision + 2 }, (_, n) => `a${n + 1}`);
  const all = [...revisions.slice(0, revision), "b1", ...revisions.slice(revision)];
  const nameOf = ({ id, revision: n }: { readonly id: string; readonly revision: number }) =>
    id + n;
  const one = await gather(cold.replay(LedgerEvents.of("a")));
  assert.deepEqual(one.map(nameOf), revisions);
  assert.deepEqual((await gather(cold.replay(LedgerEvents))).map(nameOf), all);
  const end = one.at(-1)!.sequence;
  for (const [index, after] of [
    0,
    one[0]!.sequence,
    one[1]!.sequence,
    one[2]!.sequence,
  ].entries()) {
    const listener = listen((signal) => cold.subscribe(LedgerEvents, { after, signal }));
    const isLast = ({ sequence }: { readonly sequence: number }) => sequence === end;
    await listener.until((items) => items.some(isLast), "the last event");
    // Who begins after the last commit can't know that a copy behind it is none, and goes on.
    const rest = listener.items.map(nameOf).slice(index === 3 ? -3 : 0);
    assert.ok(
      rest.length > 0 && all.join().endsWith(rest.join()),
      `after ${after}: ${rest.join()}`,
    );
    await listener.stop();
  }
  const found = await inspect(cold, Ledger, "a");
  assert.deepEqual(found.faults, []);
}
