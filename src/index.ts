/** jetfold without a backend: events, aggregates, projections, reactors. */
export * from "./event/index.ts";
export * from "./aggregate/index.ts";
export * from "./project/index.ts";
export * from "./react/index.ts";
export * from "./import/index.ts";
