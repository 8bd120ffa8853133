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
import { effectsTakenOn } from "../project/versions/effects-taken-on.ts";
import {
  activeVersion,
  checkpointRow,
  type CheckpointRow,
  namedBy,
  ownedBy,
  parkedCommits,
  setAside,
  subjectOf,
} from "./rows.ts";
import type { Tables } from "./schema.ts";
import { type TellLate, warningOf } from "./lent-sql.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { Database, Sql } from "./sql.ts";
import { literal } from "./statement.ts";
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
  readonly #tellLate: TellLate;
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
    this.#tellLate = warningOf(subjectOf(owner), options.onWarning);
    this.#database = database;
    this.#tables = tables;
    this.#owner = owner;
    this.#revision = row?.revision ?? 0;
    this.at = row?.checkpoint;
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
    const loading = async (tx: OpenTransaction): Promise<PostgresCheckpoint> => {
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
      await this.#work(tx, step);
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
      await this.#work(tx, step);
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

  async #work(tx: OpenTransaction, { work }: Step<Sql>): Promise<void> {
    if (work !== undefined) await tx.lend(work, this.#tellLate);
  }

  async #carryOut<T>(step: Step<Sql>, work: (tx: OpenTransaction) => Promise<T>): Promise<T> {
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
  async #isDone(tx: OpenTransaction, step: Step<Sql>): Promise<boolean> {
    if (this.#unsure === undefined) return false;
    const row = await checkpointRow(tx, this.#tables, this.#owner, "FOR UPDATE");
    const mine = row?.runner === this.#runner && row.revision === this.#revision + 1;
    if (!mine) return false;
    this.#revision++;
    if (step === this.#unsure) return true;
    // Another one without work, of before: it has nothing to tell.
    const { sequence } = row.checkpoint;
    const bare = step.work === undefined && step.park === undefined && step.release === undefined;
    return bare && step.checkpoint().sequence < sequence;
  }

  /** @throws {@link ConflictError} when the row is not as it was left here */
  async #save(tx: OpenTransaction, step: Step<Sql>, checkpoint: Checkpoint): Promise<void> {
    const { store, name, version } = this.#owner;
    const { checkpoints } = this.#tables;
    const { sequence } = checkpoint;
    const revision = this.#revision + 1;
    const stored = JSON.stringify(checkpoint);
    const values = [store, name, version, revision, this.#runner, sequence, stored].map(literal);
    const text =
      this.#revision === 0
        ? `INSERT INTO ${checkpoints}
             (store, projection, version, revision, runner, sequence, checkpoint)
           VALUES (${values.join(", ")}) ON CONFLICT DO NOTHING`
        : `UPDATE ${checkpoints} SET (revision, runner, sequence, checkpoint)
             = (${values.slice(3).join(", ")})
           WHERE ${ownedBy(this.#owner)} AND revision = ${literal(this.#revision)}`;
    if ((await tx.query(text)).changed !== 1) throw this.#conflict(step);
    this.#revision = revision;
    await setAside(tx, this.#tables, this.#owner, step);
  }

  /** The checkpoint of another version, which can't go on until this transaction is over. */
  async #lock(tx: OpenTransaction, version: number): Promise<Checkpoint | undefined> {
    const owner = { ...this.#owner, version };
    const row = await checkpointRow(tx, this.#tables, owner, "FOR UPDATE");
    return row?.checkpoint;
  }

  /** What another version writes from now on is refused. */
  async #fence(tx: OpenTransaction, version: number): Promise<void> {
    await tx.query(
      `UPDATE ${this.#tables.checkpoints}
       SET revision = revision + 1, runner = ${literal(this.#runner)}
       WHERE ${ownedBy({ ...this.#owner, version })}`,
    );
  }

  async #pointHere(
    tx: OpenTransaction,
    step: Step<Sql>,
    before: number | undefined,
  ): Promise<void> {
    const { store, name, version } = this.#owner;
    const { active } = this.#tables;
    const values = [store, name, version].map(literal).join(", ");
    const text =
      before === undefined
        ? `INSERT INTO ${active} (store, projection, version) VALUES (${values})
           ON CONFLICT DO NOTHING`
        : `UPDATE ${active} SET version = ${literal(version)} WHERE ${namedBy(this.#owner)}`;
    if ((await tx.query(text)).changed !== 1) throw this.#conflict(step);
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
