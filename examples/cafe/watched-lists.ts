import { isDeepStrictEqual } from "node:util";
import { filter, firstValueFrom, map, of, ReplaySubject, tap, timeout } from "rxjs";
import type { Cafe } from "./cafe.ts";
import type { Check } from "./checks.ts";
import { todoList$ } from "./live.ts";
import { waiters } from "./menu.ts";
import type { TodoList } from "./open-tabs.ts";

/** A waiter's to-do list, as somebody sees it who never asks. */
export interface WatchedList {
  readonly waiter: string;
  readonly latest$: ReplaySubject<TodoList>;
  /** How often it was another. */
  changes: number;
}

/** Watch the lists of all waiters, from now on. */
export function watchTodoLists({ screens }: Cafe): WatchedList[] {
  return waiters.map((waiter) => {
    const watched = { waiter, latest$: new ReplaySubject<TodoList>(1), changes: 0 };
    const counted$ = todoList$(screens, waiter).pipe(tap(() => watched.changes++));
    counted$.subscribe(watched.latest$);
    return watched;
  });
}

/** Through all that has happened to the screen, the lists became what it answers now. */
export async function watchedListsAreRight(
  cafe: Cafe,
  lists: readonly WatchedList[],
): Promise<Check> {
  await cafe.screensShowAll();
  const right = await Promise.all(lists.map((list) => becomesRight(cafe, list)));
  const changes = lists.reduce((sum, list) => sum + list.changes, 0);
  return {
    claim: `the waiters saw their to-do lists change ${changes} times, at last to what is so`,
    held: right.every(Boolean) && changes > lists.length,
  };
}

async function becomesRight({ screens }: Cafe, { waiter, latest$ }: WatchedList): Promise<boolean> {
  const asked = await screens.waiters.query("todoListForWaiter", [waiter]);
  const right$ = latest$.pipe(
    filter((list) => isDeepStrictEqual(list, asked)),
    map(() => true),
    timeout({ first: 10_000, with: () => of(false) }),
  );
  return firstValueFrom(right$);
}
