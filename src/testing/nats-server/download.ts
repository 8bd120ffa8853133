import { JoinedSignal } from "../../event/backend/index.ts";
import { startTimer, delay, type StopTimer } from "../../event/backend/timer.ts";
import { UnavailableError } from "../../event/errors.ts";

/** How {@link download} downloads. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** The longest wait for the answer to begin; a host that misses it is not asked again. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** The longest pause between two pieces of the body. Default 20000. */
  readonly stallTimeoutMs?: number;
  /** How often a transfer is tried that broke off or was answered 5xx. Default 3. */
  readonly attempts?: number;
  /** Told how much of the body has come, 0 to 1; only when the server says how long it is. */
  readonly onFraction?: (fraction: number) => void;
}

type Outcome =
  | { readonly bytes: Buffer }
  | { readonly bytes?: never; readonly reason: string; readonly retry: boolean };

const maxBytes = 128 * 1024 * 1024;

/** Failures of a connection that was up; anything else will not be better a moment later. */
const transient: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * Fetch a whole file into memory, at most 128 MiB of it.
 * @throws {@link UnavailableError} saying what went wrong; at once when the host's name or port does
 *   not answer, within `connectTimeoutMs` when nothing does.
 */
export async function download(url: string, options: DownloadOptions = {}): Promise<Buffer> {
  const attempts = options.attempts ?? 3;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryDownload(url, options);
    if (outcome.bytes !== undefined) return outcome.bytes;
    if (!outcome.retry || attempt >= attempts) {
      const tries = attempt > 1 ? ` (tried ${attempt} times)` : "";
      throw new UnavailableError(`${shown(url)}: ${outcome.reason}${tries}`);
    }
    await delay(200 * attempt, { signal: options.signal });
  }
}

async function tryDownload(url: string, options: DownloadOptions): Promise<Outcome> {
  options.signal?.throwIfAborted();
  const connectMs = options.connectTimeoutMs ?? 5_000;
  const stallMs = options.stallTimeoutMs ?? 20_000;
  const ending = new JoinedSignal(options.signal);
  ending.begin();
  const late = (): void => ending.abort();
  const stopConnecting = startTimer(connectMs, late);
  let stopStall: StopTimer | undefined;
  const restartStall = (): void => {
    stopStall?.();
    stopStall = startTimer(stallMs, late);
  };
  try {
    const response = await fetch(url, { signal: ending.signal });
    stopConnecting();
    if (!response.ok) {
      await response.body?.cancel();
      const retry = response.status >= 500 || response.status === 429;
      return { reason: `answered ${response.status}`, retry };
    }
    restartStall();
    return await readBody(response, restartStall, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!ending.signal.aborted) return failure(error, stopStall !== undefined);
    return stopStall === undefined
      ? { reason: `no answer within ${connectMs} ms`, retry: false }
      : { reason: `stalled for ${stallMs} ms`, retry: true };
  } finally {
    ending.end();
    stopConnecting();
    stopStall?.();
  }
}

async function readBody(
  response: Response,
  restartStall: () => void,
  options: DownloadOptions,
): Promise<Outcome> {
  const total = Number(response.headers.get("content-length") ?? Number.NaN);
  const chunks: Uint8Array[] = [];
  let received = 0;
  const body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = response.body ?? [];
  for await (const chunk of body) {
    restartStall();
    chunks.push(chunk);
    received += chunk.byteLength;
    if (received > maxBytes) return { reason: `longer than ${maxBytes} bytes`, retry: false };
    if (total > 0) options.onFraction?.(received / total);
  }
  return { bytes: Buffer.concat(chunks) };
}

function failure(error: unknown, connected: boolean): Outcome {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const { code, message } = cause as { code?: unknown; message?: string };
  const reason = [code, message].filter((part) => part !== undefined && part !== "").join(" ");
  return {
    reason: reason === "" ? String(cause) : reason,
    retry: connected || transient.has(code),
  };
}

/** The address without a user name and password. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
