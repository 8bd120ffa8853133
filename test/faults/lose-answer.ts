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
): Promise<void> {
  await until(`${stream} to grow`, async () => {
    return (await streamState(witness, stream)).last_seq >= before + count;
  });
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
  await stored(losing, before, count);
  await then?.();
  proxy.drop();
  return result;
}
