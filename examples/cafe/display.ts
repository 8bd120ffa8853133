import { auditTime, firstValueFrom, type Observable } from "rxjs";

/** Prints the story, with a board below it that is kept up to date. */
export interface Display {
  /** A line of the story. */
  say(line: string): void;
  /** The board as it is now, as part of the story, where there is no live one. */
  showBoard(): Promise<void>;
  /** Take the live board away. */
  end(): void;
}

const refreshMs = 100;

/**
 * A display on a stream. The board is live on a terminal that is wide enough.
 * @param board$ - the board's lines, whenever they have changed
 */
export function createDisplay(out: NodeJS.WriteStream, board$: Observable<string[]>): Display {
  let board: string[] = [];
  let drawn = 0;
  const live = out.isTTY && out.columns >= 80;
  const print = (lines: readonly string[]): void => {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`;
    drawn = board.length;
    out.write(up + [...lines, ...board].map((line) => `${line}\n`).join(""));
  };
  const draw = (lines: readonly string[]): void => {
    board = lines.length === 0 ? [] : ["", ...lines];
    print([]);
  };
  const drawing = live
    ? board$.pipe(auditTime(refreshMs)).subscribe({
        next: draw,
        error: (error: unknown) => draw([`There is no board any more: ${String(error)}`]),
      })
    : undefined;
  return {
    say: (line) => print([line]),
    async showBoard() {
      if (!live) print((await firstValueFrom(board$)).map((line) => `    ${line}`));
    },
    end() {
      drawing?.unsubscribe();
      draw([]);
    },
  };
}
