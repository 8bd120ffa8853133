import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { delay } from "../../event/backend/timer.ts";
import { UnavailableError } from "../../event/errors.ts";

const timeoutMs = 5_000;

/**
 * Wait until a process that was sent SIGSTOP is frozen: the signal returns at once, and the
 * process's threads stop one after the other, some after they have answered once more.
 * @throws {@link UnavailableError} when it is not frozen after 5 s.
 */
export async function awaitFrozen(pid: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isFrozen(pid))) {
    if (Date.now() > deadline) {
      throw new UnavailableError(`process ${pid} is not frozen after ${timeoutMs} ms`);
    }
    await delay(1);
  }
}

async function isFrozen(pid: number): Promise<boolean> {
  if (process.platform !== "linux") {
    const { stdout } = await promisify(execFile)("ps", ["-o", "state=", "-p", String(pid)]);
    return stdout.trimStart().startsWith("T");
  }
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const stats = await Promise.all(
    threads.map((thread) => readFile(`${tasks}/${thread}/stat`, "latin1").catch(() => "")),
  );
  // The state follows the program's name, which is in brackets: proc(5).
  return stats.length > 0 && stats.every((stat) => /\) [Tt] /.test(stat));
}
