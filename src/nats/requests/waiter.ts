import type { Msg } from "@nats-io/nats-core";
import { headerBlock, serverStatus } from "../raw-message.ts";
import type { Failure } from "./failure.ts";
import type { Turn } from "./in-flight.ts";
import type { Ahead, Outgoing, Reply } from "./outgoing.ts";
import type { Timed } from "./overdue.ts";

/** What a reply meant: it was the last one, others follow, or it can't be an answer and is passed over. */
type Took = "over" | "more" | "foreign";

export type Take = (reply: Reply, sentAt: number) => Took;

/** A request that waits for its turn, or for replies. */
export interface Waiter extends Timed, Turn {
  token: number;
  /** What stands before the number in its reply subject: only who was asked knows it. */
  readonly secret: string;
  readonly outgoing: Outgoing;
  readonly take: Take;
  position: number;
  limitAt: number;
  /** When it is too late to begin: what is sent with hardly any time left has an unknown outcome. */
  beginBy: number;
  sentAt: number;
  /** With the messages ahead of it, in bytes. */
  readonly groupBytes: number;
  /** It has messages ahead of it, and their turn has begun. */
  inGroup: boolean;
}

/** A message ahead of a request. */
export interface Part extends Turn {
  readonly waiter: Waiter;
  readonly message: Ahead;
}

/** How long a request may wait for its turn unless it is told, in milliseconds. */
const turnMs = 15_000;

/** In the last tenth of its time a request is not sent any more. */
const beginWithin = 0.9;

/** What a message takes besides its payload, in bytes, roughly. */
const overheadBytes = 256;

export function newWaiter(
  outgoing: Outgoing,
  take: Take,
  secret: string,
  replyBytes: number,
): Waiter {
  const ownBytes = outgoing.payload.length + overheadBytes;
  return {
    token: -1,
    secret,
    outgoing,
    take,
    ownBytes,
    heldBytes: ownBytes + replyBytes,
    position: 0,
    limitAt: outgoing.deadline?.endMs ?? Infinity,
    beginBy: Infinity,
    sentAt: Infinity,
    since: Infinity,
    groupBytes: groupBytesOf(outgoing, ownBytes),
    inGroup: false,
  };
}

/** It has to wait for its turn. */
export function waitsFrom(waiter: Waiter, now: number): void {
  const { deadline } = waiter.outgoing;
  const leftMs = deadline === undefined ? turnMs : Math.max(1, deadline.endMs - now);
  waiter.limitAt = now + leftMs;
  waiter.beginBy = now + leftMs * beginWithin;
}

function groupBytesOf({ ahead }: Outgoing, ownBytes: number): number {
  if (ahead === undefined) return ownBytes;
  return ahead.reduce((sum, { payload }) => sum + payload.length + overheadBytes, ownBytes);
}

export function newPart(waiter: Waiter, message: Ahead): Part {
  const ownBytes = message.payload.length + overheadBytes;
  return { waiter, message, ownBytes, heldBytes: 0, position: 0 };
}

/** Since when a reply is waited for: the last one, or the sending. */
export function sentAtOf({ since, sentAt }: Waiter): number {
  return since === Infinity ? sentAt : since;
}

/** What a failure means for a request: nobody can have carried out what was never sent. */
export function failureFor({ sentAt }: Waiter, failure: Failure): Failure {
  return failure === "closed" && sentAt === Infinity ? "closed-before" : failure;
}

/** The server's word that nobody serves a subject (2.2): an empty message of status 503. */
export function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && serverStatus(headerBlock(message)) === 503;
}
