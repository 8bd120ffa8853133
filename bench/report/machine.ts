import { cpus, totalmem } from "node:os";
import { resolveNatsServer } from "jetfold/testing";

/** What the figures were measured on, in one line. */
export async function machineLine(): Promise<string> {
  const { version } = await resolveNatsServer();
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return [
    `${processors.length} x ${model}, ${memoryGb} GB, ${process.platform}`,
    `Node ${process.versions.node}`,
    `nats-server ${version}, file storage, default sync (every two minutes, not before acknowledging)`,
  ].join("; ");
}
