import type { NatsConnection } from "@nats-io/transport-node";
import { streamState } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { until } from "./until.ts";

/** What happens to a call whose answer is held back. */
export interface Losing {
  readonly proxy: TcpProxy;
  /** A connection that does not go through the proxy. */
  readonly witness: NatsConnection;
  readonly stream: string;
}

/** Wait until a stream has grown by `count` messages since it ended at `before`. */
export async function stored(
  { witness, stream }: Pick<Losing, "witness" | "stream">,
  before: number,
  count = 1,
  timeoutMs = 20_000,
): Promise<void> {
  const grown = async (): Promise<boolean> =>
    (await streamState(witness, stream)).last_seq >= before + count;
  await until(`${stream} to grow`, grown, timeoutMs);
}

/** How long an attempt may take to be stored, in milliseconds. */
const attemptMs = 4_000;

/**
 * The same, while every answer is held back. A cluster may lose an attempt (in an election), and of
 * that no answer comes either: its connection is cut, and the next one is held in its place.
 */
async function storedUnanswered(losing: Losing, before: number, count: number): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const isStored = await stored(losing, before, count, attemptMs).then(
      () => true,
      () => false,
    );
    if (isStored) return;
    losing.proxy.drop();
    losing.proxy.holdOnceSent(`HPUB ${losing.stream}.`);
  }
  await stored(losing, before, count);
}

/**
 * Make a call of which every answer is held back from the moment it publishes to the stream; once
 * that is stored, act, and cut the connection, so that the answer never comes.
 */
export async function losingAnswer<T>(
  losing: Losing,
  call: () => Promise<T>,
  { count = 1, then }: { readonly count?: number; readonly then?: () => Promise<unknown> } = {},
): Promise<T> {
  const { proxy, witness, stream } = losing;
  const { last_seq: before } = await streamState(witness, stream);
  proxy.holdOnceSent(`HPUB ${stream}.`);
  const result = call();
  result.catch(() => undefined);
  await storedUnanswered(losing, before, count);
  await then?.();
  proxy.drop();
  return result;
}
