import { isJetfoldError, type Sequence, UnavailableError } from "../../event/index.ts";
import { backOff, checkSequence, deadlineIn, type Selector } from "../../event/backend/index.ts";
import { countByConsumer } from "../feed/push-consumer.ts";
import { isApiError } from "../requests/api.ts";
import { patienceMs } from "../requests/request.ts";
import { filtersOf, maxFilters, type Stream, subjectOf } from "../stream.ts";
import { asUnavailable } from "./direct-get.ts";
import { leaderGet } from "./leader-get.ts";
import { eachOf, forEachOf, type Many, namedIn } from "./many.ts";
import { fetchPage } from "./page.ts";
import { singlesOf } from "./pages.ts";

/**
 * How many messages of one subject (wildcards allowed) come after a sequence (exclusive), as some
 * replica has them; undefined when it does not say in time. Where a mirror answers, a consumer says.
 * @throws as {@link fetchPage}
 */
export async function tryCount(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const mirrored = stream.mirrors.answerFor(stream.name);
  let said = mirrored ? "doubtful" : await replicaCount(stream, filter, after, signal);
  if (said === "doubtful") {
    const counted = await countByConsumer(stream, filter, after, signal).catch(whereRefused);
    if (counted !== undefined) return counted;
    if (mirrored) said = await replicaCount(stream, filter, after, signal);
  }
  return typeof said === "number" ? said : undefined;
}

/** The same by a page of one message, which tells whose it is; that there is none, the leader tells. */
async function replicaCount(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number | "broken" | "doubtful"> {
  const query = { from: after + 1, filter, batch: 1 };
  const { messages, pending, outcome } = await fetchPage(stream, query, signal);
  if (outcome === "broken") return "broken";
  if (outcome === "mirror") return "doubtful";
  if (messages.length > 0) return 1 + pending;
  const next = await leaderGet(stream, { seq: after + 1, next_by_subj: filter }, signal);
  return next === undefined ? 0 : "doubtful";
}

/** Who may not have a consumer goes on asking replicas. */
function whereRefused(error: unknown): undefined {
  if (isJetfoldError(error, "config") || isApiError(error)) return;
  throw error;
}

/**
 * See `Replay.count`.
 * @throws {@link UnavailableError} when nobody says for 15 s, or the server refuses to
 */
export async function countSelected(
  stream: Stream,
  selector: Selector,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  checkSequence("after", after);
  const filters = filtersOf(stream, selector);
  const families = [...selector.families.keys()];
  const counts = await Promise.all(
    filters.length > maxFilters
      ? families.map((family) => countIn(stream, selector, family, after, signal))
      : filters.map((filter) => count(stream, filter, after, signal)),
  );
  return sumOf(counts);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, one) => sum + one, 0);
}

async function countIn(
  stream: Stream,
  selector: Selector,
  family: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  const filter = subjectOf(stream, family, "*");
  const all = await count(stream, filter, after, signal);
  const many = namedIn(selector, family);
  if (many === undefined || all === 0) return all;
  return (
    (all <= many.ids.size ? await countRead(stream, many, after, signal) : undefined) ??
    sumOf(
      await forEachOf(many, (id) => count(stream, subjectOf(stream, family, id), after, signal)),
    )
  );
}

/** Where less came than there are aggregates, it is read. */
async function countRead(
  stream: Stream,
  many: Many,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const query = { last_by_subj: subjectOf(stream, many.family, "*") };
  const newest = await leaderGet(stream, query, signal);
  const bound = newest?.sequence ?? 0;
  let counted = 0;
  const read = { stream, signal, deadline: undefined };
  const whole = await eachOf(read, many, after, bound, ({ sequence, id }) => {
    if (sequence <= bound && many.ids.has(id)) counted++;
  });
  return whole ? counted : undefined;
}

/** So often replicas are asked for a count beside a mirror, by somebody who may not have a consumer. */
const maxTries = 3;

/** By one request to the leader for each message. */
async function countSingly(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  let counted = 0;
  for await (const page of singlesOf(stream, filter, after, Infinity, signal)) {
    counted += page.length;
  }
  return counted;
}

async function count(
  stream: Stream,
  filter: string,
  after: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  const patience = deadlineIn(patienceMs);
  for (let attempt = 0; ; attempt++) {
    const counted = await tryCount(stream, filter, after, signal).catch((error: unknown) => {
      throw asUnavailable(error, "a count");
    });
    if (counted !== undefined) return counted;
    if (attempt === maxTries && stream.mirrors.answerFor(stream.name)) {
      return countSingly(stream, filter, after, signal);
    }
    if (patience.leftMs() <= 0) throw new UnavailableError(`no count within ${patienceMs} ms`);
    await backOff(attempt, patience, signal);
  }
}
