import { type Bucket, msgpackCodec, newId } from "../../event/index.ts";
import type { Registered } from "../../event/registry.ts";
import { leaseKey, oldLease, readLease, removeOldLease, type StoredLease } from "./stored-lease.ts";

/** Where the lease of one version of a projection is kept, as one of those who want it sees it. */
export class LeaseCell {
  /** Whose this is: no other one, in no other process, has the same. */
  readonly holder: string = newId();
  readonly takeOverMs: number;
  readonly #bucket: Bucket;
  readonly #who: Registered;
  /** Its key was never written: what there is is of before. */
  #isFirst = false;

  constructor(bucket: Bucket, who: Registered, takeOverMs: number) {
    this.#bucket = bucket;
    this.#who = who;
    this.takeOverMs = takeOverMs;
  }

  /** @throws {@link PoisonError} when something else is stored there */
  async read(signal: AbortSignal): Promise<StoredLease | undefined> {
    const own = await readLease(this.#bucket, this.#who, signal);
    this.#isFirst = own === undefined;
    return own ?? oldLease(this.#bucket, this.#who, signal);
  }

  /**
   * Take it, renew it, or give it back. One of before is taken by a key of its own.
   * @param expected - the revision it must still have; 0: nobody ever had it
   * @returns its new revision
   * @throws {@link BucketConflictError} when somebody else has changed it
   */
  async write(free: boolean, expected: number): Promise<number> {
    const { holder, takeOverMs } = this;
    const { home = "" } = this.#who;
    const value = msgpackCodec.encode({ holder, takeOverMs, free, home }, "");
    const seen = this.#isFirst ? 0 : expected;
    const revision = await this.#bucket.put(leaseKey(this.#who), value, seen);
    if (this.#isFirst) await removeOldLease(this.#bucket, this.#who);
    this.#isFirst = false;
    return revision;
  }
}
