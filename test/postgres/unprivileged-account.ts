import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UnavailableError } from "../../src/event/errors.ts";

/** Whom a program runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const candidates = ["postgres", "nobody"];

/**
 * Whom PostgreSQL is to run as, for it refuses to run as root: undefined when this process is not
 * root, else an account that exists already.
 * @throws {@link UnavailableError} when there is none.
 */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of candidates) {
    const [uid, gid] = [await numberOf("-u", name), await numberOf("-g", name)];
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new UnavailableError(
    `PostgreSQL does not run as root, and there is no account ${candidates.join(" or ")}`,
  );
}

async function numberOf(option: string, name: string): Promise<number | undefined> {
  const printed = await promisify(execFile)("id", [option, name]).catch(() => undefined);
  const value = Number(printed?.stdout);
  return printed === undefined || !Number.isInteger(value) ? undefined : value;
}
