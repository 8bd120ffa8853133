import type { Family } from "jetfold";
import { interleave, medianOf, ratios } from "../harness/interleave.ts";
import {
  atLeast,
  type Bar,
  type Context,
  type Key,
  type Measured,
  type Scenario,
  short,
} from "../harness/scenario.ts";
import { type Filling, fillPlain, fillStore } from "../site/fill.ts";
import { openSite } from "../site/site.ts";
import { type Deposited, familyOf } from "../work/account.ts";
import { jetfoldReplay, natsjsReplay, wireReplay } from "./contenders.ts";

const families: readonly Family<Deposited>[] = ["Account", "Card", "Loan", "Savings"].map(familyOf);

/** One family of four. */
export const familyReplay: Scenario = scenarioOf("replay.family", 1);

/** Two families of four. */
export const groupReplay: Scenario = scenarioOf("replay.group", 2);

function scenarioOf(key: Key, count: number): Scenario {
  return { key, measure: (context) => measure(context, key, count) };
}

async function measure(context: Context, key: Key, count: number): Promise<Measured> {
  const { scale } = context;
  const total = scale.pick(400_000, 40_000, 4_000);
  const of = fourFamilies(total, scale.pick(3_000, 3_000, 300));
  const site = await openSite(context);
  await site.openStore();
  await fillStore(context, site, of);
  await fillPlain(context, site, of);
  const events = (total * count) / families.length;
  const wanted = { families: families.slice(0, count), events };
  // With several filters the server is so slow that nats.js would take minutes for all of them.
  const part = count === 1 ? events : scale.pick(10_000, 1_000, 200);
  const figures = await interleave(context, "ms", [
    await jetfoldReplay(site, wanted),
    await wireReplay(site, total),
    await natsjsReplay(site, wanted, part),
  ]);
  const ratio = ratios(figures, false);
  const value = medianOf(figures, "jetfold");
  const bars: Bar[] = [atLeast(0.6, ratio["wire"]!, "of the wire")];
  if (count > 1) bars.push(atLeast(20, ratio["natsjs"]!, "x natsjs"));
  return {
    key,
    value,
    unit: "ms",
    scale: `${count} of 4 equal families of ${of.aggregates / families.length} aggregates, ${events} of ${total} events, every body decoded; the wire reads all ${total}`,
    ratio,
    bars,
    figures,
    notes: [
      `jetfold decodes ${short(events / value)} k events/s`,
      ...(part === events ? [] : [`natsjs reads the first ${part}, its time is scaled to all`]),
    ],
  };
}

/** Aggregates take turns, and with them the families. */
function fourFamilies(total: number, perFamily: number): Filling {
  const aggregates = perFamily * families.length;
  return {
    total,
    aggregates,
    aggregateOf: (n) => n % aggregates,
    addressOf: (n) => ({ family: families[n % families.length]!.name, id: `aggregate-${n}` }),
  };
}
