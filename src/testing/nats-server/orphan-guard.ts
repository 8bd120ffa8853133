import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";

/** Waits for the pipe from the parent to close; then ends the process `$1` and removes `$2`. */
const watchdogScript = `read -r _
kill -9 "$1" 2>/dev/null
[ -z "$2" ] || { sleep 1; rm -rf -- "$2"; }`;

/**
 * See to it that a child does not outlive this process. At a normal end it is killed and `directory`
 * removed before the process is gone; where there is a shell, a watchdog does the same when this
 * process is killed by a signal, which runs no code here. Returns what calls the guard off.
 */
export function guardAgainstOrphan(child: ChildProcess, directory: string | undefined): () => void {
  const onExit = (): void => {
    child.kill("SIGKILL");
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", onExit);
  const watchdog = process.platform === "win32" ? undefined : startWatchdog(child, directory);
  return () => {
    process.removeListener("exit", onExit);
    watchdog?.kill("SIGKILL");
  };
}

function startWatchdog(child: ChildProcess, directory: string | undefined): ChildProcess {
  const watchdog = spawn(
    "/bin/sh",
    ["-c", watchdogScript, "nats-server-watchdog", String(child.pid), directory ?? ""],
    // A session of its own: the interrupt key of a terminal must not end the watchdog first.
    { stdio: ["pipe", "ignore", "ignore"], detached: true },
  );
  // Without a shell only the exit listener is left.
  watchdog.on("error", () => undefined);
  watchdog.unref();
  const pipe = watchdog.stdin;
  pipe?.on("error", () => undefined);
  letGo(pipe);
  return watchdog;
}

/**
 * Keep this process alive no longer for a child's pipe. Node's are sockets and have `unref`; Bun's
 * (1.4) have none, and are let go with the child.
 */
export function letGo(pipe: Readable | Writable | null): void {
  (pipe as Partial<Socket> | null)?.unref?.();
}
