import { type Aggregate, defineAggregate, defineEvents, type Family, Rejection } from "jetfold";

export interface Moved {
  readonly type: "Moved";
  readonly cents: number;
}

export interface Move {
  readonly cents: number;
}

const PurseEvents: Family<Moved> = defineEvents<Moved>()({
  name: "Purse",
  types: { Moved: {} },
});

/** Says no when there is too little, and does nothing when there is plenty. */
export const Purse: Aggregate<number, Move, Moved> = defineAggregate({
  events: PurseEvents,
  initial: () => 0,
  process: (had: number, { cents }: Move): Moved[] => {
    if (had + cents < 0) throw new Rejection("overdrawn", `there are ${had}`);
    return had >= 1_000 && cents > 0 ? [] : [{ type: "Moved", cents }];
  },
  apply: (had: number, { cents }: Moved): number => had + cents,
});
