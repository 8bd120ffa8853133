/** What every backend shares: the rules of publishing and reading, over the little a backend does. */
export type { Appended, AppendTarget, NewMessage } from "./append.ts";
export { commitIn, commitOf } from "./commit-of.ts";
export { flatten } from "./flatten.ts";
export { CommitReader, readFrame } from "./commit-reader.ts";
export { backOff, type BackOffPace, type Deadline, deadlineIn, rivalPace } from "./deadline.ts";
export { type Batches, eventStream, fromBase, subscription } from "./event-stream.ts";
export { Publisher } from "./publisher.ts";
export { locationOf, type StoredMessage } from "./stored-message.ts";
export { checkReplayOptions, checkSubscribeOptions, type ReplayBounds } from "./checked-options.ts";
export { emitWarning, StoreLifetime } from "./store-lifetime.ts";
export { readPages, type ReadEnd } from "./read-pages.ts";
export { type CodecOptions, codecSetOf } from "../codec/codec-set.ts";
export type { CodecSet } from "../commit.ts";
export { checkFamily, checkKey } from "../name.ts";
export { type Selector, selectorOf } from "../selection.ts";
export { checkSequence } from "../sequence.ts";
export { eitherSignal, onAbort } from "./abort.ts";
