import type { Event } from "@event-driven-io/emmett";
import { type PostgresEventStore, postgreSQLProjection } from "@event-driven-io/emmett-postgresql";

/** A read model that Emmett is to build. */
export interface EmmettProjection {
  /** One that has not run before begins with the first event. */
  readonly name: string;
  /** The type of its events. */
  readonly type: string;
  /** Make the read model's table. */
  create(query: Query): Promise<unknown>;
  /** Bring one event into it. */
  project(streamName: string, data: object, query: Query): Promise<unknown>;
  /** It ends with this many events. */
  readonly events: number;
  /** How many events are read at once, and handled in one transaction. */
  readonly batchSize: number;
  /** The pause after each batch but the first, in milliseconds. */
  readonly pauseMs: number;
}

/** A statement in the projection's transaction. */
export type Query = (text: string, values?: unknown[]) => Promise<unknown>;

/** An async projector in a consumer of the store, until the last event's transaction is over. */
export async function runProjection(
  store: PostgresEventStore,
  { name, type, create, project, events, batchSize, pauseMs }: EmmettProjection,
): Promise<void> {
  const consumer = store.consumer({
    pulling: { batchSize, pullingFrequencyInMs: pauseMs },
    // Before the last event when one was passed over: without it, it would wait for ever.
    stopWhen: { noMessagesLeft: true },
  });
  let handled = 0;
  consumer.projector({
    projection: postgreSQLProjection<Event>({
      name,
      canHandle: [type],
      init: async ({ context }) => {
        await create((text, values) => context.connection.client.query(text, values));
      },
      handle: async (batch, { connection }) => {
        const query: Query = (text, values) => connection.client.query(text, values);
        for (const { data, metadata } of batch) await project(metadata.streamName, data, query);
      },
    }),
    stopAfter: () => ++handled === events,
  });
  await consumer.start();
  if (handled < events) throw new Error(`Emmett projected ${handled} of ${events} events`);
}
