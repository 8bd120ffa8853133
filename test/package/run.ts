import { execFile } from "node:child_process";

export interface RunOptions {
  /** @default this process's */
  readonly cwd?: string;
  /** @default 120000 */
  readonly timeoutMs?: number;
}

/**
 * Run a program to its end and give what it printed on both outputs.
 * @throws Error with all it printed when it fails or takes too long
 */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd = process.cwd(), timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { cwd, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 1 << 24, env: environment() },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`.trim();
        if (error === null) resolve(output);
        else reject(new Error(`${[file, ...args].join(" ")}\n${output || error.message}`));
      },
    );
    child.stdin?.end();
  });
}

/** This process's, without what npm tells the scripts of this package: it would mislead another. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name),
  );
  return Object.fromEntries(entries);
}
