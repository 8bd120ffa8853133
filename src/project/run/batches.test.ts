import { describe, expect, test } from "vitest";
import type { Commit, Delivery, DomainEvent, Mark, Sequence } from "../../event/index.ts";
import { type Batch, batchesOf } from "./batches.ts";

type Some = readonly Delivery<DomainEvent>[];

/** A commit as far as batches look at it. */
function commit(sequence: Sequence, transactionEnd: Sequence = sequence): Commit {
  return { kind: "commit", sequence, transactionEnd } as unknown as Commit;
}

function mark(sequence: Sequence, caughtUp = true): Mark {
  return { kind: "mark", sequence, caughtUp };
}

/** What comes, some at a time; then nothing, until it is cancelled. */
interface Deliveries extends AsyncIterable<Some> {
  cancel(): void;
}

function deliveriesOf(...all: Some[]): Deliveries {
  const cancelling = new AbortController();
  const cancelled = new Promise<void>((resolve) => {
    cancelling.signal.addEventListener("abort", () => resolve());
  });
  async function* deliver(): AsyncGenerator<Some, void, undefined> {
    yield* all;
    await cancelled;
  }
  return { cancel: () => cancelling.abort(), [Symbol.asyncIterator]: deliver };
}

/** The first batches, as the sequences of their commits and their own. */
async function firstBatches(
  deliveries: Deliveries,
  options: { readonly commits: number; readonly ms: number },
  count: number,
  endsAt: () => Promise<Sequence> = () => Promise.reject(new Error("asked for the end")),
): Promise<[Sequence[], Sequence][]> {
  const batches: [Sequence[], Sequence][] = [];
  const all = batchesOf(deliveries, options, endsAt, () => deliveries.cancel());
  for await (const { commits, sequence } of all) {
    batches.push([commits.map((one) => one.sequence), sequence]);
    if (batches.length === count) break;
  }
  return batches;
}

describe("batches", () => {
  test("are of one transaction more at most, whatever foreign commits say of theirs", async () => {
    const liars = Array.from({ length: 40 }, (_, n) => commit(n + 1, n + 11));
    expect(await firstBatches(deliveriesOf(liars), { commits: 2, ms: 0 }, 3)).toEqual([
      [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 11],
      [[12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22], 22],
      [[23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33], 33],
    ]);
  });

  test("hold so many commits at most, and what is there without waiting", async () => {
    const deliveries = deliveriesOf(
      [1, 2, 3].map((n) => commit(n)),
      [commit(4)],
    );
    expect(await firstBatches(deliveries, { commits: 2, ms: 0 }, 3)).toEqual([
      [[1, 2], 2],
      [[3], 3],
      [[4], 4],
    ]);
  });

  test("wait for more, but not for long", async () => {
    const deliveries = deliveriesOf([commit(1)], [commit(2)]);
    expect(await firstBatches(deliveries, { commits: 9, ms: 20 }, 1)).toEqual([[[1, 2], 2]]);
  });

  test("are handed over when there is nothing more for now", async () => {
    const deliveries = deliveriesOf([commit(1), mark(5)], [commit(6)]);
    expect(await firstBatches(deliveries, { commits: 9, ms: 60_000 }, 1)).toEqual([[[1], 5]]);
  });

  test("part no transaction, however long it is in coming", async () => {
    const deliveries = deliveriesOf([commit(1, 3), commit(2, 3)], [commit(3, 3)], [mark(3)]);
    expect(await firstBatches(deliveries, { commits: 1, ms: 0 }, 1, async () => 3)).toEqual([
      [[1, 2, 3], 3],
    ]);
  });

  test("do not wait for parts that are not selected", async () => {
    let asked = 0;
    const end = async (): Promise<Sequence> => (asked++, 1);
    const deliveries = deliveriesOf([commit(1, 3)]);
    expect(await firstBatches(deliveries, { commits: 9, ms: 1 }, 1, end)).toEqual([[[1], 1]]);
    expect(asked).toBe(1);
  });

  test("give what came before an error, and then throw it", async () => {
    async function* failing(): AsyncGenerator<Some, void, undefined> {
      yield [commit(1)];
      throw new Error("broken");
    }
    const seen: Batch[] = [];
    const all = batchesOf(
      failing(),
      { commits: 9, ms: 60_000 },
      async () => 0,
      () => undefined,
    );
    const reading = async (): Promise<void> => {
      for await (const batch of all) seen.push(batch);
    };
    await expect(reading()).rejects.toThrow("broken");
    expect(seen.map(({ sequence }) => sequence)).toEqual([1]);
  });
});
