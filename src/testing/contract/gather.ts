import { within } from "./within.ts";

/** All items of a finite source, in order. */
export async function gather<Item>(
  source: AsyncIterable<Item>,
  what = "reading to the end",
): Promise<Item[]> {
  const items: Item[] = [];
  const read = async (): Promise<void> => {
    for await (const item of source) items.push(item);
  };
  await within(read(), what);
  return items;
}

/** The first items of a source, left with `break` after `count` of them. */
export async function gatherFirst<Item>(
  source: AsyncIterable<Item>,
  count: number,
  what: string = `reading ${count} items`,
): Promise<Item[]> {
  const items: Item[] = [];
  const read = async (): Promise<void> => {
    for await (const item of source) if (items.push(item) === count) break;
  };
  await within(read(), what);
  return items;
}

/** Where each item lies. */
export function sequencesOf(items: readonly { readonly sequence: number }[]): number[] {
  return items.map(({ sequence }) => sequence);
}
