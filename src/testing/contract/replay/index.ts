import type { CaseDefinition } from "../contract-case.ts";
import { abortCases } from "./abort-cases.ts";
import { boundsCases } from "./bounds-cases.ts";
import { corruptCases } from "./corrupt-cases.ts";
import { countCases } from "./count-cases.ts";
import { cutCases } from "./cut-cases.ts";
import { endCases } from "./end-cases.ts";
import { envelopeCases } from "./envelope-cases.ts";
import { foreignCases } from "./foreign-cases.ts";
import { ownBytesCases } from "./own-bytes-cases.ts";
import { lookupCases } from "./lookup-cases.ts";
import { manyCases } from "./many-cases.ts";
import { scaleCases } from "./scale-cases.ts";
import { selectionCases } from "./selection-cases.ts";
import { unknownCases } from "./unknown-cases.ts";
import { unknownCodecCases } from "./unknown-codec-cases.ts";
import { upcastCases } from "./upcast-cases.ts";

/** Reading what is stored. */
export const replayCases: readonly CaseDefinition[] = [
  ...selectionCases,
  ...envelopeCases,
  ...upcastCases,
  ...boundsCases,
  ...endCases,
  ...abortCases,
  ...cutCases,
  ...scaleCases,
  ...lookupCases,
  ...ownBytesCases,
  ...countCases,
  ...manyCases,
  ...unknownCases,
  ...unknownCodecCases,
  ...foreignCases,
  ...corruptCases,
];
