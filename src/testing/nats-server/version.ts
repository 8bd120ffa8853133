import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { delay } from "../../event/backend/timer.ts";
import { InvalidInputError, UnavailableError } from "../../event/errors.ts";

/** The oldest nats-server that jetfold takes: see `oldestServer` of src/nats, which is the same. */
export const minimumServerVersion = "2.12.3";

/** How long a binary may take to print its version. */
const versionTimeoutMs = 10_000;

const run = promisify(execFile);

/**
 * The version in a text such as `nats-server: v2.15.1` or `2.15.0-RC.2`, without the `v`;
 * undefined when there is none.
 */
export function parseServerVersion(text: string): string | undefined {
  return /(?:^|[^\w.])v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)(?=\s|$)/.exec(text)?.[1];
}

/**
 * Negative when `a` is the older version, positive when it is the newer, 0 when they rank the same.
 * A pre-release is older than its release; pre-releases of one release rank the same.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.includes("-")) - Number(a.includes("-"));
}

/** Check a version that came from outside. @throws {@link InvalidInputError} naming `field`. */
export function checkVersion(field: string, value: string): string {
  const version = parseServerVersion(value);
  if (version === undefined || version !== value.replace(/^v/, "")) {
    throw new InvalidInputError(field, 'must be a version such as "2.15.0"', value);
  }
  return version;
}

/**
 * Run `path --version` and read the answer.
 * @throws {@link UnavailableError} when it cannot be run, does not end within 10 s, or prints no
 *   version.
 */
export async function readServerVersion(path: string, signal?: AbortSignal): Promise<string> {
  const output = await printedVersion(path, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new UnavailableError(`${path} --version failed: ${reason(error)}`, { cause: error });
  });
  const version = output.includes("nats-server") ? parseServerVersion(output) : undefined;
  if (version === undefined) {
    const shown = JSON.stringify(output.trim().slice(0, 80));
    throw new UnavailableError(`${path} --version printed no nats-server version but ${shown}`);
  }
  return version;
}

async function printedVersion(path: string, signal: AbortSignal | undefined): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { stdout } = await run(path, ["--version"], {
        timeout: versionTimeoutMs,
        killSignal: "SIGKILL",
        windowsHide: true,
        ...(signal && { signal }),
      });
      return stdout;
    } catch (error) {
      // A file just written looks busy while another child, forked meanwhile, has yet to exec.
      if ((error as NodeJS.ErrnoException).code !== "ETXTBSY" || attempt === 5) throw error;
      await delay(20 * attempt);
    }
  }
}

function parts(version: string): number[] {
  return version.split("-", 1).join("").split(".").map(Number);
}

function reason(error: unknown): string {
  const { killed, message } = error as { killed?: boolean; message?: string };
  if (killed === true) return `no answer within ${versionTimeoutMs} ms`;
  return (message ?? String(error)).trim().replaceAll(/\s*\n\s*/g, "; ");
}
