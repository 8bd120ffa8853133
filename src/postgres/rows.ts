import { newId, PoisonError } from "../event/index.ts";
import type { CheckpointOwner, ParkedCommit, Step } from "../project/index.ts";
import { isParkedCommit } from "../project/parking/parked.ts";
import type { Tables } from "./schema.ts";
import type { Sql, SqlResult } from "./sql.ts";

/** A checkpoint's row. */
export interface CheckpointRow {
  /** A bigint, which clients give as text or as a number. */
  readonly revision: string | number;
  readonly runner: string;
  readonly checkpoint: unknown;
}

/** How many rows a statement has changed; the two clients name it differently. */
export function changedRows({ rowCount, affectedRows }: SqlResult): number {
  return rowCount ?? affectedRows ?? 0;
}

/** Until the transaction is over, nobody else changes the row. */
export type Lock = "" | "FOR UPDATE";

export async function checkpointRow(
  tx: Sql,
  { checkpoints }: Tables,
  { store, name, version }: CheckpointOwner,
  lock: Lock = "",
): Promise<CheckpointRow | undefined> {
  const text = `SELECT revision, runner, checkpoint FROM ${checkpoints}
    WHERE store = $1 AND projection = $2 AND version = $3 ${lock}`;
  const { rows } = await tx.query(text, [store, name, version]);
  return rows[0] as CheckpointRow | undefined;
}

export async function activeVersion(
  tx: Sql,
  { active }: Tables,
  { store, name }: Omit<CheckpointOwner, "version">,
  lock: Lock = "",
): Promise<number | undefined> {
  const text = `SELECT version FROM ${active} WHERE store = $1 AND projection = $2 ${lock}`;
  const { rows } = await tx.query(text, [store, name]);
  return (rows[0] as { readonly version: number } | undefined)?.version;
}

/** @throws {@link PoisonError} when a row is not what was written */
export async function parkedCommits(
  tx: Sql,
  { parked }: Tables,
  owner: CheckpointOwner,
): Promise<readonly ParkedCommit[]> {
  const text = `SELECT parked FROM ${parked} WHERE store = $1 AND projection = $2 AND version = $3`;
  const { rows } = await tx.query(text, [owner.store, owner.name, owner.version]);
  return (rows as { readonly parked: unknown }[]).map((row) => {
    if (isParkedCommit(row.parked)) return row.parked;
    throw new PoisonError(
      { sequence: 0, subject: subjectOf(owner) },
      "an unreadable parked commit",
    );
  });
}

/** What a step sets aside, and what no longer. */
export async function setAside(
  tx: Sql,
  { parked }: Tables,
  { store, name, version }: CheckpointOwner,
  { park = [], release }: Step<Sql>,
): Promise<void> {
  for (const one of park) {
    const text = `INSERT INTO ${parked} (store, projection, version, family, id, sequence, parked)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (store, projection, version, family, id)
      DO UPDATE SET sequence = excluded.sequence, parked = excluded.parked`;
    const { family, id, sequence } = one;
    await tx.query(text, [store, name, version, family, id, sequence, JSON.stringify(one)]);
  }
  if (release === undefined) return;
  const text = `DELETE FROM ${parked} WHERE store = $1 AND projection = $2 AND version = $3
    AND family = $4 AND id = $5`;
  await tx.query(text, [store, name, version, release.family, release.id]);
}

/** The id of these tables; whoever asks first gives them one. */
export async function homeId(tx: Sql, { home }: Tables): Promise<string> {
  await tx.query(`INSERT INTO ${home} (id) VALUES ($1) ON CONFLICT DO NOTHING`, [newId()]);
  const { rows } = await tx.query(`SELECT id FROM ${home}`);
  return (rows[0] as { readonly id: string }).id;
}

/** Where a checkpoint is, for an error. */
export function subjectOf({ name, version }: CheckpointOwner): string {
  return `checkpoint.${name}.${version}`;
}
