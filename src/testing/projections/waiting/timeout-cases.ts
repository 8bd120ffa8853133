import { refused } from "../../contract/refused.ts";
import { Faults, persisting } from "../faults.ts";
import { assertLines, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

const soon = { timeoutMs: 50 };

/** How long one waits. */
export const timeoutCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a wait whose options break a rule is refused",
    async check({ model, start }) {
      const running = start(listing(model()));
      const wrong = [
        { timeoutMs: -1 },
        { timeoutMs: NaN },
        { timeoutMs: "1" },
        { timeOutMs: 5 },
        { signal: {} },
      ];
      for (const options of wrong as object[]) {
        const waits = [
          () => running.reached(0, options),
          () => running.caughtUp(options),
          () => running.activated(options),
        ];
        for (const wait of waits) await refused("invalid-input", JSON.stringify(options), wait);
      }
      for (const sequence of [-1, 1.5, Number.NaN, "1", undefined, null] as number[]) {
        await refused("invalid-input", String(sequence), () => running.reached(sequence));
      }
    },
  },
  {
    guarantee: "reached and caughtUp time out with a TimeoutError, and can be asked again",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      const first = await put(store, "a");
      const second = await put(store, "a");
      await running.reached(first);
      await refused("timeout", "waiting in vain", () => running.reached(second, soon));
      await refused("timeout", "waiting in vain", () => running.caughtUp(soon));
      faults.mend("a:2");
      await running.caughtUp();
      await running.reached(second);
      await assertLines(model(), lines("a", 2));
    },
  },
  {
    guarantee: "a wait may be of any length",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      const sequence = await put(store, "a");
      const waits = [2 ** 31, 90 * 86_400_000, Infinity].flatMap((timeoutMs) => [
        running.reached(sequence, { timeoutMs }),
        running.caughtUp({ timeoutMs }),
      ]);
      const all = Promise.all(waits);
      all.catch(() => undefined);
      // What is over at once is so before this one.
      await refused("timeout", "a short wait", () => running.reached(sequence, soon));
      faults.mend("a:1");
      await all;
    },
  },
];
