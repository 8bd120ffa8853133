import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import {
  atLeast,
  type Context,
  type Figures,
  type Measured,
  type Scenario,
} from "../harness/scenario.ts";
import { short } from "../harness/scenario.ts";
import { wallMs } from "../harness/statistics.ts";
import { inWorkers } from "../harness/workers.ts";
import { rawCommit } from "../site/raw-append.ts";
import { residentMb } from "../site/site.ts";
import { Account, deposited } from "../work/account.ts";
import { plainAppend } from "./one-by-one.ts";
import { type AppendSite, checked, openAppendSite } from "./site.ts";

const inFlightLimit = 256;

/** Conditional appends, 256 in flight. */
export const inFlight: Scenario = { key: "append.inflight256", measure };

async function measure(context: Context): Promise<Measured> {
  const { scale } = context;
  const appends = scale.pick(40_000, 6_000, 600);
  const of = await openAppendSite(context);
  const before = await residentMb(of.site);
  const figures = await interleave(context, "appends/s", contendersOf(of, appends, context, ""));
  const after = await residentMb(of.site);
  const clustered = await onThreeNodes(context);
  const ratio = ratios(figures, true);
  return {
    key: "append.inflight256",
    value: medianOf(figures, "jetfold"),
    unit: "appends/s",
    scale: `${appends} appends a round, each of a new aggregate, ${inFlightLimit} in flight`,
    ratio,
    bars: [atLeast(3, ratio["natsjs"]!, "x natsjs"), atLeast(0.75, ratio["wire"]!, "of the wire")],
    figures: [...figures, ...clustered],
    notes: [memoryNote(before, after, appends * 3 * (scale.rounds + 1))],
  };
}

function memoryNote(
  before: number | undefined,
  after: number | undefined,
  appends: number,
): string {
  if (before === undefined || after === undefined) return "server memory: unknown without /proc";
  return `server memory: ${short(before)} MB before, ${short(after)} MB after ${short(appends)} appends of all contenders`;
}

async function onThreeNodes(context: Context): Promise<readonly Figures[]> {
  const of = await openAppendSite(context, 3);
  const appends = context.scale.pick(10_000, 1_500, 300);
  return interleave(context, "appends/s", contendersOf(of, appends, context, ", 3 nodes"));
}

function contendersOf(
  of: AppendSite,
  appends: number,
  { signal }: Context,
  suffix: string,
): readonly Contender[] {
  const rate = async (work: () => Promise<unknown>): Promise<number> =>
    checked(of, appends, async () => appends / ((await wallMs(work)) / 1000));
  const publish = (index: number, i: number): Promise<unknown> =>
    of.store.publish({
      family: Account.events,
      id: `j-${index}-${i}`,
      expect: "new",
      events: [deposited(i)],
    });
  const plain = (index: number, i: number): Promise<void> => plainAppend(of, `f${index}-${i}`, i);
  return [
    {
      name: `jetfold${suffix}`,
      round: (index) =>
        rate(() => inWorkers(inFlightLimit, appends, signal, (i) => publish(index, i))),
    },
    {
      name: `wire${suffix}`,
      round: (index) => {
        const messages = Array.from({ length: appends }, (_, i) =>
          rawCommit("Account", `w-${index}-${i}`),
        );
        return rate(() => of.wire.appendAll(messages, inFlightLimit));
      },
    },
    {
      name: `natsjs${suffix}`,
      round: (index) =>
        rate(() => inWorkers(inFlightLimit, appends, signal, (i) => plain(index, i))),
    },
  ];
}
