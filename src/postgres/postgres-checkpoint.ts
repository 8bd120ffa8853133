import { newId, SecondRunnerError, type Sequence } from "../event/index.ts";
import type {
  Activation,
  Checkpoint,
  CheckpointOwner,
  ParkedCommit,
  ResumedCheckpoint,
  ResumeOptions,
  Step,
  VersionBefore,
} from "../project/index.ts";
import {
  activeVersion,
  checkpointRow,
  type CheckpointRow,
  namedBy,
  ownedBy,
  parkedCommits,
  setAside,
  checkpointKey,
} from "./rows.ts";
import { toJsonb } from "./stored-json.ts";
import type { Tables } from "./schema.ts";
import { type TellLate, warningOf } from "./lent-sql.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { Database, Sql } from "./sql.ts";
import { literal } from "./statement.ts";
import { ReadOnlyWarning } from "./read-only.ts";
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
  readonly #readOnly: ReadOnlyWarning;
  /** Tells this runner's changes from another's. */
  readonly #runner = newId();
  /** Of the row; 0 when there is none. */
  #revision: number;
  /** The transaction in hand has changed it. */
  #changed = false;
  /** The step of which it is not known whether it was carried out. */
  #unsure: Step<Sql> | undefined;
  /** The step that was carried out without this having been told, and where it has led. */
  #done: { readonly step: Step<Sql>; readonly sequence: Sequence } | undefined;

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
    this.#tellLate = warningOf(checkpointKey(owner), options.onWarning);
    this.#readOnly = new ReadOnlyWarning(checkpointKey(owner), options.onWarning);
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
      if (this.#isDone(step)) return;
      await this.#work(tx, step);
      await this.#save(tx, step, step.checkpoint());
    });
  }

  activate(step: Step<Sql>): Promise<Activation> {
    const owner = this.#owner;
    return this.#carryOut(step, async (tx): Promise<Activation> => {
      const active = await activeVersion(tx, this.#tables, owner, "FOR UPDATE");
      if (this.#isDone(step)) return { kind: "active" };
      if (active !== undefined && active > owner.version) throw this.#conflict();
      if (active === owner.version) {
        await this.#save(tx, step, step.checkpoint());
        return { kind: "active" };
      }
      const before = active === undefined ? undefined : await this.#lock(tx, active);
      const { sequence = 0 } = before?.checkpoint ?? {};
      if (sequence > step.checkpoint().sequence) return { kind: "behind", sequence };
      await this.#work(tx, step);
      const park = step.takeOn === undefined ? step.park : await step.takeOn(before);
      if (active !== undefined) await this.#fence(tx, active);
      await this.#save(tx, { ...step, ...(park && { park }) }, step.checkpoint());
      await this.#pointHere(tx, active);
      return { kind: "active" };
    });
  }

  async #work(tx: OpenTransaction, { work }: Step<Sql>): Promise<void> {
    if (work !== undefined) await tx.lend(work, this.#tellLate);
  }

  async #carryOut<T>(step: Step<Sql>, work: (tx: OpenTransaction) => Promise<T>): Promise<T> {
    const carryingOut = async (tx: OpenTransaction): Promise<T> => {
      this.#changed = false;
      await this.#lookUp(tx);
      return work(tx);
    };
    try {
      const value = await inTransaction(this.#database, carryingOut, this.#options);
      if (this.#changed) this.#revision++;
      if (this.#done?.step === step) this.#done = undefined;
      this.#readOnly.over();
      return value;
    } catch (error) {
      this.#readOnly.met(error);
      if (error instanceof UnknownCommitError) this.#unsure = step;
      throw error;
    }
  }

  /** Was the step carried out of which this is not known? */
  async #lookUp(tx: OpenTransaction): Promise<void> {
    const step = this.#unsure;
    if (step === undefined) return;
    const row = await checkpointRow(tx, this.#tables, this.#owner, "FOR UPDATE");
    this.#unsure = undefined;
    if (row?.runner !== this.#runner || row.revision !== this.#revision + 1) return;
    this.#revision++;
    this.#done = { step, sequence: row.checkpoint.sequence };
  }

  /** Was this step carried out, without this having been told? */
  #isDone(step: Step<Sql>): boolean {
    if (this.#done === undefined) return false;
    if (this.#done.step === step) return true;
    // Another one without work, of before: it has nothing to tell.
    const bare = step.work === undefined && step.park === undefined && step.release === undefined;
    return bare && step.checkpoint().sequence < this.#done.sequence;
  }

  /** @throws {@link SecondRunnerError} when the row is not as it was left here */
  async #save(tx: OpenTransaction, step: Step<Sql>, checkpoint: Checkpoint): Promise<void> {
    const { store, name, version } = this.#owner;
    const { checkpoints } = this.#tables;
    const { sequence } = checkpoint;
    const revision = this.#revision + 1;
    const stored = toJsonb(checkpoint);
    const values = [store, name, version, revision, this.#runner, sequence, stored].map(literal);
    const text =
      this.#revision === 0
        ? `INSERT INTO ${checkpoints}
             (store, projection, version, revision, runner, sequence, checkpoint)
           VALUES (${values.join(", ")}) ON CONFLICT DO NOTHING`
        : `UPDATE ${checkpoints} SET (revision, runner, sequence, checkpoint)
             = (${values.slice(3).join(", ")})
           WHERE ${ownedBy(this.#owner)} AND revision = ${literal(this.#revision)}`;
    if ((await tx.query(text)).changed !== 1) throw this.#conflict();
    this.#changed = true;
    await setAside(tx, this.#tables, this.#owner, step);
  }

  /** Another version, which can't go on until this transaction is over. */
  async #lock(tx: OpenTransaction, version: number): Promise<VersionBefore> {
    const owner = { ...this.#owner, version };
    const row = await checkpointRow(tx, this.#tables, owner, "FOR UPDATE");
    const parked = await parkedCommits(tx, this.#tables, owner);
    return { version, checkpoint: row?.checkpoint, parked };
  }

  /** What another version writes from now on is refused. */
  async #fence(tx: OpenTransaction, version: number): Promise<void> {
    await tx.query(
      `UPDATE ${this.#tables.checkpoints}
       SET revision = revision + 1, runner = ${literal(this.#runner)}
       WHERE ${ownedBy({ ...this.#owner, version })}`,
    );
  }

  async #pointHere(tx: OpenTransaction, before: number | undefined): Promise<void> {
    const { store, name, version } = this.#owner;
    const { active } = this.#tables;
    const values = [store, name, version].map(literal).join(", ");
    const text =
      before === undefined
        ? `INSERT INTO ${active} (store, projection, version) VALUES (${values})
           ON CONFLICT DO NOTHING`
        : `UPDATE ${active} SET version = ${literal(version)} WHERE ${namedBy(this.#owner)}`;
    if ((await tx.query(text)).changed !== 1) throw this.#conflict();
  }

  /** Another process runs the version, or a newer one has taken over. */
  #conflict(): SecondRunnerError {
    const { name, version } = this.#owner;
    return new SecondRunnerError(name, version);
  }
}
