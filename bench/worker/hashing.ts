import { createHash } from "node:crypto";
import { defineEvents, defineProjection, type Family, type Projection } from "jetfold";

interface Photographed {
  readonly type: "Photographed";
  readonly picture: Uint8Array;
}

export const PictureEvents: Family<Photographed> = defineEvents<Photographed>()({
  name: "Picture",
  types: { Photographed: {} },
});

/** Takes about a millisecond of CPU for each event: hashes its picture again and again. */
export function hashing(digests: Map<string, string>): Projection<typeof PictureEvents> {
  return defineProjection({
    name: "hashing",
    events: PictureEvents,
    project({ id, event }) {
      const end = performance.now() + 1;
      let digest = "";
      do digest = createHash("sha256").update(event.picture).update(digest).digest("hex");
      while (performance.now() < end);
      digests.set(id, digest);
    },
  });
}
