import { expect, test } from "vitest";
import { Lane } from "./lane.ts";

const mib = 1 << 20;

function lane() {
  const started: number[] = [];
  const groups = new Lane<{ readonly groupBytes: number }>(
    ({ groupBytes }) => groupBytes > 0 && started.push(groupBytes) > 0,
  );
  return { started, groups };
}

test("transactions under way are 16, and 4 MiB together; what is larger goes alone", () => {
  const small = lane();
  for (let i = 0; i < 20; i++) small.groups.enter({ groupBytes: 1 });
  expect(small.started).toHaveLength(16);
  small.groups.leave({ groupBytes: 1 });
  expect(small.started).toHaveLength(17);
  const { started, groups } = lane();
  const sizes = [2, 2, 1, 18, 18].map((count) => ({ groupBytes: count * mib }));
  for (const one of sizes) groups.enter(one);
  expect(started).toEqual([2 * mib, 2 * mib]);
  groups.leave(sizes[0]!);
  expect(started).toHaveLength(3);
  groups.leave(sizes[1]!);
  expect(started).toHaveLength(3);
  groups.leave(sizes[2]!);
  expect(started).toHaveLength(4);
  groups.leave(sizes[3]!);
  expect(started).toHaveLength(5);
});

test("what is not wanted any more takes no room", () => {
  const { started, groups } = lane();
  for (const groupBytes of [4 * mib, 0, 1]) groups.enter({ groupBytes });
  groups.leave({ groupBytes: 4 * mib });
  expect(started).toEqual([4 * mib, 1]);
});
