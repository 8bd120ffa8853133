import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a server listens, as it says itself. */
export interface ServerPorts {
  /** For clients. */
  readonly port: number;
  /** `http://127.0.0.1:<port>`; undefined when the configuration turned monitoring off. */
  readonly monitorUrl: string | undefined;
}

/**
 * Read the file that nats-server puts into its `ports_file_dir` (2.15: `<program>_<pid>.ports`, JSON
 * lists of addresses) once it listens; undefined while it is missing or half written.
 */
export async function readPortsFile(directory: string): Promise<ServerPorts | undefined> {
  const name = (await readdir(directory)).find((file) => file.endsWith(".ports"));
  if (name === undefined) return undefined;
  const ports = parse(await readFile(join(directory, name), "utf8"));
  const client = ports?.nats?.[0];
  if (client === undefined) return undefined;
  return { port: Number(new URL(client).port), monitorUrl: ports?.monitoring?.[0] };
}

interface PortsFile {
  readonly nats?: readonly string[];
  readonly monitoring?: readonly string[];
}

function parse(text: string): PortsFile | undefined {
  try {
    return JSON.parse(text) as PortsFile;
  } catch {
    return undefined;
  }
}
