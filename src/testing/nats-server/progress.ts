/**
 * Takes one line about what is being fetched, without a line end. A line that ends in `%` will be
 * followed by a later one about the same thing.
 */
export type Progress = (line: string) => void;

/** What {@link stderrProgress} needs of a stream. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Print the lines, on a terminal rewriting a percentage in place. */
export function stderrProgress(stream: ProgressStream = process.stderr): Progress {
  let rewrite = false;
  return (line) => {
    const transient = stream.isTTY === true && line.endsWith("%");
    stream.write(`${rewrite ? "\r\u001B[K" : ""}jetfold: ${line}${transient ? "" : "\n"}`);
    rewrite = transient;
  };
}

/** Report `10 %`, `20 %` … `100 %` of one task: each step once, though told of every byte. */
export function percentSteps(title: string, progress: Progress): (fraction: number) => void {
  let reported = 0;
  return (fraction) => {
    const step = Math.min(10, Math.floor(fraction * 10));
    if (step <= reported) return;
    reported = step;
    progress(`${title}: ${step * 10} %`);
  };
}
