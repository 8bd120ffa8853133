import assert from "node:assert/strict";
import {
  type InvalidInputError,
  type NewCommit,
  noHead,
  type PublishOptions,
} from "../../event/index.ts";
import { append, endOf } from "./append.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import { deposited, LedgerEvents, noted, opened } from "./contract-events.ts";
import { refused } from "./refused.ts";

class Money {
  readonly type = "Deposited";
  readonly cents = 5;
}

/** Input that breaks a rule: refused before anything is sent. */
export const publishRefusalCases: readonly CaseDefinition[] = [
  {
    guarantee: "an expectation that is none of the four is refused",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      const malformed: unknown[] = [
        ...[Number.NaN, -1, 1.5, Infinity, 2 ** 53, "1", "NEW", "", 1n, true, null, undefined],
        ...[{}, [], { sequence: head.sequence }, { ...head, sequence: "1" }],
        ...[
          { ...head, revision: -1 },
          { ...head, checksum: Number.NaN },
          { ...head, links: [] },
        ],
        ...[
          { ...noHead, links: [1] },
          { ...head, links: [head.sequence, head.sequence] },
        ],
      ];
      for (const expect of malformed) {
        const error = await refusedInput(store, { expect });
        assert.match(error.field, /^expect/);
      }
    },
  },
  {
    guarantee: "an id that is no plain name is refused, wherever an id is taken",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      const bad = ["", "*", ">", "a.b", "a b", "a\u0000", "a\u200b", "ä", "x".repeat(129), 7, null];
      for (const id of bad as string[]) {
        assert.equal((await refusedInput(store, { id })).field, "id");
        for (const read of [
          () => store.last(LedgerEvents, id),
          () => store.truncate(LedgerEvents, id, 1),
          () => LedgerEvents.of(id),
        ]) {
          const error = await refused("invalid-input", `id ${JSON.stringify(id)}`, read);
          assert.equal(error.field, "id");
        }
      }
      const longest = "Az09_-".repeat(21) + "zz";
      assert.equal((await append(store, longest, "new", [opened()])).head.revision, 1);
    },
  },
  {
    guarantee: "an event that is not of its family is refused",
    async check({ store }) {
      const bad: unknown[] = [
        { type: "Sent", to: "Bergen" },
        { type: "deposited", cents: 1 },
        { type: "" },
        { cents: 1 },
        { type: 7 },
        { type: "toString" },
        null,
        undefined,
        "Opened",
      ];
      for (const event of bad) {
        const error = await refusedInput(store, { events: [opened(), event] });
        assert.match(error.field, /^events\[1\]/);
      }
    },
  },
  {
    guarantee: "an event that is not a plain object is refused",
    async check({ store }) {
      for (const event of [new Money(), Object.assign([], deposited(1))]) {
        const error = await refusedInput(store, { events: [opened(), event] });
        assert.equal(error.field, "events[1]");
      }
    },
  },
  {
    guarantee: "events that are not an array are refused",
    async check({ store }) {
      for (const events of [undefined, null, opened(), "Opened", { length: 0 }]) {
        assert.equal((await refusedInput(store, { events })).field, "events");
      }
    },
  },
  {
    guarantee: "metadata that cannot be stored is refused, naming the member",
    async check({ store }) {
      const bad: [unknown, string][] = [
        [{ actor: 7 }, "metadata.actor"],
        [{ correlationId: null }, "metadata.correlationId"],
        [{ causationId: {} }, "metadata.causationId"],
        [{ occurredAt: "2020-01-01" }, "metadata.occurredAt"],
        [{ occurredAt: new Date(Number.NaN) }, "metadata.occurredAt"],
        [{ more: { list: [new Map()] } }, "metadata.more.list[0]"],
      ];
      for (const [metadata, field] of bad) {
        assert.equal((await refusedInput(store, { metadata })).field, field);
      }
    },
  },
  {
    guarantee: "options that break a rule are refused",
    async check({ store }) {
      const bad: [string, unknown[]][] = [
        ["commitId", ["", "a b", "a.b", "*", "x".repeat(129), 7, null]],
        ["budgetMs", [0, -1, Number.NaN, "5"]],
        ["retryOf", [-1, 1.5, Number.NaN, "0", null]],
      ];
      for (const [field, values] of bad) {
        for (const value of values) {
          assert.equal((await refusedInput(store, {}, { [field]: value })).field, field);
        }
      }
    },
  },
  {
    guarantee: "a base with events is refused",
    async check({ store }) {
      const base = { reducerVersion: 1, state: {} };
      assert.equal((await refusedInput(store, { base })).field, "events");
    },
  },
  {
    guarantee: "a commit above the size limit is refused with size and limit",
    needs: ["size-limit"],
    async check({ store, harness }) {
      const limit = harness.maxCommitBytes!;
      const error = await refusedInput(store, { events: [noted("x".repeat(limit))] });
      assert.ok(error.message.includes(String(limit)), `"${error.message}" names the limit`);
      const sizes = error.message.match(/\d+/g)?.map(Number) ?? [];
      const size = sizes.find((number) => number > limit && number < limit + 2000);
      assert.ok(size, `"${error.message}" names the size`);
      await append(store, "a", "new", [noted("x".repeat(limit - 2000))]);
    },
  },
];

/** Try to publish something made of a good commit, and see that nothing came of it. */
async function refusedInput(
  store: CaseContext["store"],
  change: Record<string, unknown>,
  options?: Record<string, unknown>,
): Promise<InvalidInputError> {
  const good = { family: LedgerEvents, id: "a", expect: "any", events: [opened()] };
  const before = await endOf(store);
  const error = await refused(
    "invalid-input",
    `publishing with ${described(change, options)}`,
    () => store.publish({ ...good, ...change } as unknown as NewCommit, options as PublishOptions),
  );
  assert.equal(await endOf(store), before, "nothing was stored");
  return error;
}

function described(...parts: unknown[]): string {
  const plain = (_: string, value: unknown): unknown =>
    ["bigint", "number", "undefined"].includes(typeof value) ? String(value) : value;
  return JSON.stringify(parts, plain).slice(0, 200);
}
