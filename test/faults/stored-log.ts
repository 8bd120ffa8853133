import type { NatsConnection } from "@nats-io/transport-node";
import type { Frame } from "jetfold";
import { readFrame } from "../../src/event/backend/index.ts";

/** A commit as it lies in the stream, read past all of the library's reading but its frame. */
export interface LoggedCommit {
  readonly sequence: number;
  readonly family: string;
  readonly id: string;
  readonly frame: Frame;
}

interface RawMessage {
  readonly subject: string;
  readonly seq: number;
  readonly data?: string;
  readonly time: string;
}

interface RawAnswer {
  readonly message?: RawMessage;
  readonly error?: { readonly err_code: number };
}

/** Ask the JetStream API by hand. @throws the server's error as text */
export async function askApi<Answer>(
  connection: NatsConnection,
  call: string,
  body: object = {},
): Promise<Answer> {
  const reply = await connection.request(`$JS.API.${call}`, JSON.stringify(body), {
    timeout: 5_000,
  });
  const answer = reply.json<Answer & { readonly error?: { readonly description: string } }>();
  if (answer.error !== undefined) throw new Error(`${call}: ${answer.error.description}`);
  return answer;
}

/** The number of messages in a stream, and its last sequence. */
export async function streamState(
  connection: NatsConnection,
  stream: string,
): Promise<{ readonly messages: number; readonly last_seq: number; readonly first_seq: number }> {
  interface Info {
    readonly state: { messages: number; last_seq: number; first_seq: number };
  }
  return (await askApi<Info>(connection, `STREAM.INFO.${stream}`)).state;
}

/** Every commit that is stored, in order, from the stream's leader, message by message. */
export async function storedLog(
  connection: NatsConnection,
  stream: string,
): Promise<LoggedCommit[]> {
  const { first_seq: first, last_seq: last } = await streamState(connection, stream);
  const commits: LoggedCommit[] = [];
  for (let start = first; start <= last; start += 100) {
    const length = Math.min(100, last - start + 1);
    const sequences = Array.from({ length }, (_, i) => start + i);
    const page = await Promise.all(sequences.map((seq) => messageAt(connection, stream, seq)));
    commits.push(...page.filter((commit) => commit !== undefined));
  }
  return commits;
}

async function messageAt(
  connection: NatsConnection,
  stream: string,
  seq: number,
): Promise<LoggedCommit | undefined> {
  const call = `$JS.API.STREAM.MSG.GET.${stream}`;
  const reply = await connection.request(call, JSON.stringify({ seq }), { timeout: 10_000 });
  const { message, error } = reply.json<RawAnswer>();
  if (error?.err_code === 10037) return undefined;
  if (message === undefined) throw new Error(`message ${seq}: ${JSON.stringify(error)}`);
  const [, family = "", id = ""] = message.subject.split(".");
  const payload = Buffer.from(message.data ?? "", "base64");
  const timeMs = Date.parse(message.time);
  const frame = readFrame({ sequence: seq, timeMs, family, id, payload });
  return { sequence: seq, family, id, frame };
}

/** What is wrong with a whole log; nothing, if the store kept its promises. */
export function flawsOf(log: readonly LoggedCommit[]): string[] {
  const flaws: string[] = [];
  const seen = new Map<string, number>();
  const last = new Map<string, LoggedCommit>();
  for (const [index, commit] of log.entries()) {
    const { sequence, family, id, frame } = commit;
    const at = `${family}.${id} at ${sequence}`;
    const twin = seen.get(`${family}.${id} ${frame.commitId}`);
    if (twin !== undefined) flaws.push(`${at}: commit ${frame.commitId} is also at ${twin}`);
    seen.set(`${family}.${id} ${frame.commitId}`, sequence);
    if (frame.part < frame.parts && !isNextPart(frame, log[index + 1])) {
      flaws.push(`${at}: part ${frame.part} of ${frame.parts} stands alone`);
    }
    const before = last.get(`${family}.${id}`);
    last.set(`${family}.${id}`, commit);
    // What was before a base is not there to compare it with.
    if (before === undefined && frame.base !== undefined) continue;
    const revision = (before?.frame.firstRevision ?? 1) + (before?.frame.events.length ?? 0);
    if (frame.firstRevision !== revision) {
      flaws.push(`${at}: revision ${frame.firstRevision} instead of ${revision}`);
    }
    if (frame.previousChecksum !== (before?.frame.checksum ?? 0)) {
      flaws.push(`${at}: written on another commit than ${before?.sequence}`);
    }
    if ((frame.links[0] ?? 0) !== (before?.sequence ?? 0)) {
      flaws.push(`${at}: links to ${frame.links[0]} instead of ${before?.sequence}`);
    }
  }
  return flaws;
}

/** The parts of a transaction stand side by side. */
function isNextPart({ commitId, part, parts }: Frame, next: LoggedCommit | undefined): boolean {
  const { frame } = next ?? {};
  return frame?.commitId === commitId && frame.part === part + 1 && frame.parts === parts;
}
