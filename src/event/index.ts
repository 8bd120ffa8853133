/** What an event is, and the four interfaces of a store. */
export type { Bucket, BucketEntry } from "./bucket.ts";
export type { Codec } from "./codec.ts";
export { maxDepth } from "./codec.ts";
export { Commit, type CodecSet } from "./commit.ts";
export type { Envelope, EnvelopeOf } from "./envelope.ts";
export * from "./errors.ts";
export {
  defineEvents,
  type DomainEvent,
  type EventType,
  type Family,
  type FamilyDefinition,
} from "./family.ts";
export type { EncodedBase, EncodedEvent, Frame } from "./frame.ts";
export { type Expectation, type Head, maxLinks, noHead } from "./head.ts";
export { jsonCodec } from "./json-codec.ts";
export type { Metadata } from "./metadata.ts";
export { msgpackCodec } from "./msgpack-codec.ts";
export { checkId, checkKey, checkName, idOf } from "./name.ts";
export { newId } from "./new-id.ts";
export type { PoisonPolicy, PoisonVerdict } from "./poison-policy.ts";
export {
  defaultBudgetMs,
  type NewBase,
  type NewCommit,
  type Publish,
  type Published,
  type PublishOptions,
} from "./publish.ts";
export type { EventStream, ReadOptions, Replay, ReplayOptions } from "./replay.ts";
export type { EventOf, Selectable, Selection, SelectionPart } from "./selection.ts";
export type { Revision, Sequence } from "./sequence.ts";
export type { EventStore, StoreWarning } from "./store.ts";
export type { Delivery, Mark, Subscribe, SubscribeOptions, Subscription } from "./subscribe.ts";
export type { Truncate } from "./truncate.ts";
export type { LinkedChains, Upcast, UpcastChain } from "./upcast.ts";
export type { Appended, AppendTarget, NewMessage } from "./append.ts";
export { CommitReader, readFrame } from "./commit-reader.ts";
export { backOff, type Deadline, deadlineIn } from "./deadline.ts";
export { eventStream, subscription } from "./event-stream.ts";
export { publishCommits } from "./publish-commits.ts";
export { type Selector, selectorOf } from "./selection.ts";
export { checkSequence } from "./sequence.ts";
export { locationOf, type StoredMessage } from "./stored-message.ts";
export { checkReplayOptions, checkSubscribeOptions, type ReplayBounds } from "./checked-options.ts";
export { type CodecOptions, codecSetOf } from "./codec-set.ts";
export { emitWarning, StoreLifetime } from "./store-lifetime.ts";
export { readPages, type ReadEnd } from "./read-pages.ts";
export { checksumOf } from "./checksum.ts";
export {
  assertProjectionsPassed,
  register,
  registered,
  type RegisteredProjection,
  unregister,
} from "./registry.ts";
