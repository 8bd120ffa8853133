// A process of several steps, with a time-out and a compensation: `npm run checkout`.
import { connect } from "@nats-io/transport-node";
import { NatsStore } from "jetfold/nats";
import { startNatsServer } from "jetfold/testing";
import { Shop } from "./shop.ts";
import { StockEvents } from "./stock.ts";

let failed = false;

function check(claim: string, held: boolean): void {
  console.log(`${held ? "✓" : "✗"} ${claim}`);
  failed ||= !held;
}

await using server = await startNatsServer();
const connection = await connect({
  servers: server.url,
  maxReconnectAttempts: -1,
  ignoreAuthErrorAbort: true,
});
const store = await NatsStore.open(connection, { name: "shop", onWarning: () => undefined });

await play(new Shop(store));
await repeat(new Shop(store, true));

await store.close();
await connection.close();
if (failed) process.exitCode = 1;

async function play(shop: Shop): Promise<void> {
  await shop.deliver("cup", 3);
  const ada = await shop.order("ada", "cup", 1);
  const bob = await shop.order("bob", "cup", 2);
  const both = ada.status === "awaiting payment" && bob.status === "awaiting payment";
  check("Ada and Bob order: their cups are reserved, and their payments awaited", both);
  const cyd = await shop.order("cyd", "cup", 1);
  check("Cyd is too late: no cup is left, and the order is cancelled", cyd.status === "cancelled");
  await shop.pay("ada");
  const told = await shop.tooLong();
  check("Ada pays, and only Bob's time is over", told.join() === "bob");
  check("so Bob's two cups are free again", (await shop.free("cup")) === 2);
  const tooLate = await shop.pay("bob").then(() => "paid", String);
  check("and Bob can't pay any more", tooLate.includes("the order is cancelled"));
  await shop.close();
}

async function repeat(shop: Shop): Promise<void> {
  const before = await moves();
  await shop.settled();
  await shop.tooLong();
  await shop.close();
  const after = await moves();
  check(`all of it gone through once more: ${after} moves of stock, no more`, before === after);
}

async function moves(): Promise<number> {
  let count = 0;
  for await (const _ of store.replay(StockEvents)) count++;
  return count;
}
