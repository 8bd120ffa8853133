import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import type { Deadline } from "../../event/backend/index.ts";
import type { Failure } from "./failure.ts";

/** What a request came to. */
export type Reply = Msg | Failure;

/** A request to be sent. */
export interface Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers?: MsgHdrs | undefined;
  /** Sent just before it, in this order; none of them is answered. */
  readonly ahead?: readonly Ahead[] | undefined;
  /** How large all replies may be, in bytes. @default a stored message, by what others were */
  readonly replyBytes?: number;
  /** How long each reply may take, in milliseconds, from when its bytes have left. */
  readonly timeoutMs: number;
  /** When it is over it is given up, sent or not. @default only before its turn, after 15 s */
  readonly deadline?: Deadline | undefined;
  /** Aborted before its turn, it is not sent. */
  readonly signal?: AbortSignal | undefined;
}

/** A message that is sent ahead of a request. */
export type Ahead = Pick<Outgoing, "subject" | "payload" | "headers">;
