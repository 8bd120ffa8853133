import { styleText } from "node:util";
import { type Backend, memoryBackend, natsBackend } from "./backends.ts";
import type { Check } from "./checks.ts";
import { readOptions, type ZeroCopyOptions } from "./options.ts";
import { checkAll, measureAll, record } from "./tour.ts";

/** Check and measure. Resolves with the exit code. */
async function main({ memoryOnly, rounds }: ZeroCopyOptions): Promise<number> {
  const checks = await visit(memoryBackend(), memoryOnly ? rounds : undefined);
  if (!memoryOnly) checks.push(...(await visit(await natsBackend(), rounds)));
  const failed = checks.filter(({ held }) => !held).length;
  if (failed > 0) say(`${failed} of ${checks.length} checks failed.`);
  return failed === 0 && checks.length > 0 ? 0 : 1;
}

/** Check one backend, and measure it when there is a number of rounds. */
async function visit(backend: Backend, rounds: number | undefined): Promise<Check[]> {
  try {
    await using store = await backend.open();
    await record(store);
    say(styleText("bold", `On ${backend.name}`));
    const checks = await checkAll(backend, store);
    for (const check of checks) say(`  ${line(check)}`);
    say("");
    if (rounds === undefined) return checks;
    for (const text of await measureAll(store, rounds)) say(text === "" ? "" : `  ${text}`);
    say("");
    say(`Times: medians of ${rounds} interleaved rounds over messages received anew.\n${notes}`);
    return checks;
  } finally {
    await backend.close();
  }
}

const notes = `Only the rebuild has in it the way from the store, and the checksum that reads every message.
envelope.event and pickFields walk a body, to see that it is sound, before they trust it; msgpackr
alone does not.`;

function line({ claim, held }: Check): string {
  return held ? `${styleText("green", "✓")} ${claim}` : `${styleText("red", "✗")} ${claim}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
