import { parseArgs } from "node:util";

const usage = `What reading without copies saves, and where it does not.

  npm run zero-copy -- [options]

  --memory      only on a store in memory, without a nats-server
  --rounds <n>  how often each thing is timed, 1 to 99 (7)
  --help        this text

It starts a nats-server of its own and removes it. Exits with 1 when something that must be true is
not; how fast things are decides nothing.
`;

/** What is to be measured. */
export interface ZeroCopyOptions {
  readonly memoryOnly: boolean;
  readonly rounds: number;
}

/** The options on the command line; undefined when only the usage was asked for, and printed. */
export function readOptions(args: string[]): ZeroCopyOptions | undefined {
  const { values } = parseArgs({
    args,
    options: { memory: { type: "boolean" }, rounds: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return undefined;
  }
  const { memory = false, rounds = "7" } = values;
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error(`--rounds must be 1 to 99, got "${rounds}"`);
  return { memoryOnly: memory, rounds: Number(rounds) };
}
