import { type EventStore, isJetfoldError, type SecondRunnerError } from "../../event/index.ts";
import type { Checkpoints } from "../checkpoints/checkpoint.ts";
import { verifyCheckpoint } from "../checkpoints/verify.ts";
import type { Projection } from "../projection.ts";
import type { Ledger } from "./ledger.ts";

/** What an error means for the projection that met it. */
export type Ending =
  | { readonly kind: "superseded" }
  /** Another process that runs this version has changed the checkpoint. */
  | { readonly kind: "conflict"; readonly error: SecondRunnerError }
  | { readonly kind: "failed"; readonly error: unknown };

/** Which projection, and where it and its checkpoint are. */
export interface Projected<Tx> {
  readonly store: EventStore;
  readonly projection: Projection<never, Tx>;
  readonly checkpoints: Checkpoints<Tx>;
}

/**
 * Tell what is behind an error: somebody else who has the checkpoint is a newer version, or another
 * process that runs this one.
 * @param ledger - where the projection was, once it had begun
 */
export async function endingOf<Tx>(
  reason: unknown,
  projected: Projected<Tx>,
  ledger: Ledger | undefined,
): Promise<Ending> {
  if (isJetfoldError(reason, "superseded")) return { kind: "superseded" };
  if (!isJetfoldError(reason, "second-runner")) return { kind: "failed", error: reason };
  if (await isSuperseded(projected).catch(() => false)) return { kind: "superseded" };
  const rewound = ledger && (await rewoundBelow(projected, ledger));
  return rewound === undefined
    ? { kind: "conflict", error: reason }
    : { kind: "failed", error: rewound };
}

/** Has a newer version taken over? @throws as `Checkpoints.activeVersion` */
export async function isSuperseded<Tx>({
  store,
  projection: { name, version },
  checkpoints,
}: Projected<Tx>): Promise<boolean> {
  const active = await checkpoints.activeVersion({ store: store.name, name });
  return active !== undefined && active > version;
}

/** A server that went back to a backup has lost what the checkpoint was changed on, too. */
async function rewoundBelow<Tx>(
  { store, projection }: Projected<Tx>,
  ledger: Ledger,
): Promise<Error | undefined> {
  return verifyCheckpoint(store, projection, ledger.checkpoint()).then(
    () => undefined,
    (error: unknown) => (isJetfoldError(error, "stream-changed") ? error : undefined),
  );
}
