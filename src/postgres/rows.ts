import { PoisonError } from "../event/index.ts";
import type { Checkpoint, CheckpointOwner, ParkedCommit, Step } from "../project/index.ts";
import { checkpointFrom } from "../project/checkpoints/checkpoint-record.ts";
import { isParkedCommit } from "../project/parking/parked.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { Tables } from "./schema.ts";
import { fromJsonb, toJsonb } from "./stored-json.ts";
import { literal } from "./statement.ts";

/** A checkpoint's row. */
export interface CheckpointRow {
  readonly revision: number;
  readonly runner: string;
  readonly checkpoint: Checkpoint;
}

/** Until the transaction is over, nobody else changes the row. */
export type Lock = "" | "FOR UPDATE";

/** The rows of a projection's version. */
export function ownedBy({ store, name, version }: CheckpointOwner): string {
  return `${namedBy({ store, name })} AND version = ${literal(version)}`;
}

/** The rows of a projection, whatever its version. */
export function namedBy({ store, name }: Omit<CheckpointOwner, "version">): string {
  return `store = ${literal(store)} AND projection = ${literal(name)}`;
}

/** @throws {@link PoisonError} when a row is not what was written */
export async function checkpointRow(
  tx: OpenTransaction,
  { checkpoints }: Tables,
  owner: CheckpointOwner,
  lock: Lock = "",
): Promise<CheckpointRow | undefined> {
  const { rows } = await tx.query(
    `SELECT revision::text, runner::text, checkpoint::text FROM ${checkpoints}
     WHERE ${ownedBy(owner)} ${lock}`,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const [revision, runner, checkpoint] = row as [string, string, string];
  const stored: unknown = fromJsonb(checkpoint);
  return {
    revision: Number(revision),
    runner,
    checkpoint: checkpointFrom(stored, checkpointKey(owner)),
  };
}

export async function activeVersion(
  tx: OpenTransaction,
  { active }: Tables,
  owner: Omit<CheckpointOwner, "version">,
  lock: Lock = "",
): Promise<number | undefined> {
  const text = `SELECT version::text FROM ${active} WHERE ${namedBy(owner)} ${lock}`;
  const { rows } = await tx.query(text);
  return rows[0] && Number(rows[0][0]);
}

/** @throws {@link PoisonError} when a row is not what was written */
export async function parkedCommits(
  tx: OpenTransaction,
  { parked }: Tables,
  owner: CheckpointOwner,
): Promise<readonly ParkedCommit[]> {
  const { rows } = await tx.query(`SELECT parked::text FROM ${parked} WHERE ${ownedBy(owner)}`);
  return rows.map(([text]) => {
    const stored: unknown = fromJsonb(text!);
    if (isParkedCommit(stored)) return stored;
    throw new PoisonError(
      { kind: "bucket", key: checkpointKey(owner) },
      "an unreadable parked commit",
    );
  });
}

/** What a step sets aside, and what no longer. */
export async function setAside(
  tx: OpenTransaction,
  { parked }: Tables,
  owner: CheckpointOwner,
  { park = [], release = [] }: Step<never>,
): Promise<void> {
  for (const one of park) {
    const key = [owner.store, owner.name, owner.version, one.family, one.id];
    const values = [...key, one.sequence, toJsonb(one)];
    await tx.query(
      `INSERT INTO ${parked} (store, projection, version, family, id, sequence, parked)
       VALUES (${values.map(literal).join(", ")})
       ON CONFLICT (store, projection, version, family, id)
       DO UPDATE SET sequence = excluded.sequence, parked = excluded.parked`,
    );
  }
  for (const { family, id } of release) {
    await tx.query(
      `DELETE FROM ${parked}
       WHERE ${ownedBy(owner)} AND family = ${literal(family)} AND id = ${literal(id)}`,
    );
  }
}

/** Where a checkpoint is, for an error. */
export function checkpointKey({ name, version }: CheckpointOwner): string {
  return `checkpoint.${name}.${version}`;
}
