import { createHash } from "node:crypto";
import {
  type Commit,
  CommitIdReusedError,
  InvalidInputError,
  msgpackCodec,
} from "../event/index.ts";
import { isPlainObject } from "../event/arguments.ts";

/** Under which key a commit's metadata says which command it came of. */
const digestKey = "jetfoldCommand";

/** What an execution knows of its command. */
export interface Digested {
  readonly commitId: string;
  /** Undefined when nobody asked for it. */
  readonly digest: string | undefined;
}

/**
 * A digest of a command (SHA-256), the same whatever the order of its members, and whether they are
 * undefined or absent.
 * @throws {@link InvalidInputError} for a command that can't be stored as MessagePack
 */
export function digestOf(command: unknown): string {
  try {
    const bytes = msgpackCodec.encode(inOrder(command, 0), "");
    return createHash("sha256").update(bytes).digest("base64url");
  } catch (cause) {
    const rule = "must be something that can be stored, to be compared (compareCommand)";
    throw new InvalidInputError("command", rule, command, { cause });
  }
}

/** The metadata of its commit. */
export function withDigest<Of extends object>(metadata: Of, digest: string | undefined): Of {
  return digest === undefined ? metadata : { ...metadata, [digestKey]: digest };
}

/**
 * A commit with the id of an execution, of which it is known what it came of, came of this command.
 * @throws {@link CommitIdReusedError}
 */
export function assertSameCommand({ metadata }: Commit, { commitId, digest }: Digested): void {
  const stored = metadata[digestKey];
  if (digest === undefined || stored === undefined || stored === digest) return;
  throw new CommitIdReusedError(commitId);
}

/** What nests deeper than this, the codec refuses. */
const deepest = 101;

function inOrder(value: unknown, depth: number): unknown {
  if (depth > deepest) return value;
  if (Array.isArray(value)) return value.map((item) => inOrder(item, depth + 1));
  if (isPlainObject(value) !== undefined) return value;
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, inOrder(member, depth + 1)]));
}
