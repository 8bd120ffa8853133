import type { Sql } from "jetfold/postgres";
import { afterAll, beforeAll, type TestContext } from "vitest";
import { Site } from "../faults/site.ts";
import { realPostgres, type TestDatabase } from "../postgres/test-database.ts";

/** A PostgreSQL that other processes can use. */
export interface Reachable {
  readonly database: Sql;
  readonly url: string;
}

/** What the tests of a file share. */
export interface SiteWithRealPostgres {
  readonly site: Site;
  /** In CI there is one; elsewhere the test is skipped when there is none. */
  postgresOf(context: TestContext): Reachable;
}

/** Start both for the tests of the file that calls this, and close them after the last one. */
export function siteWithRealPostgres(): SiteWithRealPostgres {
  let site: Site;
  let opened: TestDatabase | undefined;
  beforeAll(async () => {
    opened = await realPostgres();
    site = await Site.start(1);
  }, 180_000);
  afterAll(async () => {
    await site.close();
    await opened?.close();
  });
  return {
    get site() {
      return site;
    },
    postgresOf(context) {
      if (opened?.url === undefined) return context.skip("no PostgreSQL");
      return { database: opened.database, url: opened.url };
    },
  };
}
