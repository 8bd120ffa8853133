import { ConfigError, InvalidInputError } from "../../event/errors.ts";

/** What {@link serverConfig} writes. */
export interface ConfigParts {
  readonly serverName: string;
  /** Flush every append to the disk before it is acknowledged. */
  readonly syncAlways: boolean;
  readonly maxPayloadBytes: number | undefined;
  readonly cluster: ClusterParts | undefined;
  /** Text of the caller, put first. */
  readonly extra: string;
}

/** A node's place in its cluster. */
export interface ClusterParts {
  readonly name: string;
  /** The port for the other nodes, on the loopback. */
  readonly port: number;
  /** The ports of all nodes. */
  readonly routePorts: readonly number[];
}

/** nats-server refuses more: 64 MiB (2.15). */
const maxPayloadLimitBytes = 64 * 1024 * 1024;

/**
 * The text of a server's configuration file. Addresses, the client port and the store directory are
 * not in it: they go on the command line, which wins over a file.
 * @throws {@link InvalidInputError} for a payload size that the server would refuse;
 *   {@link ConfigError} when `extra` has a `jetstream` block that would undo `syncAlways`.
 */
export function serverConfig(parts: ConfigParts): string {
  const { maxPayloadBytes, extra, cluster } = parts;
  if (parts.syncAlways && /^\s*jetstream\b/m.test(extra)) {
    throw new ConfigError("syncAlways: put sync_interval: always into your own jetstream block");
  }
  const lines = [extra, `server_name: ${JSON.stringify(parts.serverName)}`];
  if (parts.syncAlways) lines.push("jetstream { sync_interval: always }");
  if (maxPayloadBytes !== undefined) {
    checkWholeNumber("maxPayloadBytes", maxPayloadBytes, 1, maxPayloadLimitBytes);
    lines.push(`max_payload: ${maxPayloadBytes}`);
  }
  if (cluster !== undefined) {
    const routes = cluster.routePorts.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
    lines.push(
      `cluster { name: ${JSON.stringify(cluster.name)}, listen: "127.0.0.1:${cluster.port}", routes: [${routes}] }`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Check a number of the caller. @throws {@link InvalidInputError} */
export function checkWholeNumber(field: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new InvalidInputError(field, `must be a whole number from ${min} to ${max}`, value);
  }
}
