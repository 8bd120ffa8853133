import { type EventStore, importCommits, type ImportedCommit } from "jetfold";
import { expect } from "vitest";
import { type Counted, CounterEvents as family } from "../faults/counter.ts";
import type { Client, Site } from "../faults/site.ts";
import { askApi, streamState } from "../faults/stored-log.ts";

interface Message {
  readonly subject: string;
  readonly data?: string;
}

/** The first messages of a stream, as they are. */
async function messagesOf({ connection, store }: Client, end: number): Promise<Message[]> {
  interface Answer {
    readonly message: Message;
  }
  const messages: Message[] = [];
  for (let seq = 1; seq <= end; seq++) {
    const call = `STREAM.MSG.GET.${store.name}`;
    messages.push((await askApi<Answer>(connection, call, { seq })).message);
  }
  return messages;
}

/** Store the first messages of a store in another one, which is empty. */
export async function copy(from: Client, name: string, end: number): Promise<void> {
  await put(from, await messagesOf(from, end), name);
}

async function put({ connection }: Client, messages: Message[], name: string): Promise<void> {
  for (const { subject, data = "" } of messages) {
    const to = `${name}${subject.slice(subject.indexOf("."))}`;
    await connection.request(to, Buffer.from(data, "base64"));
  }
  expect((await streamState(connection, name)).last_seq).toBe(messages.length);
}

/**
 * Take the stream's last messages away, as a restored backup does.
 * @returns a store that is opened on what is left, and has not seen the rest
 */
export async function rewindTo(site: Site, client: Client, end: number): Promise<Client> {
  interface Info {
    readonly config: object;
  }
  const { connection, store } = client;
  const kept = await messagesOf(client, end);
  const { config } = await askApi<Info>(connection, `STREAM.INFO.${store.name}`);
  await askApi(connection, `STREAM.DELETE.${store.name}`);
  await askApi(connection, `STREAM.CREATE.${store.name}`, config);
  await put(client, kept, store.name);
  return { connection, store: await site.open(connection, store.name) };
}

/** Import a whole store into another, in its order. */
export async function importAll(from: EventStore, to: EventStore): Promise<void> {
  async function* commits(): AsyncGenerator<ImportedCommit<Counted>> {
    for await (const { id, envelopes } of from.replay(family).commits()) {
      yield { family, id, events: envelopes.map(({ event }) => event) };
    }
  }
  await importCommits(to, commits(), { maxInFlight: 1 });
}
