import {
  type Aggregate,
  defineAggregate,
  type EventStore,
  execute,
  type Executed,
  RejectedError,
} from "jetfold";
import { setTimeout as sleep } from "node:timers/promises";
import type { Screens } from "./screens.ts";
import { Tab, type TabCommand, type TabState } from "./tab.ts";
import type { TabEvent } from "./tab-events.ts";

/** The cafe at work: tabs that take commands, and two screens that show what became of them. */
export class Cafe {
  readonly store: EventStore;
  readonly screens: Screens;
  /** Commands sent, decisions made for them, and events that came of them. */
  readonly tally = { commands: 0, decisions: 0, events: 0 };
  readonly #beatMs: number;
  readonly #signal: AbortSignal;
  readonly #tab: Aggregate<TabState, TabCommand, TabEvent>;
  /** Where the last thing that was asked for here is stored. */
  #latest = 0;

  constructor(store: EventStore, screens: Screens, beatMs: number, signal: AbortSignal) {
    this.store = store;
    this.screens = screens;
    this.#beatMs = beatMs;
    this.#signal = signal;
    this.#tab = this.#countDecisions();
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

  /** Ask what the tab should refuse. Does it, and with this code? */
  async isRefused(
    actor: string,
    tabId: string,
    command: TabCommand,
    code: string,
  ): Promise<boolean> {
    try {
      await this.ask(actor, tabId, command);
      return false;
    } catch (error) {
      if (error instanceof RejectedError) return error.rejection.code === code;
      throw error;
    }
  }

  /** How many decisions were made again because somebody else's commit came first. */
  get retries(): number {
    return Math.max(0, this.tally.decisions - this.tally.commands);
  }

  /** Wait until both screens show everything that was asked for here. */
  async screensShowAll(): Promise<void> {
    await this.screens.show(this.#latest);
  }

  /** Take a moment. */
  async pause(beats: number): Promise<void> {
    await sleep(beats * this.#beatMs, undefined, { signal: this.#signal });
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
