import type { Context } from "../harness/scenario.ts";
import type { EmmettPeer } from "../peers/emmett/index.ts";

/** A peer and how it is called in the table, or why there is none. */
export type Emmett =
  | { readonly name: string; readonly peer: EmmettPeer }
  | { readonly skipped: string };

/** Start PostgreSQL with Emmett, with its default fsync and with none as JetStream has by default. */
export async function openEmmetts(context: Context): Promise<readonly Emmett[]> {
  const emmetts: Emmett[] = [];
  for (const fsync of [true, false]) {
    context.signal.throwIfAborted();
    const name = fsync ? "emmett-pg" : "emmett-pg-fsync-off";
    const emmett = await openOne(context, name, fsync);
    if ("skipped" in emmett) context.say(emmett.skipped);
    emmetts.push(emmett);
  }
  return emmetts;
}

/** A machine without Emmett's packages or PostgreSQL skips it, and says so. */
async function openOne({ resources }: Context, name: string, fsync: boolean): Promise<Emmett> {
  try {
    const { openEmmett } = await import("../peers/emmett/index.ts");
    const opened = await openEmmett({ fsync });
    if ("skipped" in opened) return { skipped: `${name} skipped: ${opened.skipped}` };
    return { name, peer: resources.keep(name, opened, () => opened.close()) };
  } catch (error) {
    return {
      skipped: `${name} skipped: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
