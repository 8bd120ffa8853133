import { ConfigError } from "../../event/errors.ts";

const schemes: ReadonlySet<string> = new Set(["nats:", "tls:", "ws:", "wss:"]);

/**
 * The address of a server that is running already, from `NATS_URL`: one address, or several of one
 * cluster with commas between, each `nats://host:port` (or tls, ws, wss) or `host:port`. Undefined
 * when the variable is unset or empty. Does not connect.
 * @throws {@link ConfigError} when a part is no such address; never shows a password in it.
 */
export function runningServerUrl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const value = env["NATS_URL"]?.trim();
  if (value === undefined || value === "") return undefined;
  const addresses = value.split(",").map((part) => part.trim());
  addresses.forEach((address, index) => {
    const full = address.includes("://") ? address : `nats://${address}`;
    const url = URL.canParse(full) ? new URL(full) : undefined;
    if (url === undefined || !schemes.has(url.protocol) || url.hostname === "") {
      throw new ConfigError(
        `NATS_URL: address ${index + 1} of ${addresses.length} must be nats://host:port`,
      );
    }
  });
  return addresses.join(",");
}
