import assert from "node:assert/strict";
import { noHead } from "../../../event/index.ts";
import { append } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { refusedInput } from "./refused-commit.ts";

class Money {
  readonly type = "Deposited";
  readonly cents = 5;
}

/** Names, expectations and events that break a rule: refused before anything is sent. */
export const eventRefusalCases: readonly CaseDefinition[] = [
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
];
