// Writes src/Checkpoints/Tokenization/Normalization/UnicodeNormalization.txt from what this Node's String.prototype.normalize does.
// Usage: node make-table.mjs > ../../src/Checkpoints/Tokenization/Normalization/UnicodeNormalization.txt

const hangulFirst = 0xac00;
const hangulLast = 0xd7a3;
const points = [];
for (let point = 0x80; point <= 0x10ffff; point++) {
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  if (!surrogate && !(point >= hangulFirst && point <= hangulLast)) points.push(point);
}

const hex = (text) => Array.from(text, (character) => character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")).join(" ");

// A mark has a non-zero combining class when it changes places with a mark of the lowest class (U+0334, class 1) or,
// being of class 1 itself, with one of the highest (U+0345, class 240).
const swaps = (first, second) => (first + second).normalize("NFD") !== first.normalize("NFD") + second.normalize("NFD");
const marks = points
  .map((point) => String.fromCodePoint(point))
  .filter((mark) => mark.normalize("NFD") === mark && (swaps(mark, "\u0334") || swaps("\u0345", mark)));

// Only the order of the classes matters, so they are numbered from 1 in the order in which marks are put.
const classes = [];
for (const mark of marks) {
  const position = classes.findIndex(([representative]) => !swaps(mark, representative));
  if (position >= 0 && !swaps(classes[position][0], mark)) classes[position].push(mark);
  else classes.splice(position < 0 ? classes.length : position, 0, [mark]);
}

console.log(`# Unicode ${process.versions.unicode} normalization, written by tools/unicode-normalization/make-table.mjs.`);
console.log("# X = A B  canonical decomposition, composed again by NFC;  X : A B  canonical, not composed;  X ~ A B  compatibility;");
console.log("# @N A B-C  marks whose combining class has rank N. Hangul syllables are computed.");
for (const point of points) {
  const character = String.fromCodePoint(point);
  const canonical = character.normalize("NFD");
  const compatible = character.normalize("NFKD");
  if (canonical !== character) {
    const parts = Array.from(canonical);
    const last = parts.pop();
    const first = parts.join("").normalize("NFC");
    if (character.normalize("NFC") === character) {
      if (Array.from(first).length !== 1 || (first + last).normalize("NFC") !== character) throw new Error(`no primary pair for ${hex(character)}`);
      console.log(`${hex(character)} = ${hex(first)} ${hex(last)}`);
    } else {
      console.log(`${hex(character)} : ${hex(canonical)}`);
    }
  }
  if (compatible !== canonical) console.log(`${hex(character)} ~ ${hex(compatible)}`);
}
classes.forEach((members, index) => {
  const ranges = [];
  for (const point of members.map((mark) => mark.codePointAt(0))) {
    const range = ranges.at(-1);
    if (range && range[1] === point - 1) range[1] = point;
    else ranges.push([point, point]);
  }
  const text = ranges.map(([first, last]) => (first === last ? hex(String.fromCodePoint(first)) : `${hex(String.fromCodePoint(first))}-${hex(String.fromCodePoint(last))}`));
  console.log(`@${index + 1} ${text.join(" ")}`);
});
