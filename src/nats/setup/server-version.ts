import type { NatsConnection } from "@nats-io/nats-core";
import { ConfigError, type StoreWarning } from "../../event/index.ts";

/**
 * What a server older than the one jetfold is tried on lacks or risks.
 * @throws {@link ConfigError} below 2.12, which has no atomic batches
 */
export function checkServerVersion({ info }: NatsConnection): StoreWarning | undefined {
  const version = info?.version ?? "unknown";
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const at = major * 1_000_000 + minor * 1_000 + patch;
  if (at < 2_012_000) {
    throw new ConfigError(`nats-server ${version} is too old: 2.12 or newer is needed`);
  }
  if (Number.isNaN(at)) {
    return { code: "old-server", message: `the server's version "${version}" can't be told` };
  }
  const risks = knownRisks.filter(({ fixed }) => at < fixed).map(({ risk }) => risk);
  if (risks.length === 0) return undefined;
  return { code: "old-server", message: `nats-server ${version}: ${risks.join("; ")}` };
}

/** From the server's issues and pull requests; the version is that of the first release with the fix. */
const knownRisks = [
  {
    fixed: 2_014_004,
    risk: "a transaction may be refused although every expectation holds (nats-server #8376)",
  },
  {
    fixed: 2_015_000,
    risk: "a power cut during compaction may lose acknowledged commits even with sync_interval always (#8456, #8475)",
  },
  {
    fixed: 2_015_000,
    risk: "with sync_interval always a replicated stream syncs once a message, not once a batch (#8447)",
  },
] as const;
