import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from "@nats-io/jetstream";
import { ConfigError, type StoreWarning } from "../../event/index.ts";
import { storeIdKey } from "../identity.ts";

/** How a store's stream is to be. */
export interface StreamSettings {
  readonly name: string;
  readonly storeId: string;
  readonly replicas: number;
  readonly storage: "file" | "memory";
  readonly compression: "none" | "s2";
}

const duplicateWindowNanos = 60 * 1_000_000_000;

/** The configuration a store's stream is created with. */
export function newStreamConfig(settings: StreamSettings): Partial<StreamConfig> {
  return {
    name: settings.name,
    subjects: [streamSubject(settings.name)],
    description: "jetfold event store",
    retention: RetentionPolicy.Limits,
    storage: settings.storage === "file" ? StorageType.File : StorageType.Memory,
    num_replicas: settings.replicas,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_bytes: -1,
    max_msgs_per_subject: -1,
    deny_delete: true,
    deny_purge: false,
    allow_direct: true,
    allow_atomic: true,
    allow_rollup_hdrs: false,
    compression: settings.compression === "s2" ? StoreCompression.S2 : StoreCompression.None,
    duplicate_window: duplicateWindowNanos,
    metadata: { [storeIdKey]: settings.storeId, jetfold_format: "1" },
  };
}

/** Three tokens: store, family, id. */
function streamSubject(name: string): string {
  return `${name}.*.*`;
}

/**
 * Check that an existing stream keeps events as a store must.
 * @throws {@link ConfigError} that lists every reason why it does not
 * @returns what is allowed and risky
 */
export function checkStreamConfig(config: StreamConfig): StoreWarning[] {
  const reasons = refusalsOf(config, [...losses, ...silences, ...refusals]);
  if (reasons.length > 0) {
    throw new ConfigError(`stream "${config.name}" can't hold a store: ${reasons.join("; ")}`);
  }
  return risks
    .filter(({ when }) => when(config))
    .map(({ code, message }) => ({ code, message: `stream "${config.name}" ${message}` }));
}

/**
 * Why a stream, set up like this, loses events, or does not answer, without a word; what else is
 * wrong tells itself.
 */
export function unfitnessOf(config: StreamConfig): string[] {
  return refusalsOf(config, [...losses, ...silences]);
}

function refusalsOf(config: StreamConfig, all: readonly Refusal[]): string[] {
  return all.filter(({ when }) => when(config)).map(({ reason }) => reason);
}

interface Refusal {
  readonly reason: string;
  when(config: StreamConfig): unknown;
}

const losses: readonly Refusal[] = [
  { reason: "its retention is not limits", when: (c) => c.retention !== RetentionPolicy.Limits },
  {
    reason: "it discards old messages at a limit",
    when: (c) => c.discard === DiscardPolicy.Old && [c.max_msgs, c.max_bytes].some((n) => n > 0),
  },
  { reason: "it has a max_age", when: (c) => c.max_age > 0 },
  { reason: "it has max_msgs_per_subject", when: (c) => c.max_msgs_per_subject > 0 },
  {
    reason: "it allows rollup headers, by which any publisher could wipe it",
    when: (c) => c.allow_rollup_hdrs,
  },
  { reason: "it allows message TTLs", when: (c) => c.allow_msg_ttl },
  {
    reason: "it acknowledges before it writes (persist_mode async)",
    when: (c) => (c.persist_mode as string | undefined) === "async",
  },
];

/** Its messages are others, or elsewhere, or nobody answers. */
const silences: readonly Refusal[] = [
  {
    reason: "its subjects are not exactly <store>.*.*",
    when: (c) => c.subjects?.length !== 1 || c.subjects[0] !== streamSubject(c.name),
  },
  { reason: "it transforms subjects", when: (c) => c.subject_transform },
  { reason: "it is a mirror or has sources", when: (c) => c.mirror ?? c.sources?.length },
  { reason: "it acknowledges nothing (no_ack)", when: (c) => c.no_ack },
];

const refusals: readonly Refusal[] = [
  { reason: "it denies purge, and truncation needs it", when: (c) => c.deny_purge },
  { reason: "allow_direct is off", when: (c) => !c.allow_direct },
  { reason: "allow_atomic is off", when: (c) => !c.allow_atomic },
  { reason: "it is sealed", when: (c) => c.sealed },
];

interface Risk {
  readonly code: string;
  readonly message: string;
  when(config: StreamConfig): unknown;
}

const risks: readonly Risk[] = [
  {
    code: "replicas",
    message: "has one replica: its server's disk is the only copy",
    when: (c) => c.num_replicas === 1,
  },
  {
    code: "memory-storage",
    message: "is kept in memory: a restart of its server loses it",
    when: (c) => c.storage === StorageType.Memory,
  },
  {
    code: "deny-delete",
    message: "allows deleting single messages",
    when: (c) => !c.deny_delete,
  },
  {
    code: "duplicate-window",
    message: "has a duplicate_window other than 60 s",
    when: (c) => c.duplicate_window !== duplicateWindowNanos,
  },
];
