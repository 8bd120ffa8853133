import { isJetfoldError } from "jetfold";
import { state$, type Watchable } from "jetfold/rx";
import type { WorkerState } from "jetfold/worker";
import { isDeepStrictEqual } from "node:util";
import {
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  map,
  type Observable,
  switchMap,
  throttleTime,
} from "rxjs";
import type { TodoList } from "./open-tabs.ts";
import type { Screens } from "./screens.ts";

/** What a waiter has to carry: at once, and again whenever it has changed. */
export function todoList$({ waiters$ }: Screens, waiter: string): Observable<TodoList> {
  return shown$(waiters$, (screen) => screen.query("todoListForWaiter", [waiter]));
}

/** What the screen in use answers: at once, and again whenever that has changed. */
export function shown$<Screen extends Watchable<WorkerState>, Answer>(
  screen$: Observable<Screen>,
  ask: (screen: Screen) => Promise<Answer>,
): Observable<Answer> {
  const answers$ = (screen: Screen): Observable<Answer> =>
    state$(screen).pipe(
      // However fast it changes, it is asked no more often than people can look.
      throttleTime(50, undefined, { leading: true, trailing: true }),
      concatMap(() => defer(() => ask(screen)).pipe(catchError(noAnswer))),
    );
  return screen$.pipe(switchMap(answers$), distinctUntilChanged<Answer>(isDeepStrictEqual));
}

/** What the screen in use is doing: at once, and whenever that changes. */
export function doing$(screen$: Observable<Watchable<WorkerState>>): Observable<WorkerState> {
  return screen$.pipe(
    switchMap((screen) => state$(screen)),
    map(({ state }) => state),
    distinctUntilChanged(),
  );
}

/** A screen that is off answers nothing; when it is on again, that is a change. */
function noAnswer(error: unknown): Observable<never> {
  const off = isJetfoldError(error, "not-running") || isJetfoldError(error, "worker-crashed");
  if (off) return EMPTY;
  throw error;
}
