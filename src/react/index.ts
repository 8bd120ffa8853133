/** Reactors: what events cause. */
export { react, type ReactOptions } from "./react.ts";
export {
  defineReactor,
  type Reaction,
  type ReactionContext,
  type Reactor,
  type ReactorDefinition,
} from "./reactor.ts";
