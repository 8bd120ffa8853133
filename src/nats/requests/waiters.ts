/**
 * What waits for a reply, each under a number of its own, which is never given twice.
 *
 * A table whose places are used again rather than a Map: a Map that things come and go in is copied
 * now and then, and a copy left behind in the old generation keeps alive what it held (Node 20:
 * with 256 in flight, 1.3 MB outlived every minor collection, and each took half as long again).
 */
export class Waiters<T extends { token: number }> {
  #places: (T | undefined)[] = emptyPlaces(fewest);
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Gives it its token. */
  add(waiter: T): void {
    if (this.#size * 2 >= this.#places.length) this.#resize(this.#places.length * 2);
    while (this.#places[this.#placeOf(this.#next)] !== undefined) this.#next++;
    waiter.token = this.#next++;
    this.#places[this.#placeOf(waiter.token)] = waiter;
    this.#size++;
  }

  find(token: number): T | undefined {
    const waiter = this.#places[this.#placeOf(token)];
    return waiter?.token === token ? waiter : undefined;
  }

  /** False when it was not there any more. */
  remove(waiter: T): boolean {
    if (this.find(waiter.token) !== waiter) return false;
    this.#places[this.#placeOf(waiter.token)] = undefined;
    this.#size--;
    return true;
  }

  /** Those that wait now; while they are gone through, some may go and others come. */
  all(): T[] {
    const { length } = this.#places;
    if (length > fewest && this.#size * 8 < length) this.#resize(length / 2);
    return this.#places.filter((waiter) => waiter !== undefined);
  }

  #placeOf(token: number): number {
    return token % this.#places.length;
  }

  /** Twice as many places are enough for all; half as many, only if no two share one then. */
  #resize(length: number): void {
    const places = emptyPlaces<T>(length);
    for (const waiter of this.#places) {
      if (waiter === undefined) continue;
      const place = waiter.token % length;
      if (places[place] !== undefined) return;
      places[place] = waiter;
    }
    this.#places = places;
  }
}

/** How many places there are at first, and at least. */
const fewest = 256;

function emptyPlaces<T>(count: number): (T | undefined)[] {
  return Array.from({ length: count }, () => undefined);
}
