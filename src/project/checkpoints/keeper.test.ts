import { expect, test } from "vitest";
import { type Bucket, msgpackCodec } from "../../event/index.ts";
import type { RegisteredProjection } from "../../event/registry.ts";
import { Aside } from "../parking/aside.ts";
import { Ledger } from "../run/ledger.ts";
import { CheckpointKeeper } from "./keeper.ts";

/** A keeper, and the positions that it registers. */
function keeping(write: () => Promise<void>): {
  readonly keeper: CheckpointKeeper<unknown>;
  readonly ledger: Ledger;
  readonly registered: readonly number[];
} {
  const registered: number[] = [];
  const projections = {
    put: async (_key: string, value: Uint8Array) => {
      registered.push((msgpackCodec.decode(value, "") as RegisteredProjection).position);
      return registered.length;
    },
  } as Partial<Bucket> as Bucket;
  const activate = () => expect.unreachable();
  const around = { cut: () => [], moved: () => undefined };
  const ledger = new Ledger("store", [], undefined, around);
  const keeper = new CheckpointKeeper(
    { at: undefined, parked: [], active: 1, write, activate },
    {
      store: { projections, onWarning: () => undefined, stampAt: async () => undefined },
      entry: () => ({ name: "list", version: 1, families: ["Tab"] }),
      ledger,
      aside: new Aside([]),
      active: true,
      onError: (error) => expect.unreachable(String(error)),
    },
  );
  return { keeper, ledger, registered };
}

test("the last position is registered, also where a save is under way at the end", async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let begun = (): void => undefined;
  const saving = new Promise<void>((resolve) => (begun = resolve));
  const { keeper, ledger, registered } = keeping(() => (begun(), released));
  await keeper.enter(0);
  ledger.advance(1);
  keeper.note();
  await saving;
  ledger.advance(2);
  keeper.note();
  const flushed = keeper.flush();
  release();
  await flushed;
  expect(registered.at(-1)).toBe(2);
});

test("the last position is registered, also where the ledger does not have it yet", async () => {
  const { keeper, ledger, registered } = keeping(async () => undefined);
  await keeper.enter(0);
  const written = keeper.write({ checkpoint: () => ({ ...ledger.checkpoint(), sequence: 3 }) });
  await keeper.flush();
  await written;
  expect(registered.at(-1)).toBe(3);
});
