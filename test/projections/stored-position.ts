import { type Checkpoint, type EventStore, msgpackCodec } from "jetfold";

/** How far the checkpoint of a projection's first version is in its store; 0 when there is none. */
export async function storedPosition(
  { projections }: Pick<EventStore, "projections">,
  name: string,
): Promise<number> {
  const entry = await projections.get(`checkpoint.${name}.1`, { fresh: "leader" });
  return entry === undefined ? 0 : (msgpackCodec.decode(entry.value, "") as Checkpoint).sequence;
}
