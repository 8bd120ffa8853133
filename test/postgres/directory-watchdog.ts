import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * Waits for the pipe from the parent to close; then lets the server in `$1` end at once, in the way
 * that also frees its shared memory, and removes `$1`. The server's last act is to remove its lock
 * file, while the process may stay for a while until somebody collects it. The number in that file
 * is negative while initdb is at work.
 */
const script = `read -r _
lock="$1/data/postmaster.pid"
pid=$(head -n 1 "$lock" 2>/dev/null | tr -cd 0-9)
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
  tries=0
  while [ "$tries" -lt 50 ] && [ -e "$lock" ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL "$pid" 2>/dev/null
fi
rm -rf -- "$1"`;

/**
 * See to it that a server's directory, and the server running in it, do not outlive this process,
 * however it ends: a signal that kills it runs no code here. Returns what calls the watchdog off.
 */
export function watchDirectory(directory: string): () => void {
  const watchdog = spawn("/bin/sh", ["-c", script, "postgres-watchdog", directory], {
    stdio: ["pipe", "ignore", "ignore"],
    // A session of its own: the interrupt key of a terminal must not end the watchdog first.
    detached: true,
  });
  watchdog.on("error", () => undefined);
  watchdog.unref();
  const pipe = watchdog.stdin as Socket;
  pipe.on("error", () => undefined);
  pipe.unref();
  return () => void watchdog.kill("SIGKILL");
}
