import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import {
  type NewCommit,
  observe,
  defineProjection,
  execute,
  read,
  snapshotAndTruncate,
  UnknownOutcomeError,
} from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Counter, counted, CounterEvents } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";

/** Who hears what is asked on some subjects, and answers it as he likes. */
type Answers = (question: Msg, answer: (text: string, headers?: string) => void) => void;

let site: Site;
let forger: NatsConnection;
beforeAll(async () => {
  site = await Site.start(1);
  forger = await site.connect();
});
afterAll(() => site.close());

async function forge(subject: string, answers: Answers): Promise<void> {
  forger.subscribe(subject, {
    callback: (_error, question) => {
      answers(question, (text, headers) => {
        const block = headers === undefined ? {} : { headers: rawHeaders(headers) };
        forger.publish(question.reply!, text, block);
      });
    },
  });
  await forger.flush();
}

function rawHeaders(block: string): MsgHdrs {
  return { encode: () => Buffer.from(block) } as Partial<MsgHdrs> as MsgHdrs;
}

/** A store whose stream is gone, so that nobody answers a publish but the forger. */
async function unanswered(): Promise<{ readonly store: NatsStore; readonly name: string }> {
  const name = storeName();
  const { store, connection } = await site.client(name);
  await askApi(connection, `STREAM.DELETE.${name}`);
  return { store, name };
}

const commitOf = (id: string): NewCommit => ({
  family: CounterEvents,
  id,
  expect: { sequence: 7, revision: 1, checksum: 1, links: [7] },
  events: [counted("a", 1)],
});

/** What can't be the acknowledgement of one commit that is expected after sequence 7. */
const forgedAcknowledgements: Record<string, (name: string) => readonly [string, string?]> = {
  "no JSON": () => ["x"],
  nothing: () => [""],
  null: () => ["null"],
  "a number": () => ["8"],
  "a list": () => ["[]"],
  "an empty object": () => ["{}"],
  "a header block before it": (name) => [ack(name, 8), "NATS/1.0\r\nNats-Sequence: 8\r\n\r\n"],
  "another stream": () => [ack("other", 8)],
  "a longer stream's name": (name) => [ack(`${name}x`, 8)],
  "no stream": () => ['{"seq":8}'],
  "no sequence": (name) => [`{"stream":"${name}"}`],
  "sequence 0": (name) => [ack(name, 0)],
  "a sequence below": (name) => [ack(name, 6)],
  "the sequence that was expected": (name) => [ack(name, 7)],
  "a negative sequence": (name) => [ack(name, -8)],
  "a fraction": (name) => [ack(name, 8.5)],
  "a sequence beyond 2^53": (name) => [ack(name, 2 ** 53)],
  "a leading zero": (name) => [`{"stream":"${name}","seq":08}`],
  "a sequence as text": (name) => [`{"stream":"${name}","seq":"8"}`],
  "what follows it": (name) => [`${ack(name, 8)}}`],
  "a batch's": (name) => [`{"stream":"${name}","seq":8,"batch":"b","count":1}`],
  "duplicate as text": (name) => [`{"stream":"${name}","seq":8,"duplicate":"yes"}`],
  "an error without a code": (name) => [`{"error":{},"stream":"${name}","seq":0}`],
  "an error that is null": (name) => [`{"error":null,"stream":"${name}","seq":8}`],
  "an error that is text": (name) => [`{"error":"wrong last sequence","stream":"${name}"}`],
  "another stream's error": () => [errorOf("other")],
};

function ack(name: string, sequence: number): string {
  return `{"stream":"${name}","seq":${sequence}}`;
}

function errorOf(name: string): string {
  const error = { code: 400, err_code: 10054, description: "message size exceeds maximum" };
  return JSON.stringify({ error, stream: name, seq: 0 });
}

describe("a reply that can't be the acknowledgement is none, and the outcome stays unknown", () => {
  it.each(Object.entries(forgedAcknowledgements))("%s", async (_what, forged) => {
    const { store, name } = await unanswered();
    await forge(`${name}.>`, (_question, answer) => answer(...forged(name)));
    const publishing = store.publish(commitOf("a"), { budgetMs: 100 });
    await expect(publishing).rejects.toThrow(UnknownOutcomeError);
  });

  it("and one that can be is heard after it", async () => {
    const { store, name } = await unanswered();
    await forge(`${name}.>`, (_question, answer) => {
      for (const forged of Object.values(forgedAcknowledgements)) answer(...forged(name));
      answer(ack(name, 8));
    });
    expect((await store.publish(commitOf("a"))).head.sequence).toBe(8);
  });

  it.each([
    ["the plain form", (name: string, _id: string) => ack(name, 9)],
    ["another batch", (name: string, _id: string) => batchAck(name, 9, "other", 2)],
    ["another count", (name: string, id: string) => batchAck(name, 9, id, 3)],
    ["a sequence below", (name: string, id: string) => batchAck(name, 8, id, 2)],
  ])("of a transaction: %s", async (_what, forged) => {
    const { store, name } = await unanswered();
    await forge(`${name}.>`, ({ reply, headers }, answer) => {
      if (reply) answer(forged(name, headers!.get("Nats-Batch-Id")));
    });
    const transacting = store.transact([commitOf("a"), commitOf("b")], { budgetMs: 100 });
    await expect(transacting).rejects.toThrow(UnknownOutcomeError);
  });
});

function batchAck(stream: string, seq: number, batch: string, count: number): string {
  return JSON.stringify({ stream, seq, batch, count });
}

it("a reply subject that was seen does not tell the next one's", async () => {
  const { store, name } = await unanswered();
  await forge(`${name}.>`, ({ reply, subject }) => {
    if (!subject.endsWith(".seen")) return;
    const number = /\d+$/.exec(reply!)![0];
    const before = reply!.slice(0, -number.length);
    for (let next = 1; next <= 3; next++) {
      forger.publish(`${before}${Number(number) + next}`, ack(name, 7_000));
    }
  });
  const outcomes = await Promise.allSettled(
    ["seen", "b", "c", "d"].map((id) => store.publish(commitOf(id), { budgetMs: 100 })),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => "rejected"));
});

it("whatever is answered before the server, a store can be opened, written, read and cut", async () => {
  const name = storeName();
  const garbage = [
    ...["", "x", "null", "7", "[]", "{}", '{"error":null}', '{"success":"yes"}', '{"message":{}}'],
    '{"type":"io.nats.jetstream.api.v1.stream_info_response"}',
    '{"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{"seq":1}}',
    '{"type":"io.nats.jetstream.api.v1.stream_purge_response","success":true}',
    `{"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"${name}x"},"state":{}}`,
  ];
  // Nobody serves this domain but the forger, who asks the server only after he has answered.
  await forge("$JS.forged.API.>", ({ subject, reply, data }, answer) => {
    const call = subject.slice("$JS.forged.API.".length);
    const direct = call.startsWith("DIRECT.");
    if (!direct) for (const forged of garbage) answer(forged);
    forger.publish(`$JS.API.${call}`, data, { reply: reply! });
  });
  const connection = await site.connect();
  const options = { name, domain: "forged", onWarning: () => undefined };
  const store = await within("opening", NatsStore.open(connection, options));
  for (let step = 1; step <= 5; step++) await execute(store, Counter, "a", { by: "a", step });
  const root = await read(store, Counter, "a", { fresh: "leader" });
  await snapshotAndTruncate(store, Counter, root);
  let seen = 0;
  const projection = defineProjection({
    name: "p",
    events: CounterEvents,
    projectBase: () => void seen++,
    project: () => void seen++,
  });
  const running = observe(store, projection);
  await running.reached((await execute(store, Counter, "a", { by: "a", step: 6 })).head.sequence);
  expect(seen).toBe(2);
  await running.stop();
  await store.close();
});

it.each(Object.entries(forgedAcknowledgements))("of a bucket's put: %s", async (_what, forged) => {
  const name = storeName();
  const { store, connection } = await site.client(name);
  const stream = `KV_${name}-snapshots`;
  await askApi(connection, `STREAM.DELETE.${stream}`);
  await forge(`$KV.${name}-snapshots.>`, (_question, answer) => {
    answer(...forged(stream));
    answer(ack(stream, 9));
  });
  expect(await store.snapshots.put("k", new Uint8Array([1]), 7)).toBe(9);
});
