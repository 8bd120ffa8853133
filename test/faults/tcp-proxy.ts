import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** One client's connection, and what the server sent while it was held. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  held: Buffer[];
}

/** How many bytes a second pass to the server, and from it. */
export interface Rates {
  readonly up: number;
  readonly down: number;
}

/** What passes at a time on a slow link, in bytes. */
const sliceBytes = 8 << 10;

/**
 * A TCP proxy on the loopback in front of a server, that can lose what the server answers: hold it
 * back, drop it, cut connections, refuse new ones, and be a slow link.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #holding = false;
  #trigger: string | undefined;
  #refusing = false;
  #lie: readonly [truth: string, lie: string] | undefined;
  #bytesPerSecond: Rates = { up: Infinity, down: Infinity };
  #sentUp = 0;

  private constructor(targetPort: number, listener: Server) {
    this.#targetPort = targetPort;
    this.#listener = listener;
    listener.on("connection", (client: Socket) => this.#join(client));
  }

  /** Listen on a free port and pass everything on to a port of the loopback. The caller closes it. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new TcpProxy(targetPort, listener);
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many bytes from the server are held back. */
  get heldBytes(): number {
    const chunks = [...this.#links].flatMap((link) => link.held);
    return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** How many bytes clients have sent through it. */
  get sentUp(): number {
    return this.#sentUp;
  }

  /** Be as slow as this, from now on, on each connection. */
  slow(rates: Partial<Rates>): void {
    this.#bytesPerSecond = { up: Infinity, down: Infinity, ...rates };
  }

  /** Keep back what the server sends from now on; what clients send still gets through. */
  hold(): void {
    this.#holding = true;
  }

  /** The same, but only from the moment on when a client sends this text (of one line's protocol). */
  holdOnceSent(text: string): void {
    this.#trigger = text;
  }

  /** Hand on what was held back, late, and hold no more. */
  release(): void {
    this.#holding = false;
    for (const link of this.#links) {
      for (const chunk of link.held) link.client.write(chunk);
      link.held = [];
    }
  }

  /** Lose what was held back for good: cut every connection, and hold no more. */
  drop(): void {
    this.cut();
    this.#holding = false;
  }

  /** Cut every connection; clients may connect again at once. */
  cut(): void {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    this.#links.clear();
  }

  /** Let the server say something else of the same length from now on; without it, the truth again. */
  lie(truth?: string, lie: string = ""): void {
    this.#lie = truth === undefined ? undefined : [truth, lie.padEnd(truth.length)];
  }

  /** Cut every new connection as soon as it is made. */
  refuse(): void {
    this.#refusing = true;
  }

  /** The opposite of {@link refuse}. */
  accept(): void {
    this.#refusing = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#listener.close();
    if (this.#listener.listening) await once(this.#listener, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #join(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const server = connect({ host: "127.0.0.1", port: this.#targetPort });
    const link: Link = { client, server, held: [] };
    this.#links.add(link);
    client.setNoDelay(true);
    server.setNoDelay(true);
    let tail = "";
    client.on("data", (chunk) => {
      this.#pass(client, chunk, this.#bytesPerSecond.up, (slice) => {
        tail = this.#watch(tail + slice.toString("latin1"));
        this.#sentUp += slice.length;
        server.write(slice);
      });
    });
    server.on("data", (chunk) => {
      this.#pass(server, chunk, this.#bytesPerSecond.down, (slice) => {
        if (this.#holding) link.held.push(slice);
        else client.write(this.#told(slice));
      });
    });
    const part = (): void => {
      client.destroy();
      server.destroy();
      this.#links.delete(link);
    };
    for (const socket of [client, server]) socket.on("error", part).on("close", part);
  }

  #told(chunk: Buffer): Buffer {
    if (this.#lie === undefined) return chunk;
    const [truth, lie] = this.#lie;
    return Buffer.from(chunk.toString("latin1").replaceAll(truth, lie), "latin1");
  }

  /** Hand on what came, slice by slice when it is to be slow; meanwhile nothing else is taken. */
  #pass(from: Socket, chunk: Buffer, rate: number, write: (slice: Buffer) => void): void {
    if (rate === Infinity) return write(chunk);
    from.pause();
    void (async () => {
      const begunMs = performance.now();
      for (let at = 0; at < chunk.length && !from.destroyed; at += sliceBytes) {
        const slice = chunk.subarray(at, at + sliceBytes);
        await delay(Math.max(0, begunMs + ((at + slice.length) * 1000) / rate - performance.now()));
        write(slice);
      }
      from.resume();
    })();
  }

  /** Begin to hold when the trigger is in what was sent; what is left may begin with its start. */
  #watch(sent: string): string {
    if (this.#trigger === undefined) return "";
    if (!sent.includes(this.#trigger)) return sent.slice(1 - this.#trigger.length);
    this.#trigger = undefined;
    this.#holding = true;
    return "";
  }
}
