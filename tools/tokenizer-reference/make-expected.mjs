// Records what the tokenizers library makes of the texts, and where its JavaScript counterpart differs.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Tokenizer as JavaScriptTokenizer } from "@huggingface/tokenizers";
import { Tokenizer } from "tokenizers";
import { cases } from "./parts.mjs";
import { texts } from "./texts.mjs";

const data = path.join(import.meta.dirname, "../../tests/Checkpoints.Tests/Tokenization/Data");
const version = (name) => JSON.parse(fs.readFileSync(path.join(import.meta.dirname, `node_modules/${name}/package.json`))).version;
const library = `tokenizers ${version("tokenizers")}`;
const second = `@huggingface/tokenizers ${version("@huggingface/tokenizers")}`;
const madeBy = { library, second, node: process.version, command: "npm ci && npm run make" };
const sorted = (names) => names.filter((name) => fs.existsSync(path.join(data, name, "tokenizer.json"))).sort();
// A lone surrogate cannot stand in a json string that every reader takes, so texts are code units where they are not well-formed.
const written = (text) => (text.isWellFormed() ? { text } : { codeUnits: Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)) });

const disagreements = {};
for (const name of sorted(fs.readdirSync(data))) {
  const json = fs.readFileSync(path.join(data, name, "tokenizer.json"), "utf8");
  const tokenizer = Tokenizer.fromString(json);
  const other = new JavaScriptTokenizer(JSON.parse(json), {});
  const encodings = [];
  for (const text of texts) {
    const ids = (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
    const framed = (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
    encodings.push({ ...written(text), ids, framed, decoded: await tokenizer.decode(framed, true), decodedWhole: await tokenizer.decode(framed, false) });
    const theirs = other.encode(text, { add_special_tokens: false }).ids;
    if (theirs.join() !== ids.join()) (disagreements[name] ??= []).push({ ...written(text), library: ids, second: theirs });
  }
  const lines = encodings.map((encoding) => JSON.stringify(encoding)).join(",\n");
  fs.writeFileSync(path.join(data, name, "expected.json"), `{"madeBy":${JSON.stringify(madeBy)},\n"encodings":[\n${lines}\n]}\n`);
}

const difference = Object.entries(disagreements).map(([name, list]) => `${JSON.stringify(name)}:[\n${list.map((item) => JSON.stringify(item)).join(",\n")}\n]`);
fs.writeFileSync(path.join(data, "disagreements.json"), `{"madeBy":${JSON.stringify(madeBy)},\n${difference.join(",\n")}}\n`);

// Single steps: what a normalizer makes of a text, and how a pre-tokenizer cuts it.
const whole = (part) => Tokenizer.fromString(JSON.stringify({
  version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null,
  model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: {}, merges: [] },
  ...part,
}));
const steps = cases.map(({ normalizer, preTokenizer, inputs }) => {
  const tokenizer = whole(normalizer ? { normalizer } : { pre_tokenizer: preTokenizer });
  const outputs = inputs.map((text) => (normalizer ? [tokenizer.getNormalizer().normalizeString(text)] : tokenizer.getPreTokenizer().preTokenizeString(text).map(([piece]) => piece)));
  return JSON.stringify({ ...(normalizer ? { normalizer } : { preTokenizer }), inputs, outputs });
});

// Node's own normalization of every code point that any form changes, as one hash for each form.
const changing = [];
for (let point = 0x80; point <= 0xe0fff; point++) {
  const skipped = (point >= 0xd800 && point <= 0xdfff) || (point >= 0x30000 && point < 0xe0000);
  if (!skipped && String.fromCodePoint(point).normalize("NFKD") !== String.fromCodePoint(point)) changing.push(String.fromCodePoint(point));
}
const hash = (form) => crypto.createHash("sha256").update(changing.map((c) => `${c}\u0301\u0323 ${c}\u05B0\u0334|a${c}\u11A8`.normalize(form)).join("")).digest("hex");
const forms = Object.fromEntries(["NFC", "NFD", "NFKC", "NFKD"].map((form) => [form, { sha256: hash(form), codePoints: changing.length }]));
fs.writeFileSync(path.join(data, "steps.json"), `{"madeBy":${JSON.stringify({ ...madeBy, unicode: process.versions.unicode })},\n"normalizationForms":${JSON.stringify(forms)},\n"steps":[\n${steps.join(",\n")}\n]}\n`);
for (const [name, list] of Object.entries(disagreements)) console.log(`${name}: ${second} differs on ${list.length} of ${texts.length} texts`);
