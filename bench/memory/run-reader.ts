import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Context } from "../harness/scenario.ts";
import type { ReaderFigures, ReaderReport, ReaderTask } from "./reader-task.ts";

/** A reader in a process of its own. */
export interface Reader {
  /** It has read what was stored when it began. */
  readonly caughtUp: Promise<void>;
  readonly figures: Promise<ReaderFigures>;
}

/** Start a reader; it ends by itself, or with the key. */
export function startReader({ resources, signal }: Context, task: ReaderTask): Reader {
  signal.throwIfAborted();
  const script = fileURLToPath(new URL("reader-process.ts", import.meta.url));
  const child = fork(script, [JSON.stringify(task)], {
    execArgv: [...process.execArgv, "--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  resources.keep("a reader", child, () => ended(child));
  let catchUp: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => (catchUp = resolve));
  const figures = new Promise<ReaderFigures>((resolve, reject) => {
    child.on("message", (report: ReaderReport) => {
      if (report === "caught up") catchUp();
      else resolve(report);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the reader ended with ${code}`)));
  });
  figures.catch(() => undefined);
  return { caughtUp, figures };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
