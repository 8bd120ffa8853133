import type { NatsConnection } from "@nats-io/nats-core";
import { ConfigError, type StoreWarning } from "../../event/index.ts";

/** The oldest nats-server that keeps the whole contract. The launcher of tests has the same one. */
export const oldestServer = "2.12.3";

/**
 * What a server older than the one jetfold is tried on risks: the one that is connected to, in a cluster
 * of several versions too.
 * @throws {@link ConfigError} below {@link oldestServer}. Those below 2.12 have no atomic batches; 2.12.1
 *   stopped answering in the midst of the contract, for good
 */
export function checkServerVersion({ info }: NatsConnection): StoreWarning | undefined {
  const version = info?.version ?? "unknown";
  const at = rankOf(version);
  if (at < rankOf(oldestServer)) {
    throw new ConfigError(`nats-server ${version} is too old: ${oldestServer} or newer is needed`);
  }
  if (Number.isNaN(at)) {
    return { code: "old-server", message: `the server's version "${version}" can't be told` };
  }
  const risks = knownRisks.filter(({ fixed }) => at < fixed).map(({ risk }) => risk);
  if (risks.length === 0) return undefined;
  return { code: "old-server", message: `nats-server ${version}: ${risks.join("; ")}` };
}

/** In the order of versions; a pre-release ranks as its release. */
function rankOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  return major * 1_000_000 + minor * 1_000 + patch;
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
