/** Emmett with PostgreSQL, to compare with. */
export {
  openEmmett,
  type EmmettOptions,
  type EmmettPeer,
  type EmmettSkipped,
} from "./open-emmett.ts";
