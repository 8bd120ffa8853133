import assert from "node:assert/strict";
import { append } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { noted } from "../contract-events.ts";
import { refusedInput } from "./refused-commit.ts";

/** What else of a commit may break a rule. */
export const optionRefusalCases: readonly CaseDefinition[] = [
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
