import assert from "node:assert/strict";
import type { Envelope, EventStore, Selectable, Sequence } from "../../event/index.ts";
import {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
  type Running,
} from "../../project/index.ts";
import { append } from "../contract/append.ts";
import { deposited, LedgerEvents } from "../contract/contract-events.ts";
import { thrownBy } from "../contract/refused.ts";
import { within } from "../contract/within.ts";
import type { ReadModel } from "./projection-harness.ts";

/** What a {@link listing} is besides what all are. */
export interface ListingOptions extends Partial<Omit<ProjectionDefinition<Selectable>, "project">> {
  /** Called before an event's line is written: what it throws, the handler throws. */
  readonly before?: (line: string, envelope: Envelope) => unknown;
}

/** The projection of most cases: writes a line for each event of any ledger. */
export function listing(
  model: ReadModel<unknown>,
  { before, ...more }: ListingOptions = {},
): Projection {
  const definition = { name: "list", events: LedgerEvents, ...more };
  if (more.projectBatch !== undefined) return defineProjection(definition);
  const project = async (envelope: Envelope, tx: unknown): Promise<void> => {
    await before?.(lineOf(envelope), envelope);
    await model.append(tx, lineOf(envelope));
  };
  return defineProjection<Selectable>({ ...definition, project });
}

/** An event's line: `a:3` for the third event of ledger "a". */
export function lineOf({ id, revision }: Pick<Envelope, "id" | "revision">): string {
  return `${id}:${revision}`;
}

/** The lines of an aggregate's events, from the first revision to the last. */
export function lines(id: string, last: number, first = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, n) => lineOf({ id, revision: first + n }));
}

/** Store a commit of so many events of a ledger. */
export async function put(store: EventStore, id: string, events = 1): Promise<Sequence> {
  const all = Array.from({ length: events }, (_, n) => deposited(n));
  return (await append(store, id, "any", all)).head.sequence;
}

/** Store so many commits of one event each. */
export async function putEach(store: EventStore, id: string, commits: number): Promise<Sequence[]> {
  const sequences: Sequence[] = [];
  for (let n = 0; n < commits; n++) sequences.push(await put(store, id));
  return sequences;
}

/** What has taken effect in a read model. */
export function linesIn(model: ReadModel<unknown>): Promise<readonly string[]> {
  return within((async () => model.read())(), "reading a model");
}

/** The read model holds just these lines, in this order. */
export async function assertLines(
  model: ReadModel<unknown>,
  expected: readonly string[],
  message?: string,
): Promise<void> {
  assert.deepEqual([...(await linesIn(model))], expected, message);
}

/** The error that a projection comes to fail with, when it does, and says so everywhere. */
export async function failureOf(running: Running): Promise<unknown> {
  const error = await thrownBy("a projection that must fail", () => running.done);
  assert.equal(running.state, "failed");
  assert.equal(running.error, error);
  return error;
}

/** It has ended, and not failed. */
export async function ended(running: Running, state: "stopped" | "superseded"): Promise<void> {
  await within(running.done, `a projection that must end ${state}`);
  assert.equal(running.state, state);
}
