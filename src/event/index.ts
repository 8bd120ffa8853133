/** What an event is, and the four interfaces of a store. */
export type { Bucket, BucketEntry, BucketReadOptions } from "./bucket.ts";
export type { Codec } from "./codec/codec.ts";
export { maxDepth } from "./codec/codec.ts";
export { Commit } from "./commit.ts";
export type { Envelope, EnvelopeOf } from "./envelope.ts";
export * from "./errors.ts";
export {
  defineEvents,
  type DomainEvent,
  type EventType,
  type Family,
  type FamilyDefinition,
} from "./family.ts";
export type { EncodedBase, EncodedEvent, Frame } from "./wire/frame.ts";
export { type Expectation, type Head, maxLinks, noHead } from "./head.ts";
export type { FirstAppend, Import, ImportedCommit, Importer, PreparedCommit } from "./import.ts";
export { jsonCodec } from "./codec/json-codec.ts";
export type { Metadata } from "./metadata.ts";
export { msgpackCodec } from "./codec/msgpack-codec.ts";
export { checkId, checkName, idOf } from "./name.ts";
export { newId } from "./new-id.ts";
export { isRejection } from "./is-rejection.ts";
export type { PoisonPolicy, PoisonVerdict } from "./poison-policy.ts";
export {
  defaultBudgetMs,
  type NewBase,
  type NewCommit,
  type Publish,
  type Published,
  type PublishOptions,
} from "./publish.ts";
export { Rejection } from "./rejection.ts";
export type { LeftOut } from "./left-out.ts";
export type {
  EventStream,
  HistoryOptions,
  ReadOptions,
  Replay,
  ReplayOptions,
  StoredCommit,
} from "./replay.ts";
export { type CachedRoot, defaultCachedRoots, RootCache } from "./root-cache.ts";
export type { EventOf, Selectable, Selection, SelectionPart } from "./selection.ts";
export type { Revision, Sequence } from "./sequence.ts";
export type { EventStore, StoreWarning } from "./store.ts";
export type { Delivery, Mark, Subscribe, SubscribeOptions, Subscription } from "./subscribe.ts";
export type { Truncate } from "./truncate.ts";
export type { LinkedChains, Upcast, UpcastChain } from "./upcast.ts";
export { type LazyEvent, lazyEvent, type PickedFields, pickFields } from "./pick-fields.ts";
