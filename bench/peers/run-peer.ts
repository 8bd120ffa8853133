import { type ChildProcess, spawn } from "node:child_process";
import { type Answer, type Contender, type Job, parseAnswer } from "./contender.ts";
import { inFlight } from "./work.ts";

const maxOutputChars = 100_000;

/** A contender that is a program of its own, run once for every job. */
export function peerProgram(name: string, version: string, binary: string): Contender {
  return { name, version, run: async (job) => runPeer(name, binary, job) };
}

async function runPeer(name: string, binary: string, job: Job): Promise<Answer> {
  const { work, size } = job;
  const words = {
    url: job.url,
    store: job.store,
    work: work.key,
    operations: size.operations,
    "in-flight": inFlight,
    aggregates: size.aggregates,
    events: size.events,
  };
  const args = Object.entries(words).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const { code, output, complaints } = await runToEnd(binary, args, job.signal);
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${complaints.trim()}`);
  return parseAnswer(output.trim(), work.key);
}

/** What a program said and how it ended. */
export interface Ended {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | string;
  readonly output: string;
  readonly complaints: string;
}

/**
 * Run a program to its end, without a shell. Aborting kills it and what it started.
 * @throws the signal's reason when aborted; the system's error when it can't be started
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  cwd?: string,
): Promise<Ended> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A group of its own, so that a compiler's children end with it.
    const child = spawn(command, args, {
      cwd,
      detached: process.platform !== "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = (): void => {
      killGroup(child);
    };
    signal.addEventListener("abort", kill, { once: true });
    const said = { output: "", complaints: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.output = (said.output + text).slice(-maxOutputChars);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.complaints = (said.complaints + text).slice(-maxOutputChars);
    });
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      signal.removeEventListener("abort", kill);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ code: code ?? killedBy ?? "unknown", ...said });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
