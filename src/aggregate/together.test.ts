import { expect, test } from "vitest";
import { deadlineIn } from "../event/backend/index.ts";
import { defineEvents, InvalidInputError } from "../event/index.ts";
import { defineAggregate } from "./aggregate.ts";
import { commandTo } from "./command-to.ts";
import { Ending } from "./execution.ts";
import { planOf } from "./together.ts";

test("one aggregate's commands in one reaction are decided by one definition", () => {
  const events = defineEvents<{ type: "A" }>()({ name: "F", types: { A: {} } });
  const definition = {
    events,
    initial: () => ({ n: 0 }),
    process: (_state: { n: number }, count: number) =>
      Array.from({ length: count }, () => ({ type: "A" as const })),
    apply: ({ n }: { n: number }) => ({ n: n + 1 }),
  };
  const one = defineAggregate({ ...definition, name: "one" });
  const other = defineAggregate({ ...definition, name: "other" });
  const ending = new Ending(deadlineIn(1_000), undefined);
  const plan = planOf([commandTo(one, "x", 1), commandTo(one, "x", 2)], {}, ending);
  expect(plan.map(({ decisions }) => decisions.length)).toEqual([2]);
  const mixed = [commandTo(one, "x", 1), commandTo(other, "y", 1), commandTo(other, "x", 1)];
  expect(() => planOf(mixed, {}, ending)).toThrow(InvalidInputError);
});
