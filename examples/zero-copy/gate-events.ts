import { defineEvents, type Family } from "jetfold";

/** Somebody went through: an event as small as most are. */
export interface GatePassed {
  readonly type: "GatePassed";
  readonly badge: string;
  readonly direction: "in" | "out";
  readonly openMs: number;
  readonly temperatureC: number;
  readonly escorted: boolean;
}

export const Gate: Family<GatePassed> = defineEvents<GatePassed>()({
  name: "Gate",
  types: { GatePassed: {} },
});
