import type { StoredMessage } from "../../event/backend/index.ts";

/**
 * Runs of pages, each in the order of sequences, as one run. At most a page of each is held.
 */
export async function* mergePages(
  runs: readonly AsyncGenerator<readonly StoredMessage[], void, undefined>[],
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  if (runs.length === 1) return yield* runs[0]!;
  const open = runs.map((pages): Run => ({ pages, held: [], ended: false }));
  try {
    for (;;) {
      await Promise.all(open.map(refill));
      const going = open.filter((run) => !run.ended);
      // Below the smallest of the last sequences held, nothing can come any more.
      const safe = Math.min(...going.map(({ held }) => held.at(-1)!.sequence));
      const page = open.flatMap((run) => takeUpTo(run, safe));
      if (page.length > 0) yield page.sort((a, b) => a.sequence - b.sequence);
      if (going.length === 0) return;
    }
  } finally {
    await Promise.all(open.map(({ pages }) => pages.return()));
  }
}

interface Run {
  readonly pages: AsyncGenerator<readonly StoredMessage[], void, undefined>;
  held: readonly StoredMessage[];
  ended: boolean;
}

async function refill(run: Run): Promise<void> {
  while (run.held.length === 0 && !run.ended) {
    const next = await run.pages.next();
    if (next.done) run.ended = true;
    else run.held = next.value;
  }
}

/** Take what a run holds up to a sequence (inclusive). */
function takeUpTo(run: Run, sequence: number): readonly StoredMessage[] {
  const beyond = run.held.findIndex((message) => message.sequence > sequence);
  const taken = beyond < 0 ? run.held : run.held.slice(0, beyond);
  run.held = beyond < 0 ? [] : run.held.slice(beyond);
  return taken;
}
