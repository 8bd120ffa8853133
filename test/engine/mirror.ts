import type { NatsConnection } from "@nats-io/transport-node";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";

interface Info {
  readonly config: object;
  readonly state: { readonly last_seq: number; readonly messages: number };
}

/** A mirror of a stream, and what makes it unlike the stream. */
export interface Unlike {
  readonly [setting: string]: unknown;
  readonly mirror?: object;
}

/**
 * Make a mirror of a stream in its account, and wait until it answers direct gets in the stream's
 * name: the server (2.15) lets it as soon as it has caught up, for as long as it lives.
 */
export async function mirrorOf(
  connection: NatsConnection,
  stream: string,
  { mirror, ...unlike }: Unlike,
): Promise<string> {
  const name = `${stream}-copy`;
  const config = { storage: "file", retention: "limits", num_replicas: 1, ...unlike };
  const of = { name: stream, ...mirror };
  await askApi(connection, `STREAM.CREATE.${name}`, { name, ...config, mirror: of });
  await until("the mirror to answer", () => answers(connection, stream, name));
  return name;
}

/** Is one of several direct gets answered by the mirror, or by somebody who lacks what is there? */
async function answers(connection: NatsConnection, stream: string, name: string): Promise<boolean> {
  const asked = Array.from({ length: 20 }, () =>
    connection.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify({ seq: 1 })),
  );
  const replies = await Promise.all(asked);
  return replies.some(({ headers }) => {
    return headers?.code === 404 || headers?.get("Nats-Stream") === name;
  });
}

/** From now on every direct get is the mirror's, as it is where the mirror is the nearer one. */
export async function leaveToMirror(connection: NatsConnection, stream: string): Promise<void> {
  const { config } = await askApi<Info>(connection, `STREAM.INFO.${stream}`);
  await askApi(connection, `STREAM.UPDATE.${stream}`, { ...config, allow_direct: false });
}
