import type { Contender } from "../harness/interleave.ts";
import type { Context } from "../harness/scenario.ts";
import { p50Us } from "../harness/statistics.ts";
import { deposited } from "../work/account.ts";
import type { EmmettPeer } from "../peers/emmett/index.ts";
import { openEmmetts } from "./peer.ts";

/** Emmett's part in a key; the notes say why it has none. */
export interface EmmettContenders {
  readonly contenders: readonly Contender[];
  readonly notes: readonly string[];
}

/** One append after the other, each of a new stream. */
export function emmettAppends(context: Context, appends: number): Promise<EmmettContenders> {
  return contendersOf(context, (peer) => (index) => {
    const stem = `account-${index}`;
    return p50Us(appends, context.signal, (i) => peer.append(`${stem}-${i}`, [deposited(i)], 0n));
  });
}

/** Aggregate streams of so many events, `loads` a round, each written before the clock starts. */
export function emmettLoads(
  context: Context,
  loads: number,
  events: number,
): Promise<EmmettContenders> {
  return contendersOf(context, (peer) => async (index) => {
    const names = Array.from({ length: loads }, (_, i) => `loaded-${index}-${i}`);
    for (const name of names) {
      await peer.append(
        name,
        Array.from({ length: events }, (_, n) => deposited(n)),
        0n,
      );
    }
    return p50Us(loads, context.signal, async (i) => {
      const folded = await peer.aggregate(names[i]!);
      if (folded !== events) throw new Error(`${folded} of ${events} events were folded`);
    });
  });
}

async function contendersOf(
  context: Context,
  roundOf: (peer: EmmettPeer) => Contender["round"],
): Promise<EmmettContenders> {
  const emmetts = await openEmmetts(context);
  const contenders = emmetts.flatMap((one) =>
    "peer" in one ? [{ name: one.name, round: roundOf(one.peer) }] : [],
  );
  const notes = emmetts.map((one) =>
    "skipped" in one ? one.skipped : `${one.name}: PostgreSQL ${one.peer.postgresVersion}`,
  );
  return { contenders, notes };
}
