import { createHash } from "node:crypto";
import { InvalidInputError } from "./errors.ts";

/**
 * Names that become subject tokens: stores, families and aggregate ids.
 *
 * nats-server 2.15 stores `*`, NUL and zero-width characters in subjects, and a purge with an id
 * of `*` erases every aggregate, so only this alphabet gets in.
 */
const token = /^[A-Za-z0-9_-]{1,128}$/;
const tokenRule = "must be 1 to 128 characters of A-Z a-z 0-9 _ -";

/**
 * Check a store, family or aggregate name.
 * @throws {@link InvalidInputError} naming `field` when it is not 1 to 128 of `A-Z a-z 0-9 _ -`
 */
export function checkName(field: string, value: unknown): string {
  if (typeof value !== "string" || !token.test(value)) {
    throw new InvalidInputError(field, tokenRule, value);
  }
  return value;
}

/** Check an aggregate id. @throws {@link InvalidInputError} as {@link checkName}, plus the way out */
export function checkId(value: unknown): string {
  if (typeof value !== "string" || !token.test(value)) {
    throw new InvalidInputError("id", `${tokenRule} (idOf(text) makes one of any text)`, value);
  }
  return value;
}

/** Is it a name that an aggregate can have? A foreign message may lie under any other. */
export function isName(text: string): boolean {
  return token.test(text);
}

/**
 * An aggregate id for any text (an e-mail address, a URL): a UUIDv5 (RFC 9562) of its NFC form in
 * jetfold's namespace. The same text gives the same id for ever; the text cannot be read back.
 *
 * @throws {@link InvalidInputError} when the text is empty or not well-formed Unicode
 */
export function idOf(text: string): string {
  if (typeof text !== "string" || text === "" || !text.isWellFormed()) {
    throw new InvalidInputError("text", "must be a non-empty well-formed string", text);
  }
  const hash = createHash("sha1").update(idNamespace).update(text.normalize("NFC")).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** jetfold's UUIDv5 namespace; changing it would change every id ever made. */
const idNamespace = Buffer.from("6a6574666f6c6440a1e5f0c39b7d2e11", "hex");

/** Is it a key that a bucket of ours can have? Others may keep theirs in it. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}(\.[A-Za-z0-9_-]{1,128}){0,7}$/.test(text);
}

/** Check a bucket's key. @throws {@link InvalidInputError} when it is not tokens joined by dots */
export function checkKey(key: string): string {
  if (typeof key !== "string" || !isKey(key)) {
    throw new InvalidInputError("key", "must be tokens of A-Z a-z 0-9 _ - joined by dots", key);
  }
  return key;
}

/** Check a family's name once more where it becomes a subject: the object may be made by hand. */
export function checkFamily(family: { readonly name: string }): string {
  return checkName("family", family?.name);
}
