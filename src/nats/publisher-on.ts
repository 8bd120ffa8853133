import { type Codec, msgpackCodec, type Replay } from "../event/index.ts";
import { Publisher, type StoreLifetime } from "../event/backend/index.ts";
import { isDeleted, occupantOf } from "./occupant.ts";
import { appendMessages, headerBytes } from "./append.ts";
import type { OpenedParts } from "./setup/open-parts.ts";
import type { StreamWitness } from "./witness/stream-witness.ts";

/** The shared rules of publishing, on what this backend can do. */
export function publisherOn(
  store: Pick<Replay, "last" | "at" | "replay">,
  lifetime: Pick<StoreLifetime, "assertOpen">,
  witness: Pick<StreamWitness, "append" | "trustToWrite">,
  { stream, maxMessageBytes, replicated }: OpenedParts,
  codec: Codec = msgpackCodec,
): Publisher {
  return new Publisher({
    codec,
    maxMessageBytes,
    headerBytes,
    replicated,
    last: (family, id, options) => store.last(family, id, options),
    at: (selection, sequence, options) => store.at(selection, sequence, options),
    replay: (selection, options) => store.replay(selection, options),
    occupant: (sequence, message, options) => occupantOf(stream, sequence, message, options),
    isDeleted: (sequence, options) => isDeleted(stream, sequence, options),
    assertOpen: () => lifetime.assertOpen(),
    trust: (deadline, signal) => witness.trustToWrite(signal, deadline),
    append: (messages, deadline, signal) =>
      witness.append(messages, deadline, signal, (believe) =>
        appendMessages(stream, messages, deadline, signal, believe),
      ),
  });
}
