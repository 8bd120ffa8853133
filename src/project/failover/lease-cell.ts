import { type Bucket, msgpackCodec, newId, PoisonError } from "../../event/index.ts";

/** A lease as it is stored: whose it is, and how long it holds from its last renewal. */
export interface StoredLease {
  readonly holder: string;
  readonly takeOverMs: number;
  /** Its holder has given it back. */
  readonly free: boolean;
  /** Changes with each renewal. */
  readonly revision: number;
}

function leaseKey(name: string, version: number): string {
  return `lease.${name}.${version}`;
}

/** Where the lease of one version of a projection is kept, as one of those who want it sees it. */
export class LeaseCell {
  /** Whose this is: no other one, in no other process, has the same. */
  readonly holder: string = newId();
  readonly takeOverMs: number;
  readonly #bucket: Bucket;
  readonly #key: string;

  constructor(
    bucket: Bucket,
    { name, version }: { readonly name: string; readonly version: number },
    takeOverMs: number,
  ) {
    this.#bucket = bucket;
    this.#key = leaseKey(name, version);
    this.takeOverMs = takeOverMs;
  }

  /** @throws {@link PoisonError} when something else is stored there */
  async read(signal: AbortSignal): Promise<StoredLease | undefined> {
    const entry = await this.#bucket.get(this.#key, { fresh: "leader", signal });
    if (entry === undefined) return undefined;
    const { holder, takeOverMs, free } = this.#decoded(entry.value);
    if (typeof holder === "string" && Number.isSafeInteger(takeOverMs)) {
      return { holder, takeOverMs: takeOverMs!, free: free === true, revision: entry.revision };
    }
    throw this.#unreadable();
  }

  /**
   * Take it, renew it, or give it back.
   * @param expected - the revision it must still have; 0: nobody ever had it
   * @returns its new revision
   * @throws {@link ConflictError} when somebody else has changed it
   */
  write(free: boolean, expected: number): Promise<number> {
    const { holder, takeOverMs } = this;
    const value = msgpackCodec.encode({ holder, takeOverMs, free }, "");
    return this.#bucket.put(this.#key, value, expected);
  }

  #decoded(value: Uint8Array): Partial<StoredLease> {
    try {
      return msgpackCodec.decode(value, "") ?? {};
    } catch (cause) {
      throw this.#unreadable({ cause });
    }
  }

  #unreadable(options?: ErrorOptions): PoisonError {
    return new PoisonError({ sequence: 0, subject: this.#key }, "an unreadable lease", options);
  }
}

/** Remove the lease of a version that will not run again. */
export async function forgetLease(bucket: Bucket, name: string, version: number): Promise<void> {
  await bucket.remove(leaseKey(name, version));
}
