/** A few small values by key, beside the events: snapshots, checkpoints, the registry of projections. */
export interface Bucket {
  /**
   * The value of a key, or undefined. May be stale by a moment on several replicas unless `fresh`
   * is `"leader"`; a conditional `put` never is. With `"replica"` whatever one replica has is the
   * answer, also that it has nothing, or an empty value where one was removed: enough for a cache,
   * and one request at most.
   * @param key - tokens of `A-Z a-z 0-9 _ -`, joined by dots
   */
  get(key: string, options?: BucketReadOptions): Promise<BucketEntry | undefined>;
  /**
   * Set a key.
   * @param expected - the revision it must still have; 0: it must not exist; absent: whatever it is
   * @returns the new revision
   * @throws {@link BucketConflictError} when it has another revision
   * @throws {@link UnavailableError} when there was no answer in time: it may be stored all the same
   */
  put(key: string, value: Uint8Array, expected?: number): Promise<number>;
  /** Remove a key; nothing happens when it does not exist. */
  remove(key: string): Promise<void>;
  /**
   * The keys, each once: all that have a value from the first one given to the last, and some of the
   * others. Finite.
   * @throws {@link UnavailableError} when they change faster than they can be listed
   */
  keys(): AsyncIterable<string>;
}

/** How a value is read. */
export interface BucketReadOptions {
  readonly fresh?: "leader" | "replica";
  readonly signal?: AbortSignal | undefined;
}

/** A key's value and the revision it has. */
export interface BucketEntry {
  readonly value: Uint8Array;
  /** Grows with every change of the bucket. */
  readonly revision: number;
}
