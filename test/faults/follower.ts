import {
  defineProjection,
  type Delivery,
  type EventStore,
  kvCheckpoints,
  observe,
  type Running,
  type Selectable,
  type Sequence,
} from "jetfold";
import type { NatsConnection } from "@nats-io/transport-node";
import { askApi } from "./stored-log.ts";
import { until } from "./until.ts";

/** A subscription read to its end in the background, and all that it gave. */
export interface Follower {
  /** The sequences of its commits, in the order in which they came. */
  readonly sequences: readonly Sequence[];
  /** Wait until the commit at this sequence, or a later one, has come; or it has ended. */
  reached(sequence: Sequence, timeoutMs?: number): Promise<void>;
  /** Why it ended; resolves when it has, undefined when it was told to. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/** A listener that throws whenever it is called: it ends nothing. */
function complain(): never {
  throw new Error("a listener of the follower's");
}

/** Subscribe and follow. */
export function follow(store: EventStore, selection: Selectable, after: Sequence = 0): Follower {
  const sequences: Sequence[] = [];
  const stopping = new AbortController();
  let over = false;
  const run = async (): Promise<unknown> => {
    const { signal } = stopping;
    const options = { after, signal, onOutage: complain, onCaughtUp: complain };
    const deliveries = store.subscribe(selection, options).deliveries();
    try {
      for await (const delivery of deliveries as AsyncIterable<Delivery<never>>) {
        if (delivery.kind === "commit") sequences.push(delivery.sequence);
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      over = true;
    }
  };
  const ended = run();
  return {
    sequences,
    ended,
    reached: async (sequence, timeoutMs = 20_000) => {
      await until(
        `the subscription to reach ${sequence}`,
        () => over || (sequences.at(-1) ?? 0) >= sequence,
        timeoutMs,
      );
    },
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** A projection with checkpoints in the store that notes the sequence of every event it is given. */
export function projectAll(
  store: EventStore,
  events: Selectable,
): { readonly running: Running; readonly sequences: readonly Sequence[] } {
  const sequences: Sequence[] = [];
  const handle = ({ sequence }: { readonly sequence: Sequence }): void => {
    if (sequences.at(-1) !== sequence) sequences.push(sequence);
  };
  const projection = defineProjection({ name: "all", events, project: handle });
  return { running: observe(store, projection, { checkpoints: kvCheckpoints(store) }), sequences };
}

/** The names of a stream's consumers on the server. */
export async function consumersOf(connection: NatsConnection, stream: string): Promise<string[]> {
  interface Names {
    readonly consumers: string[] | null;
  }
  return (await askApi<Names>(connection, `CONSUMER.NAMES.${stream}`)).consumers ?? [];
}

/** How many subscriptions a connection holds (nats.js 3.4 does not say it in its interface). */
export function subscriptionsOf(connection: NatsConnection): number {
  const { protocol } = connection as unknown as {
    readonly protocol: { readonly subscriptions: { size(): number } };
  };
  return protocol.subscriptions.size();
}
