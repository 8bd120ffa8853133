import type { NatsConnection } from "@nats-io/nats-core";
import type { StoreWarning } from "../../event/index.ts";
import type { NatsStoreOptions } from "../options.ts";

/** What decides whether a risk was chosen, or is that of a server somebody develops on. */
interface Site extends Pick<NatsStoreOptions, "replicas" | "syncAlways"> {
  /** There are other servers that could hold copies. */
  readonly clustered: boolean;
  /** It is on this machine. */
  readonly local: boolean;
}

export const syncWarning: StoreWarning = {
  code: "sync",
  message:
    "nats-server acknowledges before it syncs to disk unless sync_interval is always: a power cut " +
    "may lose acknowledged commits. Say that it is set (syncAlways: true), or that you choose it so " +
    "(syncAlways: false)",
};

/**
 * Is a warning news? What was chosen is none, nor what can't be otherwise: one copy where there is one
 * server. One alone on this machine is for developing, and may sync now and then.
 */
export function isNews({ code }: StoreWarning, site: Site): boolean {
  const { clustered, local, replicas, syncAlways } = site;
  if (code === "replicas") return clustered && replicas !== 1;
  return code !== "sync" || (syncAlways === undefined && (clustered || !local));
}

/** Where a connection leads. */
export function siteOf(
  connection: NatsConnection,
  { replicas, syncAlways }: NatsStoreOptions,
): Site {
  const clustered = connection.info?.cluster !== undefined;
  const local = isLocal(connection.getServer());
  const chosen = { ...(replicas && { replicas }), ...(syncAlways !== undefined && { syncAlways }) };
  return { clustered, local, ...chosen };
}

/** Is a server, as `host:port`, on this machine? */
export function isLocal(server: string): boolean {
  const host = server.replace(/:\d+$/, "");
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}
