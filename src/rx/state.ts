import { Observable } from "rxjs";
import type { Running, RunState } from "../project/index.ts";
import { checkKind } from "../event/kinds.ts";

/** What a running projection is doing, and how far it is, at one moment; see `Running`. */
export interface RunStatus<State extends string = RunState> extends Pick<
  Running,
  "position" | "handled" | "rate" | "active"
> {
  readonly state: State;
}

/** A projection at work, in this thread or, as `jetfold/worker` gives it, in one of its own. */
export interface Watchable<State extends string = RunState>
  extends RunStatus<State>, Pick<Running, "onChange" | "done"> {}

/**
 * What a running projection does: at once, then whenever its state, its position or whether it is
 * active changes; changes of one moment come together (see `Running.onChange`). Completes, after the
 * last status, when it has stopped or was superseded; `running.error` is the error notification when
 * it failed. Unsubscribing leaves no listener behind, and the projection as it is.
 */
export function state$<State extends string = RunState>(
  running: Watchable<State>,
): Observable<RunStatus<State>> {
  checkKind("running", running);
  return new Observable((subscriber) => {
    let last: RunStatus<State> | undefined;
    let ending = false;
    const tell = (): void => {
      const { state, position, handled, rate, active } = running;
      if (last?.state !== state || last.position !== position || last.active !== active) {
        subscriber.next((last = { state, position, handled, rate, active }));
      }
      if (ending || !isOver(state)) return;
      ending = true;
      // Not before: what waits for a promise can't be taken off again.
      running.done.then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
    };
    subscriber.add(running.onChange(tell));
    tell();
  });
}

function isOver(state: string): boolean {
  return state === "stopped" || state === "failed" || state === "superseded";
}
