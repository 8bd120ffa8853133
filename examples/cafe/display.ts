import { setInterval } from "node:timers";

/** Prints the story, with a board below it that is kept up to date. */
export interface Display {
  /** A line of the story. */
  say(line: string): void;
  /** The board as it is now, as part of the story, where there is no live one. */
  showBoard(): void;
  /** Take the live board away. */
  end(): void;
}

const refreshMs = 100;

/** A display on a stream. The board is live on a terminal that is wide enough. */
export function createDisplay(out: NodeJS.WriteStream, board: () => string[]): Display {
  let drawn = 0;
  const live = out.isTTY && out.columns >= 80;
  const erase = (): string => {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`;
    drawn = 0;
    return up;
  };
  const draw = (): void => {
    const lines = ["", ...board()];
    out.write(`${erase()}${lines.join("\n")}\n`);
    drawn = lines.length;
  };
  const print = (lines: string[]): void => {
    out.write(`${erase()}${lines.join("\n")}\n`);
    if (live) draw();
  };
  const timer = live ? setInterval(draw, refreshMs) : undefined;
  return {
    say: (line) => print([line]),
    showBoard() {
      if (!live) print(board().map((line) => `    ${line}`));
    },
    end() {
      clearInterval(timer);
      out.write(erase());
    },
  };
}
