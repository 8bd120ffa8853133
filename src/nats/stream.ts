import { createInbox, type NatsConnection } from "@nats-io/nats-core";
import type { Selector } from "../event/backend/index.ts";

/** A store's stream on a connection: what every capability of this backend works on. */
export interface Stream {
  readonly connection: NatsConnection;
  /** The stream's name, which is also the first token of its subjects. */
  readonly name: string;
  /** The prefix of the JetStream API: `$JS.API`, or `$JS.<domain>.API`. */
  readonly api: string;
}

/** A reply subject of its own, under the prefix the connection may subscribe to. */
export function newInbox({ connection }: Stream): string {
  return createInbox(inboxPrefixOf(connection));
}

/** The connection's inbox prefix: an option it keeps (nats.js 3.4) but does not declare. */
export function inboxPrefixOf(connection: NatsConnection): string | undefined {
  const { options } = connection as { readonly options?: { readonly inboxPrefix?: string } };
  return options?.inboxPrefix;
}

/** The subject of one aggregate. Every aggregate has exactly one, so one literal guards it. */
export function subjectOf(stream: Stream, family: string, id: string): string {
  return `${stream.name}.${family}.${id}`;
}

/** The inverse of {@link subjectOf}; the stream takes no subject of another shape. */
export function parseSubject(stream: Stream, subject: string): { family: string; id: string } {
  const start = stream.name.length + 1;
  const dot = subject.indexOf(".", start);
  return { family: subject.slice(start, dot), id: subject.slice(dot + 1) };
}

/** Subjects that together match what a selection selects and little else, without overlap. */
export function filtersOf(stream: Stream, selector: Selector): string[] {
  const filters: string[] = [];
  for (const [family, parts] of selector.families) {
    const whole = parts.some((part) => part.id === undefined);
    const ids = whole ? ["*"] : new Set(parts.map((part) => part.id!));
    for (const id of ids) filters.push(subjectOf(stream, family, id));
  }
  return filters;
}
