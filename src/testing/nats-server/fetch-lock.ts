import { mkdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { delay, every } from "../../event/backend/timer.ts";
import { UnavailableError } from "../../event/errors.ts";

/** How {@link withFetchLock} waits. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void;
  /** A lock not touched for this long belongs to a dead process. Default 20000. */
  readonly staleMs?: number;
  /** The longest wait for the lock. Default 600000. */
  readonly timeoutMs?: number;
}

const pollMs = 50;

/**
 * Run `task` while no other process on this machine runs one for the same directory. It only saves
 * work: a process that was asleep past the stale limit may run at the same time as its successor,
 * so `task` must be safe without the lock.
 * @throws {@link UnavailableError} when the lock is not free within `timeoutMs`.
 */
export async function withFetchLock<T>(
  directory: string,
  options: LockOptions,
  task: () => Promise<T>,
): Promise<T> {
  const lock = join(directory, ".lock");
  const staleMs = options.staleMs ?? 20_000;
  await mkdir(directory, { recursive: true });
  await acquire(lock, staleMs, options);
  const touch = (): void => void utimes(lock, new Date(), new Date()).catch(() => undefined);
  const stopTouching = every(staleMs / 4, touch);
  try {
    return await task();
  } finally {
    stopTouching();
    await rm(lock, { recursive: true, force: true });
  }
}

async function acquire(lock: string, staleMs: number, options: LockOptions): Promise<void> {
  const deadline = Date.now() + (options.timeoutMs ?? 600_000);
  let told = false;
  while (!(await makeDirectory(lock))) {
    const touched = await stat(lock).then(
      (info) => info.mtimeMs,
      () => undefined,
    );
    if (touched === undefined) continue;
    if (Date.now() - touched > staleMs) {
      await rm(lock, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline) throw new UnavailableError(`${lock} is held by another process`);
    if (!told) options.onWait?.();
    told = true;
    await delay(pollMs, { signal: options.signal });
  }
}

/** False when it exists already. */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
