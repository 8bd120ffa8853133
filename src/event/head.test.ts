import { expect, test } from "vitest";
import { linksTo, maxLinks } from "./head.ts";

test("links are the newest ones, in descending order, whatever a copied stream says", () => {
  expect(linksTo(9, [])).toEqual([9]);
  expect(linksTo(9, [7, 3])).toEqual([9, 7, 3]);
  const many = Array.from({ length: maxLinks }, (_, i) => 100 - i);
  expect(linksTo(101, many)).toEqual([101, ...many.slice(0, -1)]);
  // Copied from 20 to 9: what the frame names lies beyond.
  expect(linksTo(9, [15, 3])).toEqual([9]);
  expect(linksTo(9, [9])).toEqual([9]);
});
