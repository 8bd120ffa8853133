import { once } from "node:events";
import { connect } from "@nats-io/transport-node";
import type { OnState, Running, RunState } from "jetfold";
import { NatsStore } from "jetfold/nats";
import type { Told } from "./life.ts";

/** Tell the parent. */
export function tell(told: Told): void {
  process.send!(told);
}

/** Wait to be let go; end when the parent does. */
export async function letGo(): Promise<void> {
  process.on("disconnect", () => process.exit());
  await once(process, "message");
}

/** A store on a connection of its own, that waits for a server for as long as it takes. */
export async function openStore(url: string, name: string): Promise<NatsStore> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
  return NatsStore.open(connection, { name, onWarning: () => undefined });
}

/** Tells of every state. */
export function tellState(state: RunState): void {
  tell({ kind: "state", state });
}

/** What tells, once, that handling has begun. */
export function beginner(): () => void {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    tell({ kind: "handling" });
  };
}

/** Stay until killed; when the projection ends by itself, tell why, and end. */
export async function stay(running: Running): Promise<void> {
  const error: unknown = await running.done.then(
    () => "it stopped",
    (error: unknown) => error,
  );
  process.send!({ kind: "failed", error: String(error) } satisfies Told, () => process.exit(1));
}

/** What tells of every state, and, when it is called, of the first event after each standby. */
export interface TermTeller {
  readonly onState: OnState;
  readonly onEvent: () => void;
  /** How often it has stood by so far. */
  readonly standbys: () => number;
}

export function termTeller(): TermTeller {
  let standbys = 0;
  let begin = beginner();
  return {
    onState(state) {
      tellState(state);
      if (state !== "standby") return;
      standbys++;
      begin = beginner();
    },
    onEvent: () => begin(),
    standbys: () => standbys,
  };
}
