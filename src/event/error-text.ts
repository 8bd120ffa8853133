/** What was thrown, as one text: an error's name and message. Never throws, whatever was thrown. */
export function errorText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return noText;
  }
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
