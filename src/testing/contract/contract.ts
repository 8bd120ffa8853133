import { type EventStore, jsonCodec } from "../../event/index.ts";
import { provable, skippedOf } from "../case.ts";
import { bucketCases } from "./bucket/index.ts";
import { importCases } from "./import/index.ts";
import { historyCases } from "./history/index.ts";
import { lifecycleCases } from "./lifecycle/index.ts";
import { publishCases } from "./publish/index.ts";
import { repairCases } from "./repair/index.ts";
import { replayCases } from "./replay/index.ts";
import { rootCases } from "./root/index.ts";
import { subscribeCases } from "./subscribe/index.ts";
import { transactCases } from "./transact/index.ts";
import { truncateCases } from "./truncate/index.ts";
import type { CaseDefinition, ContractArea, ContractCase, SkippedCase } from "./contract-case.ts";
import { checkHarness, type OpenOptions, type StoreHarness } from "./store-harness.ts";
import { caseTimeoutMs, runToEnd } from "./run-to-end.ts";
import { within } from "./within.ts";
import { checkKind } from "../../event/kinds.ts";

const definitions: { readonly [Area in ContractArea]: readonly CaseDefinition[] } = {
  publish: publishCases,
  transact: transactCases,
  import: importCases,
  replay: replayCases,
  history: historyCases,
  root: rootCases,
  subscribe: subscribeCases,
  truncate: truncateCases,
  repair: repairCases,
  bucket: bucketCases,
  lifecycle: lifecycleCases,
};

/**
 * Everything a store must do, as cases for any test runner:
 * `for (const c of storeContract(harness)) test(c.name, c.run, c.timeoutMs)`. Each opens a store of
 * its own and closes it, and every wait in it has a deadline. Cases whose capability the harness
 * declares missing are left out.
 *
 * @throws {@link ConfigError} when the harness neither has a capability nor says why it is missing
 */
export function storeContract(harness: StoreHarness): readonly ContractCase[] {
  return provable(allCases(harness), harness.missing);
}

/** The cases that {@link storeContract} leaves out for this harness, each with the reason. */
export function skippedCases(harness: StoreHarness): readonly SkippedCase[] {
  return skippedOf(allCases(harness), harness.missing);
}

function allCases(harness: StoreHarness): ContractCase[] {
  checkKind("harness", harness);
  checkHarness(harness);
  return Object.entries(definitions).flatMap(([area, list]) =>
    list.flatMap((definition) => casesOf(area as ContractArea, definition, harness)),
  );
}

function casesOf(
  area: ContractArea,
  definition: CaseDefinition,
  harness: StoreHarness,
): ContractCase[] {
  const { guarantee, needs, alsoJson, options } = definition;
  const common = { area, timeoutMs: caseTimeoutMs, ...(needs && { needs }) };
  const name = `${area}: ${guarantee}`;
  const plain = { ...common, name, run: () => runCase(definition, harness, options) };
  if (alsoJson !== true) return [plain];
  const json = { ...options, codec: jsonCodec };
  return [
    plain,
    { ...common, name: `${name} (JSON)`, run: () => runCase(definition, harness, json) },
  ];
}

/** Stores are closed whatever happens. */
function runCase(
  definition: CaseDefinition,
  harness: StoreHarness,
  options: OpenOptions | undefined,
): Promise<void> {
  return runToEnd(definition.guarantee, async (atEnd) => {
    const open = async (more?: OpenOptions): Promise<EventStore> => {
      const store = await within(harness.open(more), "opening a store");
      atEnd(() => store.close());
      return store;
    };
    await definition.check({ store: await open(options), harness, open });
  });
}
