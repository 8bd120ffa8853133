import type { CommandTo } from "../aggregate/index.ts";
import { commandTo } from "../aggregate/command-to.ts";
import { executeTogether } from "../aggregate/execute-together.ts";
import {
  type AggregateRef,
  type Commit,
  type EventStore,
  idOf,
  isJetfoldError,
  type Metadata,
  type RejectedError,
  type Revision,
  UnavailableError,
} from "../event/index.ts";
import { done, DoneBefore, doneId, doneUpTo, tidy } from "./done.ts";
import type { Reaction, ReactionContext } from "./reactor.ts";

/** What is reacted to: an event, or the base in place of many. */
export interface Cause extends AggregateRef {
  readonly revision: Revision;
  readonly commit: Pick<Commit, "commitId" | "metadata">;
}

/** How it is reacted to. */
export interface Reacting {
  react(context: ReactionContext): Reaction | Promise<Reaction>;
  onRejected?(rejection: RejectedError, context: ReactionContext): Reaction | Promise<Reaction>;
}

/**
 * React once: what was reacted to before is passed over, and the note that it was done is stored in
 * one transaction with the commands, on the note before it.
 * @throws {@link UnavailableError} when the store does not answer; what was stored is not stored again
 */
export async function reactOnce(
  store: EventStore,
  reactor: string,
  cause: Cause,
  reacting: Reacting,
): Promise<void> {
  const id = doneId(reactor, cause);
  if (cause.revision <= (await doneUpTo(store, id))) return;
  const context = Object.freeze({
    key: idOf(`${reactor}.${cause.family}.${cause.id}.${cause.revision}`),
  });
  const carryOut = async (reaction: Reaction): Promise<void> => {
    const commands = commandsOf(reaction);
    if (commands === undefined) return;
    await executeTogether(store, [noteOf(reactor, id, cause), ...commands], metadataOf(cause));
    await tidy(store, id);
  };
  const reaction = await reacting.react(context);
  const rejection = await rejected(() => carryOut(reaction));
  if (rejection === undefined) return;
  const instead = await reacting.onRejected?.(rejection, context);
  if (instead === undefined) throw rejection;
  const again = await rejected(() => carryOut(instead));
  if (again !== undefined) throw again;
}

/** Carry out a reaction. @returns the rejection, if it was stored neither now nor before */
async function rejected(carryOut: () => Promise<void>): Promise<RejectedError | undefined> {
  try {
    await carryOut();
    return undefined;
  } catch (error) {
    if (isJetfoldError(error, "rejected")) {
      return error.rejection instanceof DoneBefore ? undefined : error;
    }
    if (!isJetfoldError(error, "unknown-outcome")) throw error;
    // The note tells whether it was stored, so it may be tried for as long as it takes.
    throw new UnavailableError(error.message, { cause: error });
  }
}

function commandsOf(reaction: Reaction): readonly CommandTo[] | undefined {
  if (reaction === undefined) return undefined;
  return Array.isArray(reaction) ? (reaction as readonly CommandTo[]) : [reaction as CommandTo];
}

function noteOf(reactor: string, noteId: string, { family, id, revision }: Cause): CommandTo {
  return commandTo(done, noteId, { type: "Reacted", reactor, family, id, revision });
}

function metadataOf({ commit: { commitId, metadata } }: Cause): Metadata {
  return { causationId: commitId, correlationId: metadata.correlationId ?? commitId };
}
