import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { UnavailableError } from "../../event/errors.ts";

/** How {@link runCommand} runs a command. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed when it takes longer than this. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of the standard output. */
  readonly onLine?: (line: string) => void;
}

/** How much of a failed command's error output goes into the error. */
const maxErrorLength = 500;

/**
 * Run a program without a shell and wait until it ends.
 * @throws {@link UnavailableError} when it cannot be started, fails, or takes too long, with what it
 *   printed on the standard error; the signal's reason when aborted.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
    signal: options.signal,
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-maxErrorLength);
  });
  createInterface({ input: child.stdout }).on("line", options.onLine ?? (() => undefined));
  const outcome = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      resolve(
        code === 0 ? undefined : signal === null ? `exit code ${code}` : `ended by ${signal}`,
      );
    });
  });
  options.signal?.throwIfAborted();
  if (outcome === undefined) return;
  // An address may carry a password.
  const said = errors
    .trim()
    .replaceAll(/\s*\n\s*/g, "; ")
    .replaceAll(/\/\/[^/@\s]+@/g, "//");
  throw new UnavailableError(`${file} ${args.at(-1) ?? ""}: ${said === "" ? outcome : said}`);
}
