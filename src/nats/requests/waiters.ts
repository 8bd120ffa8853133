/**
 * What waits for a reply, each under a number of its own, which is never given twice.
 *
 * A table whose places are used again rather than a Map: a Map that things come and go in is copied
 * now and then, and a copy left behind in the old generation keeps alive what it held (Node 20:
 * with 256 in flight, 1.3 MB outlived every minor collection, and each took half as long again).
 */
export class Waiters<T extends { token: number }> {
  #places: (T | undefined)[] = emptyPlaces(256);
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Gives it its token. */
  add(waiter: T): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
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
    return this.#places.filter((waiter) => waiter !== undefined);
  }

  #placeOf(token: number): number {
    return token % this.#places.length;
  }

  /** Tokens that have places of their own have them in a table of twice the size, too. */
  #grow(): void {
    const old = this.all();
    this.#places = emptyPlaces(this.#places.length * 2);
    for (const waiter of old) this.#places[this.#placeOf(waiter.token)] = waiter;
  }
}

function emptyPlaces(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined);
}
