import { parseArgs } from "node:util";
import { type Key, keys } from "./harness/scenario.ts";
import type { ScaleName } from "./harness/scale.ts";

const usage = `How fast jetfold is, beside the wire, nats.js and Emmett, by turns on one machine.

  npm run bench -- [options]

  --quick           every key at a smaller size
  --scale <name>    full, quick, or tiny: only to see that the bench works
  --only <key,...>  only these keys
  --json <file>     write value, unit, scale and ratios of every key there
  --readme <file>   put the table between <!-- bench:start --> and <!-- bench:end --> of this file;
                    only after a full run of every key
  --help            this text

Keys: ${keys.join(", ")}

It starts servers of its own and removes them with their files. Exits with 1 when a key could not be
measured; whether the bars held decides nothing.
`;

/** What is to be measured and where it goes. */
export interface BenchOptions {
  readonly scale: ScaleName;
  readonly only: readonly Key[];
  readonly json: string | undefined;
  readonly readme: string | undefined;
}

/** The options on the command line; undefined when only the usage was asked for, and printed. */
export function readOptions(args: string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean" },
      scale: { type: "string" },
      only: { type: "string" },
      json: { type: "string" },
      readme: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return undefined;
  }
  const { quick = false, scale = quick ? "quick" : "full", only, json, readme } = values;
  if (readme !== undefined && (scale !== "full" || only !== undefined)) {
    throw new Error("--readme takes a full run of every key");
  }
  return { scale: scaleNamed(scale), only: keysNamed(only), json, readme };
}

function scaleNamed(name: string): ScaleName {
  if (name === "full" || name === "quick" || name === "tiny") return name;
  throw new Error(`--scale must be full, quick or tiny, got "${name}"`);
}

function keysNamed(list: string | undefined): readonly Key[] {
  if (list === undefined) return keys;
  const named = list.split(",");
  const unknown = named.find((name) => !(keys as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--only: no key is called "${unknown}"`);
  return keys.filter((key) => named.includes(key));
}
