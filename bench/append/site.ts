import { type JetStreamClient, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { NatsStore } from "jetfold/nats";
import type { Context } from "../harness/scenario.ts";
import { messagesIn } from "../site/plain-stream.ts";
import { RawAppender } from "../site/raw-append.ts";
import { openSite, type Site, storeName } from "../site/site.ts";

/** Three ways to append to one stream, each on a connection of its own. */
export interface AppendSite {
  readonly site: Site;
  readonly store: NatsStore;
  readonly wire: RawAppender;
  readonly natsjs: JetStreamClient;
  /** For looking, not for measuring. */
  readonly connection: NatsConnection;
}

export async function openAppendSite(context: Context, size: 1 | 3 = 1): Promise<AppendSite> {
  const site = await openSite(context, size);
  return {
    site,
    store: await site.openStore(),
    wire: new RawAppender(await site.connect()),
    natsjs: jetstream(await site.connect()),
    connection: await site.connect(),
  };
}

/** Do it, and see that the stream then has so many messages more: a refusal is no append. */
export async function checked<T>(
  { connection }: AppendSite,
  messages: number,
  work: () => Promise<T>,
): Promise<T> {
  const before = await messagesIn(connection, storeName);
  const result = await work();
  const stored = (await messagesIn(connection, storeName)) - before;
  if (stored !== messages) throw new Error(`${stored} of ${messages} messages were stored`);
  return result;
}
