import { randomUUID } from "node:crypto";
import type { Sequence } from "../../event/index.ts";
import { backOff, type Deadline, deadlineIn } from "../../event/backend/index.ts";
import { newInbox } from "../inbox.ts";
import { callApi } from "../requests/api.ts";
import { apiAnswer } from "../requests/api-answer.ts";
import type { Stream } from "../stream.ts";

/** The server forgets a consumer nobody listens to after this, should deleting it fail. */
const inactiveMs = 10_000;

const nanosPerMs = 1_000_000;

/** An ephemeral push consumer: ordered, in memory, never acknowledged, flow-controlled (ADR-15). */
export interface PushConsumer {
  readonly name: string;
  /** Where it delivers; subscribed before it is created. */
  readonly inbox: string;
  /** Subjects without overlap; none for all of the stream. */
  readonly filters: readonly string[];
  /** Exclusive. */
  readonly after: Sequence;
  /** How often it says that it lives when it has nothing to deliver, in milliseconds. */
  readonly heartbeatMs: number;
}

/**
 * Create a consumer.
 * @returns how many messages it has to deliver
 * @throws as {@link callApi} when the server refuses
 */
export async function createPushConsumer(
  stream: Stream,
  { name, inbox, filters, after, heartbeatMs }: PushConsumer,
  signal: AbortSignal | undefined,
  deadline?: Deadline,
): Promise<number> {
  const config = {
    name,
    ...(filters.length === 1 && { filter_subject: filters[0] }),
    ...(filters.length > 1 && { filter_subjects: filters }),
    deliver_subject: inbox,
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
    ack_policy: "none",
    max_deliver: 1,
    replay_policy: "instant",
    mem_storage: true,
    num_replicas: 1,
    flow_control: true,
    idle_heartbeat: heartbeatMs * nanosPerMs,
    inactive_threshold: inactiveMs * nanosPerMs,
  };
  // With one filter it is part of the subject, so that rights can be given per filter.
  const call = `CONSUMER.CREATE.${stream.name}.${name}`;
  const subject = filters.length === 1 ? `${call}.${filters[0]}` : call;
  const request = { stream_name: stream.name, config, action: "create" };
  const { num_pending } = await callApi<ConsumerAnswer>(stream, subject, request, signal, deadline);
  return num_pending;
}

interface ConsumerAnswer {
  readonly num_pending: number;
}

/** How long a consumer that is still on its way is waited for, to be deleted, in milliseconds. */
const onItsWayMs = 2_000;

/**
 * Delete a consumer, as far as that is possible now. Never throws: the server forgets it anyway.
 * @param unsure - its creation was asked for and not answered: the server may carry out what comes
 *   later first (nats-server 2.15), so a consumer that is not found may still come
 */
export async function deletePushConsumer(
  stream: Stream,
  name: string,
  unsure: boolean,
): Promise<void> {
  const { connection, requests, api } = stream;
  const call = `CONSUMER.DELETE.${stream.name}.${name}`;
  const subject = `${api}.${call}`;
  const deadline = deadlineIn(onItsWayMs);
  for (let attempt = 0; !connection.isClosed(); attempt++) {
    const asked = {
      subject,
      payload: "",
      replyBytes: 1024,
      timeoutMs: 2_000,
      deadline: deadlineIn(2_000),
    };
    const deleted = await requests.askFor(asked, (reply) =>
      typeof reply === "string" ? false : apiAnswer(reply, stream, call, {})?.["success"] === true,
    );
    if (deleted || !unsure || deadline.leftMs() <= 0) return;
    await backOff(attempt, deadline, undefined);
  }
}

/**
 * How many messages match a filter after a sequence (exclusive), as a consumer is told that nobody
 * listens to. Unlike a direct get, the stream itself says.
 * @throws as {@link createPushConsumer}
 */
export async function countByConsumer(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  const name = `jetfold-${randomUUID()}`;
  const filters = filter === ">" ? [] : [filter];
  const inbox = newInbox(stream.connection);
  let unsure = true;
  try {
    const consumer = { name, inbox, filters, after, heartbeatMs: inactiveMs };
    const count = await createPushConsumer(stream, consumer, signal);
    unsure = false;
    return count;
  } finally {
    const deleted = deletePushConsumer(stream, name, unsure);
    if (!signal?.aborted) await deleted;
  }
}
