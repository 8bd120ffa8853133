import { dropProjection, type EventStore, kvCheckpoints, type Sequence } from "jetfold";
import { type QueriesOf, startWorker, type WorkerProjection } from "jetfold/worker";
import { BehaviorSubject } from "rxjs";
import { ChefTodoList, chefTodoListFile, chefTodoListProjection } from "./chef-todo-list.ts";
import type { ChefTodoListWorker } from "./chef-todo-list-worker.ts";
import type { OpenTabsWorker } from "./open-tabs-worker.ts";
import type { Place } from "./venue.ts";

export type WaitersScreen = WorkerProjection<QueriesOf<OpenTabsWorker>>;
export type ChefsScreen = WorkerProjection<QueriesOf<ChefTodoListWorker>>;

/** The screens of the cafe, each in a thread of its own. */
export class Screens {
  /** The waiters' screen that is in use, now and from now on. */
  readonly waiters$: BehaviorSubject<WaitersScreen>;
  /** Likewise the chef's. */
  readonly chefs$: BehaviorSubject<ChefsScreen>;
  readonly #place: Place;
  readonly #signal: AbortSignal;

  private constructor(
    place: Place,
    signal: AbortSignal,
    waiters: WaitersScreen,
    chefs: ChefsScreen,
  ) {
    this.#place = place;
    this.#signal = signal;
    this.waiters$ = new BehaviorSubject(waiters);
    this.chefs$ = new BehaviorSubject(chefs);
  }

  /**
   * Resolves when both can be asked.
   * @param signal - switches them off
   */
  static async switchOn(place: Place, signal: AbortSignal): Promise<Screens> {
    const starting = [startWaiters(place, signal), startChefs(place, 1, signal)] as const;
    return new Screens(place, signal, ...(await Promise.all(starting)));
  }

  get waiters(): WaitersScreen {
    return this.waiters$.value;
  }

  get chefs(): ChefsScreen {
    return this.chefs$.value;
  }

  /** Wait until both show everything up to a sequence. */
  async show(sequence: Sequence): Promise<void> {
    const options = { signal: this.#signal };
    const screens = [this.waiters, this.chefs];
    await Promise.all(screens.map((screen) => screen.reached(sequence, options)));
  }

  /** Resolves, once it shows everything, with how many events it had to catch up with. */
  async restartWaiters(): Promise<number> {
    const screen = await startWaiters(this.#place, this.#signal);
    await screen.caughtUp({ signal: this.#signal });
    this.waiters$.next(screen);
    return screen.handled;
  }

  /**
   * Give the chef a new version of the screen: it is built from the first order on while the old one
   * is in use, and takes its place when it shows as much. The old one is dropped, or truncation would
   * wait for it. Resolves with whether that is so.
   */
  async replaceChefs(store: EventStore): Promise<boolean> {
    const old = this.chefs;
    const screen = await startChefs(this.#place, 2, this.#signal);
    await screen.activated({ signal: this.#signal });
    this.chefs$.next(screen);
    await old.done;
    await old.stop();
    const file = chefTodoListFile(this.#place.directory, 1);
    const dropped = chefTodoListProjection(new ChefTodoList(), 1, file);
    await dropProjection(store, dropped, kvCheckpoints(store));
    return old.state === "superseded" && screen.active;
  }

  /** End both threads, their checkpoints saved. Resolves with what is amiss: nothing. */
  async switchOff(): Promise<string[]> {
    const screens = { "the waiters' screen": this.waiters, "the chef's screen": this.chefs };
    await Promise.all(Object.values(screens).map((screen) => screen.stop()));
    return Object.entries(screens)
      .filter(([, { state }]) => state !== "stopped")
      .map(([name, { state }]) => `${name}, ${state}`);
  }
}

/** What a thread needs to load TypeScript; one of compiled modules needs nothing. */
const execArgv: readonly string[] = [
  "-C",
  "@jetfold/source",
  "--import",
  new URL("load-typescript.mjs", import.meta.url).href,
];

function startWaiters(data: Place, signal: AbortSignal): Promise<WaitersScreen> {
  const module = new URL("open-tabs-worker.ts", import.meta.url);
  return startWorker<OpenTabsWorker>(module, { data, signal, execArgv });
}

function startChefs(place: Place, version: number, signal: AbortSignal): Promise<ChefsScreen> {
  const module = new URL("chef-todo-list-worker.ts", import.meta.url);
  const data = { ...place, version };
  return startWorker<ChefTodoListWorker>(module, { data, signal, execArgv });
}
