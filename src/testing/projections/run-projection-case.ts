import type { EventStore } from "../../event/index.ts";
import { type Checkpoints, observe, type Projection, type Running } from "../../project/index.ts";
import type { OpenOptions } from "../contract/index.ts";
import { type AtEnd, runToEnd } from "../contract/run-to-end.ts";
import { within } from "../contract/within.ts";
import type {
  ProjectionCaseDefinition,
  ProjectionContext,
  StartOptions,
} from "./projection-case.ts";
import {
  checkReadSide,
  type ProjectionHarness,
  type ReadModel,
  type ReadSide,
} from "./projection-harness.ts";

/** Prove a case: on a store and a read side of its own, which are closed whatever happens. */
export function runProjectionCase(
  { guarantee, check }: ProjectionCaseDefinition,
  harness: ProjectionHarness<unknown>,
): Promise<void> {
  return runToEnd(guarantee, async (atEnd) => check(await contextOf(harness, atEnd)));
}

async function contextOf(
  harness: ProjectionHarness<unknown>,
  atEnd: AtEnd,
): Promise<ProjectionContext> {
  const asked = (async () => harness.readSide())();
  const side = await within(asked, "opening a read side");
  atEnd(async () => side.close?.());
  const open = async (options?: OpenOptions): Promise<EventStore> => {
    const opened = await within(harness.open(options), "opening a store");
    atEnd(() => opened.close());
    return opened;
  };
  const store = await open();
  const first = side.checkpoints(store);
  checkReadSide(harness, side, first);
  const checkpoints = (): Checkpoints<unknown> => (first.durable ? side.checkpoints(store) : first);
  const start = startIn(store, checkpoints, atEnd);
  const { transactional } = first;
  return { store, harness, transactional, open, checkpoints, model: modelsOf(side), start };
}

function startIn(
  own: EventStore,
  checkpoints: () => Checkpoints<unknown>,
  atEnd: AtEnd,
): ProjectionContext["start"] {
  return (projection: Projection, { store = own, ...options }: StartOptions = {}): Running => {
    const running = observe(store, projection, { ...options, checkpoints: checkpoints() });
    atEnd(() => running.stop());
    return running;
  };
}

function modelsOf(side: ReadSide<unknown>): (name?: string) => ReadModel<unknown> {
  const inMemory = new Map<string, string[]>();
  return (name = "list") => {
    if (side.model !== undefined) return side.model(name);
    const lines = inMemory.get(name) ?? [];
    inMemory.set(name, lines);
    return { append: (_, line) => void lines.push(line), read: () => [...lines] };
  };
}
