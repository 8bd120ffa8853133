import { ConflictError, newId } from "../event/index.ts";
import type {
  Activation,
  Checkpoint,
  CheckpointOwner,
  ParkedCommit,
  ResumedCheckpoint,
  ResumeOptions,
  Step,
} from "../project/index.ts";
import { checkpointFrom } from "../project/checkpoints/checkpoint-record.ts";
import { effectsTakenOn } from "../project/versions/effects-taken-on.ts";
import {
  activeVersion,
  changedRows,
  checkpointRow,
  type CheckpointRow,
  parkedCommits,
  setAside,
  subjectOf,
} from "./rows.ts";
import type { Tables } from "./schema.ts";
import type { Database, Sql } from "./sql.ts";
import { inTransaction, UnknownCommitError } from "./transaction.ts";

/** One projection's checkpoint in a table, changed only as this runner knows it. */
export class PostgresCheckpoint implements ResumedCheckpoint<Sql> {
  readonly at: Checkpoint | undefined;
  readonly parked: readonly ParkedCommit[];
  readonly active: number | undefined;
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #owner: CheckpointOwner;
  readonly #options: ResumeOptions;
  /** Tells this runner's changes from another's. */
  readonly #runner = newId();
  /** Of the row; 0 when there is none. */
  #revision: number;
  /** The step of which it is not known whether it was carried out. */
  #unsure: Step<Sql> | undefined;

  private constructor(
    database: Database,
    tables: Tables,
    owner: CheckpointOwner,
    row: CheckpointRow | undefined,
    parked: readonly ParkedCommit[],
    active: number | undefined,
    options: ResumeOptions,
  ) {
    this.#options = options;
    this.#database = database;
    this.#tables = tables;
    this.#owner = owner;
    this.#revision = Number(row?.revision ?? 0);
    this.at = row && checkpointFrom(row.checkpoint, subjectOf(owner));
    this.parked = parked;
    this.active = active;
  }

  /** @throws {@link PoisonError} when what is stored is not what was written */
  static load(
    database: Database,
    tables: Tables,
    owner: CheckpointOwner,
    options: ResumeOptions = {},
  ): Promise<PostgresCheckpoint> {
    const loading = async (tx: Sql): Promise<PostgresCheckpoint> => {
      const row = await checkpointRow(tx, tables, owner);
      const parked = await parkedCommits(tx, tables, owner);
      const active = await activeVersion(tx, tables, owner);
      return new PostgresCheckpoint(database, tables, owner, row, parked, active, options);
    };
    return inTransaction(database, loading, options);
  }

  write(step: Step<Sql>): Promise<void> {
    return this.#carryOut(step, async (tx) => {
      if (await this.#isDone(tx, step)) return;
      await step.work?.(tx);
      await this.#save(tx, step, step.checkpoint());
    });
  }

  activate(step: Step<Sql>): Promise<Activation> {
    const owner = this.#owner;
    return this.#carryOut(step, async (tx): Promise<Activation> => {
      const active = await activeVersion(tx, this.#tables, owner, "FOR UPDATE");
      if (await this.#isDone(tx, step)) {
        return { kind: "active", effects: (await this.#lock(tx, owner.version))?.effects };
      }
      if (active !== undefined && active > owner.version) throw this.#conflict(step);
      const replaced = active === undefined || active === owner.version ? undefined : active;
      const old = replaced === undefined ? undefined : await this.#lock(tx, replaced);
      if (old && old.sequence > step.checkpoint().sequence) {
        return { kind: "behind", sequence: old.sequence };
      }
      await step.work?.(tx);
      if (replaced) await this.#fence(tx, replaced);
      const effects = effectsTakenOn(step, old);
      await this.#save(tx, step, {
        ...step.checkpoint(),
        ...(effects !== undefined && { effects }),
      });
      await this.#pointHere(tx, step, active);
      return { kind: "active", effects };
    });
  }

  async #carryOut<T>(step: Step<Sql>, work: (tx: Sql) => Promise<T>): Promise<T> {
    const before = this.#revision;
    try {
      const value = await inTransaction(this.#database, work, this.#options);
      this.#unsure = undefined;
      return value;
    } catch (error) {
      this.#revision = before;
      if (error instanceof UnknownCommitError) this.#unsure = step;
      throw error;
    }
  }

  /** Was this step carried out, without this having been told? */
  async #isDone(tx: Sql, step: Step<Sql>): Promise<boolean> {
    if (this.#unsure === undefined) return false;
    const row = await checkpointRow(tx, this.#tables, this.#owner, "FOR UPDATE");
    const mine = row?.runner === this.#runner && Number(row.revision) === this.#revision + 1;
    if (!mine) return false;
    this.#revision++;
    if (step === this.#unsure) return true;
    // Another one without work, of before: it has nothing to tell.
    const { sequence } = checkpointFrom(row.checkpoint, subjectOf(this.#owner));
    const bare = step.work === undefined && step.park === undefined && step.release === undefined;
    return bare && step.checkpoint().sequence < sequence;
  }

  /** @throws {@link ConflictError} when the row is not as it was left here */
  async #save(tx: Sql, step: Step<Sql>, checkpoint: Checkpoint): Promise<void> {
    const { store, name, version } = this.#owner;
    const { checkpoints } = this.#tables;
    const values = [store, name, version, this.#revision, this.#runner];
    const text =
      this.#revision === 0
        ? `INSERT INTO ${checkpoints} (store, projection, version, revision, runner, sequence, checkpoint)
           VALUES ($1, $2, $3, $4::bigint + 1, $5, $6, $7) ON CONFLICT DO NOTHING`
        : `UPDATE ${checkpoints} SET revision = revision + 1, runner = $5, sequence = $6, checkpoint = $7
           WHERE store = $1 AND projection = $2 AND version = $3 AND revision = $4`;
    const written = [...values, checkpoint.sequence, JSON.stringify(checkpoint)];
    if (changedRows(await tx.query(text, written)) !== 1) throw this.#conflict(step);
    this.#revision++;
    await setAside(tx, this.#tables, this.#owner, step);
  }

  /** The checkpoint of another version, which can't go on until this transaction is over. */
  async #lock(tx: Sql, version: number): Promise<Checkpoint | undefined> {
    const owner = { ...this.#owner, version };
    const row = await checkpointRow(tx, this.#tables, owner, "FOR UPDATE");
    return row && checkpointFrom(row.checkpoint, subjectOf(owner));
  }

  /** What another version writes from now on is refused. */
  async #fence(tx: Sql, version: number): Promise<void> {
    const text = `UPDATE ${this.#tables.checkpoints} SET revision = revision + 1, runner = $4
      WHERE store = $1 AND projection = $2 AND version = $3`;
    const { store, name } = this.#owner;
    await tx.query(text, [store, name, version, this.#runner]);
  }

  async #pointHere(tx: Sql, step: Step<Sql>, before: number | undefined): Promise<void> {
    const { store, name, version } = this.#owner;
    const { active } = this.#tables;
    const text =
      before === undefined
        ? `INSERT INTO ${active} (store, projection, version) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING`
        : `UPDATE ${active} SET version = $3 WHERE store = $1 AND projection = $2`;
    const result = await tx.query(text, [store, name, version]);
    if (changedRows(result) !== 1) throw this.#conflict(step);
  }

  #conflict(step: Step<Sql>): ConflictError {
    const { name, version } = this.#owner;
    const { sequence } = step.checkpoint();
    const at = { family: "checkpoint", id: `${name}.${version}` };
    return new ConflictError(at, sequence, sequence, anotherRunner);
  }
}

const anotherRunner =
  "somebody else has changed it: another process runs the projection, or a newer version has taken over";
