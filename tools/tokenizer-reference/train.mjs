// Byte-pair merges in the plainest way: count all neighbouring pairs, join the most frequent, again.

/** The characters that byte-level vocabularies write in place of bytes: printable Latin-1 as it is, the others from U+0100 on. */
export const byteCharacters = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
})();

export const toByteCharacters = (text) => Array.from(new TextEncoder().encode(text), (byte) => byteCharacters[byte]).join("");

/** Trains merges on words. Ties go to the pair that comes first in code unit order, so that the result is reproducible. */
export function trainMerges(words, count) {
  const sequences = words.map((word) => Array.from(word));
  const merges = [];
  while (merges.length < count) {
    const frequencies = new Map();
    for (const sequence of sequences) {
      for (let i = 0; i + 1 < sequence.length; i++) {
        const pair = `${sequence[i]}\u0000${sequence[i + 1]}`;
        frequencies.set(pair, (frequencies.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...frequencies].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] ?? [];
    if (best === undefined) break;
    const [left, right] = best.split("\u0000");
    merges.push([left, right]);
    for (const sequence of sequences) {
      for (let i = 0; i + 1 < sequence.length; i++) {
        if (sequence[i] === left && sequence[i + 1] === right) sequence.splice(i, 2, left + right);
      }
    }
  }
  return merges;
}

/** Numbers pieces in order, the later of equal ones left out. */
export function numbered(pieces) {
  return Object.fromEntries([...new Set(pieces)].map((piece, id) => [piece, id]));
}
