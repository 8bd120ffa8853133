/** Values that decoders read by different means: by length, by script, and with U+FEFF. */
const texts: readonly string[] = [31, 32, 64, 65, 139, 140, 256, 65_536].flatMap((length) => [
  "a".repeat(length),
  "ü".repeat(length),
  "😀".repeat(length / 2),
  `\ufeff${"a".repeat(length)}`,
  `${"€".repeat(length)}\ufeff`,
]);

export const sampleValues: readonly unknown[] = [
  ...texts,
  texts,
  Object.fromEntries(texts.map((text) => [text, { [text]: text.length }])),
  { at: new Date(1_700_000_000_123), total: 12.5, big: 2n ** 63n, bytes: Uint8Array.of(1, 2, 3) },
];
