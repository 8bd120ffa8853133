import assert from "node:assert/strict";
import { type Codec, msgpackCodec } from "../../../event/index.ts";
import { append, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** What a reader does with commits of a codec it lacks. */
export const unknownCodecCases: readonly CaseDefinition[] = [
  {
    guarantee: "a commit of a codec that the reader lacks is poison",
    needs: ["reopen"],
    async check({ store, open }) {
      await append(store, "a", "new", [opened()]);
      const codec: Codec = { ...msgpackCodec, name: "other" };
      const other = await open({ name: store.name, codec });
      const { head } = await append(other, "b", "new", [deposited(1)]);
      await sendParcel(store, "p");
      const error = await refused("poison", "replaying an unknown codec", () =>
        gather(store.replay(LedgerEvents)),
      );
      assert.equal(error.sequence, head.sequence);
      const skipped = await gather(store.replay(everything, { poison: "skip" }));
      assert.deepEqual(
        skipped.map(({ id }) => id),
        ["a", "p"],
      );
      const raw = await gather(store.replay(LedgerEvents, { poison: "raw" }));
      assert.deepEqual(msgpackCodec.decode(raw[1]!.body, ""), { cents: 1 });
      await refused("poison", "asking for the event", () => raw[1]?.event);
    },
  },
];
