import { msgpackCodec, type Replay } from "../event/index.ts";
import type { AppendTarget, StoreLifetime } from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";
import type { MemoryStoreOptions } from "./options.ts";

/** What the shared rules of publishing need of this backend. */
export function appendTarget(
  store: Pick<Replay, "last" | "at" | "replay">,
  lifetime: Pick<StoreLifetime, "assertOpen">,
  log: MemoryLog,
  { codec = msgpackCodec, maxCommitBytes = 1 << 20 }: MemoryStoreOptions,
): AppendTarget {
  return {
    codec,
    maxMessageBytes: maxCommitBytes,
    headerBytes: 0,
    replicated: false,
    last: (family, id) => store.last(family, id),
    at: (selection, sequence) => store.at(selection, sequence),
    replay: (selection, options) => store.replay(selection, options),
    occupant: async (sequence, { family, id }) => {
      const message = log.at(sequence);
      const sameAggregate = message?.family === family && message.id === id;
      return message && { sameAggregate, sameCommitId: false };
    },
    isDeleted: async (sequence) => sequence < log.lastSequence && log.at(sequence) === undefined,
    assertOpen: () => lifetime.assertOpen(),
    append: async (messages) => log.append(messages),
  };
}
