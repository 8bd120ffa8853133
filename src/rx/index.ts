/** Events, states and async projectors as rxjs streams. */
export { commits$, events$ } from "./events.ts";
export type { EventsOptions, ReadBoth, ReadHistory, ReadLive } from "./open-events.ts";
export type { Projector, ProjectorOptions } from "./ordered-work.ts";
export { projected$ } from "./projected.ts";
export { projectWith } from "./project-with.ts";
export { type RunStatus, state$, type Watchable } from "./state.ts";
