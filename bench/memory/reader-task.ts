/** What a reading process is told. */
export interface ReaderTask {
  readonly url: string;
  readonly contender: "jetfold" | "natsjs";
  readonly perSecond: number;
  /** How long it takes events at that pace. */
  readonly readMs: number;
  /** How long it then stands still. */
  readonly stopMs: number;
}

/** What it tells: that it has read what was stored, and in the end what memory it took. */
export type ReaderReport = "caught up" | ReaderFigures;

/** Sizes of its resident set, and what it did. */
export interface ReaderFigures {
  /** Connected, the store open, rubbish collected, nothing read. */
  readonly idleBytes: number;
  readonly maxBytes: number;
  readonly taken: number;
  /** Made of every event, so that each was decoded. */
  readonly used: number;
}
