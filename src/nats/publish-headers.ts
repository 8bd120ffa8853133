import { headers, type MsgHdrs } from "@nats-io/nats-core";

/** What the server acts on when it stores a message. Values are names and numbers, never free text. */
export interface PublishHeaders {
  readonly expected: number | undefined;
  /** Undefined: the server need not remember it. */
  readonly messageId: string | undefined;
  /** Whole lines besides. */
  readonly others?: readonly string[] | undefined;
  readonly batch?: { readonly id: string; readonly sequence: number; readonly commits: boolean };
}

/**
 * The header block of a publish, written as text: the client's own checks and sorts each header of
 * each message. The client asks a block for its bytes and for nothing else (nats-core 3.3 and 3.4);
 * one that asks for anything else would throw here instead of sending without the expectation.
 */
export function publishHeaders({ expected, messageId, others, batch }: PublishHeaders): MsgHdrs {
  if (!clientEncodes) throw new TypeError("this version of nats-core encodes headers otherwise");
  let text = "NATS/1.0\r\n";
  if (expected !== undefined) text += `Nats-Expected-Last-Subject-Sequence: ${expected}\r\n`;
  if (messageId !== undefined) text += `Nats-Msg-Id: ${messageId}\r\n`;
  if (others !== undefined) for (const line of others) text += `${line}\r\n`;
  if (batch !== undefined) {
    text += `Nats-Batch-Id: ${batch.id}\r\nNats-Batch-Sequence: ${batch.sequence}\r\n`;
    if (batch.commits) text += "Nats-Batch-Commit: 1\r\n";
  }
  const bytes = Buffer.from(`${text}\r\n`, "latin1");
  return { encode: () => bytes } as Partial<MsgHdrs> as MsgHdrs;
}

const clientEncodes = typeof (headers() as { readonly encode?: unknown }).encode === "function";
