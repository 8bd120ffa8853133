/** Emmett with PostgreSQL, to compare with. */
export { openEmmett, type EmmettPeer } from "./open-emmett.ts";
