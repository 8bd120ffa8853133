import {
  type Aggregate,
  type Checkpoints,
  defineAggregate,
  dropProjection,
  type EventStore,
  execute,
  type Executed,
  kvCheckpoints,
  observe,
  RejectedError,
  type Running,
} from "jetfold";
import { setTimeout as sleep } from "node:timers/promises";
import { ChefTodoList, chefTodoListProjection } from "./chef-todo-list.ts";
import { OpenTabs, openTabsProjection } from "./open-tabs.ts";
import { Tab, type TabCommand, type TabState } from "./tab.ts";
import type { TabError } from "./tab-errors.ts";
import type { TabEvent } from "./tab-events.ts";

/** The cafe at work: tabs that take commands, and two screens that show what became of them. */
export class Cafe {
  readonly store: EventStore;
  readonly openTabs: OpenTabs = new OpenTabs();
  /** Commands sent, decisions made for them, and events that came of them. */
  readonly tally = { commands: 0, decisions: 0, events: 0 };
  readonly #beatMs: number;
  readonly #signal: AbortSignal;
  readonly #checkpoints: Checkpoints;
  readonly #tab: Aggregate<TabState, TabCommand, TabEvent>;
  #waitersScreen: Running;
  #chefsScreen: Running;
  #chefTodoList = new ChefTodoList();
  /** Where the last thing that was asked for here is stored. */
  #latest = 0;

  constructor(store: EventStore, beatMs: number, signal: AbortSignal) {
    this.store = store;
    this.#beatMs = beatMs;
    this.#signal = signal;
    this.#checkpoints = kvCheckpoints(store);
    this.#tab = this.#countDecisions();
    this.#waitersScreen = this.#observeOpenTabs();
    this.#chefsScreen = this.#observeChefTodoList(1);
  }

  /** What the chef reads: the list of the version that is active. */
  get chefTodoList(): ChefTodoList {
    return this.#chefTodoList;
  }

  /** Ask something of a tab, in somebody's name. */
  async ask(
    actor: string,
    tabId: string,
    command: TabCommand,
  ): Promise<Executed<TabState, TabEvent>> {
    this.tally.commands += 1;
    const options = { metadata: { actor }, signal: this.#signal };
    const executed = await execute(this.store, this.#tab, tabId, command, options);
    this.tally.events += executed.events.length;
    this.#latest = Math.max(this.#latest, executed.head.sequence);
    return executed;
  }

  /** Ask what the tab should refuse. Does it, and for this reason? */
  async isRefused(
    actor: string,
    tabId: string,
    command: TabCommand,
    reason: new (...args: never) => TabError,
  ): Promise<boolean> {
    try {
      await this.ask(actor, tabId, command);
      return false;
    } catch (error) {
      if (error instanceof RejectedError) return error.cause instanceof reason;
      throw error;
    }
  }

  /** How many decisions were made again because somebody else's commit came first. */
  get retries(): number {
    return Math.max(0, this.tally.decisions - this.tally.commands);
  }

  /** Wait until both screens show everything that was asked for here. */
  async screensShowAll(): Promise<void> {
    const screens = [this.#waitersScreen, this.#chefsScreen];
    const options = { signal: this.#signal };
    await Promise.all(screens.map((screen) => screen.reached(this.#latest, options)));
  }

  async stopWaitersScreen(): Promise<void> {
    await this.#waitersScreen.stop();
  }

  /** Resolves, once it shows everything, with how many events it had to catch up with. */
  async restartWaitersScreen(): Promise<number> {
    this.#waitersScreen = this.#observeOpenTabs();
    await this.#waitersScreen.caughtUp({ signal: this.#signal });
    return this.#waitersScreen.handled;
  }

  /**
   * Give the chef a new version of the screen: it is built from the first order on while the old one
   * is in use, and takes its place when it shows as much. The old one is dropped, or truncation would
   * wait for it. Resolves with whether that is so.
   */
  async replaceChefsScreen(): Promise<boolean> {
    const old = this.#chefsScreen;
    this.#chefsScreen = this.#observeChefTodoList(2);
    await this.#chefsScreen.activated({ signal: this.#signal });
    await old.done;
    const dropped = chefTodoListProjection(new ChefTodoList());
    await dropProjection(this.store, dropped, this.#checkpoints);
    return old.state === "superseded" && this.#chefsScreen.active;
  }

  /** Take a moment. */
  async pause(beats: number): Promise<void> {
    await sleep(beats * this.#beatMs, undefined, { signal: this.#signal });
  }

  /** Stop both screens, their checkpoints saved. Resolves with whether neither has failed. */
  async close(): Promise<boolean> {
    const screens = [this.#waitersScreen, this.#chefsScreen];
    await Promise.all(screens.map((screen) => screen.stop()));
    return screens.every((screen) => screen.state === "stopped");
  }

  #observeOpenTabs(): Running {
    const options = { checkpoints: this.#checkpoints, signal: this.#signal };
    return observe(this.store, openTabsProjection(this.openTabs), options);
  }

  #observeChefTodoList(version: number): Running {
    const list = new ChefTodoList();
    const projection = chefTodoListProjection(list, version, () => (this.#chefTodoList = list));
    const options = { checkpoints: this.#checkpoints, signal: this.#signal };
    return observe(this.store, projection, options);
  }

  #countDecisions(): Aggregate<TabState, TabCommand, TabEvent> {
    return defineAggregate({
      ...Tab,
      process: (tab, command, context) => {
        this.tally.decisions += 1;
        return Tab.process(tab, command, context);
      },
    });
  }
}
