import type { Msg } from "@nats-io/nats-core";
import { headerBlock, serverStatus } from "../raw-message.ts";
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
  sentAt: number;
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
    limitAt: performance.now() + (outgoing.limitMs ?? turnMs),
    sentAt: Infinity,
    since: Infinity,
    inGroup: false,
  };
}

export function newPart(waiter: Waiter, message: Ahead): Part {
  const ownBytes = message.payload.length + overheadBytes;
  return { waiter, message, ownBytes, heldBytes: 0, position: 0 };
}

/** Since when a reply is waited for: the last one, or the sending. */
export function sentAtOf({ since, sentAt }: Waiter): number {
  return since === Infinity ? sentAt : since;
}

/** The server's word that nobody serves a subject (2.2): an empty message of status 503. */
export function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && serverStatus(headerBlock(message)) === 503;
}
