import { execute, read } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "./counter.ts";
import { Site, storeName } from "./site.ts";
import { flawsOf, storedLog } from "./stored-log.ts";

const writers = 8;
const commands = 200;
const id = "storm";

/** The value below which a share of the values lies. */
function quantile(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!);
}

describe.each([1, 3] as const)("a storm on one aggregate, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  test(
    `${writers} writers carry out ${commands} commands each: all of them, once, without an error`,
    { timeout: 120_000 },
    async () => {
      const name = storeName();
      const first = await site.client(name);
      const others = Array.from({ length: writers - 1 }, () => site.client(name));
      const clients = [first, ...(await Promise.all(others))];
      const latencies: number[] = [];
      const acknowledged = new Map<string, { revision: number; sequence: number }>();
      let attempts = 0;
      const counting = {
        ...Counter,
        process: (...given: Parameters<typeof Counter.process>) => {
          attempts++;
          return Counter.process(...given);
        },
      };
      const startedMs = performance.now();
      await Promise.all(
        clients.map(async ({ store }, writer) => {
          for (let step = 1; step <= commands; step++) {
            const begunMs = performance.now();
            const by = `w${writer}`;
            const done = await execute(store, counting, id, { by, step });
            latencies.push(performance.now() - begunMs);
            expect(acknowledged.has(`${by}:${step}`)).toBe(false);
            acknowledged.set(`${by}:${step}`, done.head);
            expect(done.state.last).toBe(`${by}:${step}`);
          }
        }),
      );
      const seconds = (performance.now() - startedMs) / 1000;
      const total = writers * commands;
      latencies.sort((a, b) => a - b);
      console.info(
        `storm on ${nodes} node(s): ${total} commands in ${seconds.toFixed(1)} s, ` +
          `${(attempts / total).toFixed(2)} attempts a success, latency ms ` +
          `p50 ${quantile(latencies, 0.5)} p99 ${quantile(latencies, 0.99)} max ${quantile(latencies, 1)}`,
      );
      const log = await storedLog(first.connection, name);
      expect(log).toHaveLength(total);
      expect(flawsOf(log)).toEqual([]);
      expect(log.every(({ frame }) => frame.events.length === 1)).toBe(true);
      expect(log.at(-1)!.frame.firstRevision).toBe(total);
      const revisions = [...acknowledged.values()].map(({ revision }) => revision);
      expect(new Set(revisions).size).toBe(total);
      const { state } = await read(clients[1]!.store, Counter, id, { fresh: "leader" });
      expect(state.count).toBe(total);
    },
  );
});
