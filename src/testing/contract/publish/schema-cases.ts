import assert from "node:assert/strict";
import { defineEvents, type Family, isJetfoldError } from "../../../event/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { refused, thrownBy } from "../refused.ts";

/** Events that are checked before they are stored. */
export const schemaCases: readonly CaseDefinition[] = [
  {
    guarantee: "an event that breaks its family's schema is refused and not stored",
    async check({ store }) {
      const family = withSchema((value) => {
        const { cents } = value as { cents?: unknown };
        if (cents === 1) return { value };
        return { issues: [{ message: "must be 1", path: ["cents"] }] };
      });
      const commit = (cents: number) =>
        store.publish({ family, id: "a", expect: "any", events: [{ type: "Paid", cents }] });
      const error = await refused("invalid-input", "an event against the schema", () => commit(2));
      assert.equal(error.field, "events[0].cents");
      assert.equal((await commit(1)).head.revision, 1);
    },
  },
  {
    guarantee: "a schema that changes the event, or answers late, is a ConfigError",
    async check({ store }) {
      const changing = withSchema((value) => ({ value: { ...(value as object), cents: 3 } }));
      const late = withSchema((value) => Promise.resolve({ value }));
      for (const family of [changing, late]) {
        const error = await thrownBy("publishing with a schema that cannot work", () =>
          store.publish({ family, id: "a", expect: "any", events: [{ type: "Paid", cents: 1 }] }),
        );
        assert.ok(isJetfoldError(error, "config"), String(error));
        assert.equal(await store.end(family), 0, "nothing was stored");
      }
    },
  },
];

interface Paid {
  readonly type: "Paid";
  readonly cents: number;
}

type Validate = NonNullable<Family["schema"]>["~standard"]["validate"];

function withSchema(validate: Validate): Family<Paid> {
  const schema = { "~standard": { version: 1, vendor: "contract", validate } } as const;
  return defineEvents<Paid>()({
    name: "Checked",
    types: { Paid: {} },
    schema: schema as unknown as NonNullable<
      Parameters<ReturnType<typeof defineEvents<Paid>>>[0]["schema"]
    >,
  });
}
