import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll } from "vitest";
import { Site } from "../faults/site.ts";

/** What the tests of a file share. */
export interface SiteWithPostgres {
  readonly site: Site;
  readonly postgres: PGlite;
}

/** Start both for the tests of the file that calls this, and close them after the last one. */
export function siteWithPostgres(): SiteWithPostgres {
  let site: Site;
  let postgres: PGlite;
  beforeAll(async () => {
    [site, postgres] = await Promise.all([Site.start(1), PGlite.create()]);
  });
  afterAll(async () => {
    await site.close();
    await postgres.close();
  });
  return {
    get site() {
      return site;
    },
    get postgres() {
      return postgres;
    },
  };
}
