import assert from "node:assert/strict";
import { contentsExpected, contentsOf, imported, ledger } from "./histories.ts";
import type { ImportedCommit } from "../../../event/index.ts";
import type { ImportOptions } from "../../../import/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents, noted, opened } from "../contract-events.ts";
import { refused } from "../refused.ts";

/** Imports that are not begun, and commits that are not sent. */
export const refusalCases: readonly CaseDefinition[] = [
  {
    guarantee: "a bad commit is refused by its place and field, and nothing of it is stored",
    async check({ store }) {
      const bad: [field: string, change: unknown][] = [
        [".id", { id: "a.b" }],
        [".id", { id: undefined }],
        [".family", { family: { ...LedgerEvents, name: "a b" } }],
        [".events", { events: [] }],
        [".events", { events: "Opened" }],
        [".events[1].type", { events: [opened(), { type: "Sent", to: "Bergen" }] }],
        [".events[0].value", { events: [noted(undefined)] }],
        [".metadata.actor", { metadata: { actor: 1 } }],
      ];
      const before = ledger("a", 1);
      const good = { family: LedgerEvents, id: "b", events: [opened()] };
      for (const [field, change] of bad) {
        const commit = { ...good, ...(change as object) };
        const what = `importing ${field}`;
        const error = await refused("invalid-input", what, () =>
          imported(store, [...before, commit]),
        );
        assert.ok(error.field.startsWith(`source[1]${field}`), `${what}: ${error.field}`);
      }
      for (const commit of [null, undefined, 7, "commit"]) {
        const source = [...before, commit] as ImportedCommit[];
        const error = await refused("invalid-input", "no commit", () => imported(store, source));
        assert.match(error.field, /^source\[1\]/);
      }
      assert.deepEqual(await contentsOf(store), contentsExpected(before));
    },
  },
  {
    guarantee: "a commit that is too large is refused by its place and field",
    needs: ["size-limit"],
    async check({ store, harness }) {
      const large = noted("x".repeat(harness.maxCommitBytes!));
      const source = [...ledger("a", 1), { family: LedgerEvents, id: "b", events: [large] }];
      const error = await refused("invalid-input", "too large", () => imported(store, source));
      assert.equal(error.field, "source[1].events");
      assert.equal(await store.last(LedgerEvents, "b", { fresh: "leader" }), undefined);
    },
  },
  {
    guarantee: "what is no source is refused",
    async check({ store }) {
      for (const source of [undefined, null, {}, 7, "source"]) {
        const importing = () => imported(store, source as never);
        assert.equal((await refused("invalid-input", "no source", importing)).field, "source");
      }
    },
  },
  {
    guarantee: "bad options are refused before the source is touched",
    async check({ store }) {
      const source = {
        [Symbol.iterator](): Iterator<ImportedCommit> {
          return assert.fail("the source was asked");
        },
      };
      const bad: ImportOptions[] = [
        { total: -1 },
        { total: 1.5 },
        { maxInFlight: 0 },
        { maxInFlight: 1025 },
        { maxInFlight: NaN },
      ];
      for (const options of bad) {
        const importing = () => imported(store, source, options);
        const error = await refused("invalid-input", "a bad option", importing);
        assert.equal(error.field, Object.keys(options)[0]);
      }
    },
  },
];
