import { jetstream } from "@nats-io/jetstream";
import type { AppendSite } from "../append/site.ts";
import { plainAppend } from "../append/one-by-one.ts";
import type { Contender } from "../harness/interleave.ts";
import type { Context } from "../harness/scenario.ts";
import { median } from "../harness/statistics.ts";
import { openRawPush } from "../site/raw-replay.ts";
import { rawCommit } from "../site/raw-append.ts";
import { storeName } from "../site/site.ts";
import { Account, deposited } from "../work/account.ts";

/** One way from a publisher to a subscriber on another connection. */
export interface Path {
  publish(id: string): Promise<unknown>;
  /** Resolves when the subscriber has the next event. */
  delivered(): Promise<unknown>;
}

/** Each event is published when the one before has come and was acknowledged. */
export function pathContender(
  name: string,
  path: Path,
  events: number,
  signal: AbortSignal,
): Contender {
  const round = async (index: number): Promise<number> => {
    const taken: number[] = [];
    for (let i = 0; i < events; i++) {
      signal.throwIfAborted();
      const delivered = path.delivered().then(() => performance.now());
      const start = performance.now();
      const [end] = await Promise.all([delivered, path.publish(`l${index}-${i}`)]);
      taken.push((end - start) * 1000);
    }
    return median(taken);
  };
  return { name, round };
}

/** `store.publish` to `store.subscribe`. */
export async function jetfoldPath({ site, store }: AppendSite): Promise<Path> {
  const subscriber = await site.openStore();
  const events = subscriber.subscribe(Account.events)[Symbol.asyncIterator]();
  const publish = (id: string): Promise<unknown> =>
    store.publish({ family: Account.events, id, expect: "new", events: [deposited(0)] });
  return begun({ publish, delivered: () => events.next() });
}

/** A prebuilt message to a raw push subscription. */
export async function wirePath({ site, wire }: AppendSite): Promise<Path> {
  let came: () => void = () => undefined;
  const filter = `${storeName}.Raw.*`;
  await openRawPush(await site.connect(), { filter, take: () => came() });
  const publish = (id: string): Promise<void> => wire.append(rawCommit("Raw", id));
  return begun({ publish, delivered: () => new Promise<void>((resolve) => (came = resolve)) });
}

/** `js.publish` to an ordered consumer. */
export async function natsjsPath(context: Context, of: AppendSite): Promise<Path> {
  const client = jetstream(await of.site.connect());
  const filter = `${storeName}.Plain.*`;
  const consumer = await client.consumers.get(storeName, { filter_subjects: [filter] });
  const messages = await consumer.consume();
  const iterator = messages[Symbol.asyncIterator]();
  // Its timers outlive the connection.
  context.resources.keep("a consumer", iterator, () => iterator.return?.());
  return begun({ publish: (id) => plainAppend(of, id, 0), delivered: () => iterator.next() });
}

/** The first event sets a subscription in motion; it is not measured. */
async function begun(path: Path): Promise<Path> {
  await Promise.all([path.delivered(), path.publish("first")]);
  return path;
}
