/** Bulk import: histories that were made elsewhere. */
export { importCommits, type Imported, type ImportOptions } from "./import-commits.ts";
export type { ImportProgress } from "./progress.ts";
