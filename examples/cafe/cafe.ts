import {
  type Aggregate,
  type Checkpoints,
  defineAggregate,
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
  readonly chefTodoList: ChefTodoList = new ChefTodoList();
  /** Commands sent, decisions made for them, and events that came of them. */
  readonly tally = { commands: 0, decisions: 0, events: 0 };
  readonly #beatMs: number;
  readonly #signal: AbortSignal;
  readonly #checkpoints: Checkpoints;
  readonly #tab: Aggregate<TabState, TabCommand, TabEvent>;
  readonly #chefsScreen: Running;
  #waitersScreen: Running;

  constructor(store: EventStore, beatMs: number, signal: AbortSignal) {
    this.store = store;
    this.#beatMs = beatMs;
    this.#signal = signal;
    this.#checkpoints = kvCheckpoints(store);
    this.#tab = this.#countDecisions();
    this.#waitersScreen = this.#observeOpenTabs();
    this.#chefsScreen = observe(store, chefTodoListProjection(this.chefTodoList), {
      checkpoints: this.#checkpoints,
      signal,
    });
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

  /** Wait until both screens show everything that has happened. */
  async screensCaughtUp(): Promise<void> {
    const options = { signal: this.#signal };
    await Promise.all([this.#waitersScreen.caughtUp(options), this.#chefsScreen.caughtUp(options)]);
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
