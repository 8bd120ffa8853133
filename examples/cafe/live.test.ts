import { NotRunningError } from "jetfold";
import type { Watchable } from "jetfold/rx";
import type { WorkerState } from "jetfold/worker";
import { BehaviorSubject } from "rxjs";
import { expect, it, vi } from "vitest";
import { doing$, shown$ } from "./live.ts";

/** A screen that shows a text, without a thread. */
class Screen implements Watchable<WorkerState> {
  state: WorkerState = "live";
  position = 0;
  readonly handled = 0;
  readonly rate = 0;
  readonly active = true;
  readonly done = Promise.resolve();
  asked = 0;
  #text: string;
  readonly #listeners = new Set<() => void>();

  constructor(text: string) {
    this.#text = text;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  show(text: string): void {
    this.#text = text;
    this.position++;
    this.#tell();
  }

  turn(state: WorkerState): void {
    this.state = state;
    this.#tell();
  }

  async read(): Promise<string> {
    this.asked++;
    if (this.state !== "live") throw new NotRunningError("the screen is off");
    return this.#text;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function watch(screen: Screen) {
  const screens$ = new BehaviorSubject(screen);
  const seen: string[] = [];
  const doing: string[] = [];
  const reading = shown$(screens$, (shown) => shown.read()).subscribe((text) => seen.push(text));
  reading.add(doing$(screens$).subscribe((state) => doing.push(state)));
  return { screens$, seen, doing, reading };
}

it("shows what is so at once, and then whenever it is another", async () => {
  const screen = new Screen("coke");
  const { seen, reading } = watch(screen);
  await vi.waitFor(() => expect(seen).toEqual(["coke"]));
  screen.show("coke");
  await vi.waitFor(() => expect(screen.asked).toBe(2));
  screen.show("pasta");
  await vi.waitFor(() => expect(seen).toEqual(["coke", "pasta"]));
  reading.unsubscribe();
  screen.show("chili");
  expect(screen.asked).toBe(3);
});

it("asks seldom, and last for the last change", async () => {
  const screen = new Screen("0");
  const { seen, reading } = watch(screen);
  for (let text = 1; text <= 100; text++) screen.show(String(text));
  await vi.waitFor(() => expect(seen.at(-1)).toBe("100"));
  expect(screen.asked).toBeLessThan(10);
  reading.unsubscribe();
});

it("goes on when the screen was off, and with the one that takes its place", async () => {
  const screen = new Screen("coke");
  const { screens$, seen, doing, reading } = watch(screen);
  await vi.waitFor(() => expect(seen).toEqual(["coke"]));
  screen.turn("starting");
  await vi.waitFor(() => expect(screen.asked).toBe(2));
  screen.show("pasta");
  screen.turn("live");
  await vi.waitFor(() => expect(seen).toEqual(["coke", "pasta"]));
  screens$.next(new Screen("chili"));
  await vi.waitFor(() => expect(seen).toEqual(["coke", "pasta", "chili"]));
  expect(doing).toEqual(["live", "starting", "live"]);
  reading.unsubscribe();
});
