import type { Deposited } from "../work/account.ts";

/** Runs a statement in a projection's transaction. */
type Query = (text: string, values?: unknown[]) => Promise<unknown>;

/** The read model in PostgreSQL: a row for each account, in a table of its own. */
export class BalanceTable {
  readonly #name: string;

  /** @param name - of letters, digits and _ */
  constructor(name: string) {
    this.#name = name;
  }

  create(query: Query): Promise<unknown> {
    return query(
      `CREATE TABLE ${this.#name} (account text PRIMARY KEY, cents bigint NOT NULL, deposits integer NOT NULL)`,
    );
  }

  /** One event, one upsert. */
  add(account: string, { cents }: Deposited, query: Query): Promise<unknown> {
    return query(
      `INSERT INTO ${this.#name} AS b (account, cents, deposits) VALUES ($1, $2, 1)
       ON CONFLICT (account) DO UPDATE SET cents = b.cents + excluded.cents, deposits = b.deposits + 1`,
      [account, cents],
    );
  }

  /** Many events, one upsert of many rows. */
  addAll(accounts: readonly string[], cents: readonly number[], query: Query): Promise<unknown> {
    return query(
      `INSERT INTO ${this.#name} AS b (account, cents, deposits)
       SELECT account, sum(cents), count(*) FROM unnest($1::text[], $2::bigint[]) AS e (account, cents) GROUP BY account
       ON CONFLICT (account) DO UPDATE SET cents = b.cents + excluded.cents, deposits = b.deposits + excluded.deposits`,
      [accounts, cents],
    );
  }

  /** Remove it. @throws when not so many events were in it */
  async drop(events: number, query: (text: string) => Promise<{ rows: unknown[] }>): Promise<void> {
    const { rows } = await query(`SELECT sum(deposits)::integer AS held FROM ${this.#name}`);
    const { held } = rows[0] as { readonly held: number | null };
    if (held !== events) throw new Error(`${String(held)} of ${events} events were projected`);
    await query(`DROP TABLE ${this.#name}`);
  }
}
