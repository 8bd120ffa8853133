/** What {@link take} took, what it left, and the numbers it found nothing for. */
export interface Taken<Item> {
  readonly taken: readonly Item[];
  readonly left: readonly Item[];
  readonly missing: readonly number[];
}

/**
 * Take one item for each menu number, each the first that fits: a number given twice takes two.
 */
export function take<Item extends { readonly menuNumber: number }>(
  menuNumbers: readonly number[],
  items: readonly Item[],
): Taken<Item> {
  const taken: Item[] = [];
  const left = [...items];
  const missing: number[] = [];
  for (const menuNumber of menuNumbers) {
    const place = left.findIndex((item) => item.menuNumber === menuNumber);
    if (place < 0) missing.push(menuNumber);
    else taken.push(...left.splice(place, 1));
  }
  return { taken, left, missing };
}
