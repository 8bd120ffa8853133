/** jetfold without a backend: events, aggregates, projections. */
export * from "./event/index.ts";
export * from "./aggregate/index.ts";
export * from "./project/index.ts";
export * from "./import/index.ts";
