/**
 * What was thrown, as one text that can be stored: an error's name and message. Never throws, whatever
 * was thrown.
 */
export function errorText(thrown: unknown): string {
  try {
    return storableText(
      thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    );
  } catch {
    return noText;
  }
}

/** What an error says, without its name. Never throws. */
export function messageText(error: Error): string {
  try {
    const message: unknown = error.message;
    return storableText(String(message));
  } catch {
    return noText;
  }
}

/**
 * A text of somebody else's as it can be stored and shown anywhere: well-formed, with control characters
 * made visible, as \u0000.
 * @param most - how many UTF-16 units of it are kept
 */
export function storableText(text: string, most: number = Infinity): string {
  const cut =
    text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return cut.toWellFormed().replace(/[^\P{Cc}\t\n\r]/gu, escaped);
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A value short enough for a message. Never throws, whatever the value. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(clip(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `a function`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)
      ?.constructor?.name;
    return typeof name === "string" && name !== "Object" && name !== "" ? `a ${name}` : "an object";
  } catch {
    return noText;
  }
}

/** Of a revoked proxy, an object without a prototype, a getter that throws. */
const noText = "a value that has no text";

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
