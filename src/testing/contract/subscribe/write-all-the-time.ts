import type { Sequence } from "../../../event/index.ts";
import { append } from "../append.ts";
import type { CaseContext } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";

/** 600 commits of four ledgers at once; their sequences come into `all`. */
export function writeAllTheTime(
  store: CaseContext["store"],
  all: Sequence[],
): { written: Promise<unknown>; halfway: Promise<void> } {
  let reached = (): void => undefined;
  const halfway = new Promise<void>((resolve) => (reached = resolve));
  const write = async (id: string): Promise<void> => {
    for (let n = 0; n < 150; n++) {
      all.push((await append(store, id, "any", [deposited(n)])).head.sequence);
      if (all.length >= 300) reached();
    }
  };
  const written = Promise.all([0, 1, 2, 3].map((n) => write(`ledger-${n}`)));
  written.catch(() => undefined);
  return { written, halfway };
}
