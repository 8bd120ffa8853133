import { parseArgs } from "node:util";

const usage = `An evening in a cafe, on a real nats-server.

  npm run cafe -- [options]

  --fast      without pauses
  --seed <n>  the guests order what they ordered in evening n
  --help      this text

It starts a nats-server of its own and removes it, unless NATS_URL names one that is running: there
it makes a store of its own, and removes that.
`;

/** How the evening is to be played. */
export interface EveningOptions {
  readonly fast: boolean;
  readonly seed: number;
}

/** The options on the command line; undefined when only the usage was asked for, and printed. */
export function readOptions(args: string[]): EveningOptions | undefined {
  const { values } = parseArgs({
    args,
    options: { fast: { type: "boolean" }, seed: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return undefined;
  }
  const { fast = false, seed = String(Math.floor(Math.random() * 1000)) } = values;
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`--seed must be a whole number, got "${seed}"`);
  return { fast, seed: Number(seed) };
}
