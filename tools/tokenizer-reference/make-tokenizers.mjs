// Writes one directory for each style of tokenizer into tests/Checkpoints.Tests/Tokenization/Data.
import fs from "node:fs";
import path from "node:path";
import { corpus } from "./corpus.mjs";
import { byteCharacters, numbered, toByteCharacters, trainMerges } from "./train.mjs";

const data = path.join(import.meta.dirname, "../../tests/Checkpoints.Tests/Tokenization/Data");
export const patterns = {
  gpt2: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  llama3: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  qwen2: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  caseAware: String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  cjk: "[一-龥぀-ゟ゠-ヿ]+",
};

const split = (regex, behavior = "Isolated", invert = false) => ({ type: "Split", pattern: { Regex: regex }, behavior, invert });
const byteLevel = (prefix, regex = false) => ({ type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: regex });
const sequence = (key, ...items) => ({ type: "Sequence", [key]: items });
const replace = (from, to) => ({ type: "Replace", pattern: { String: from }, content: to });
const strip = (content, start, stop) => ({ type: "Strip", content, start, stop });
const added = (id, content, options = {}) => ({
  id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...options,
});
const template = (before, id, after = []) => ({
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: before, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, ...after.map((token) => ({ SpecialToken: { id: token[0], type_id: 0 } }))],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries([[before, id], ...after].map(([token, tokenId]) => [token, { id: token, ids: [tokenId], tokens: [token] }])),
});

const byteWords = corpus.match(new RegExp(patterns.gpt2, "gu")).map(toByteCharacters);
const byteMerges = trainMerges(byteWords, 320);
const bytePieces = [...byteCharacters, ...byteMerges.map(([left, right]) => left + right)];
const markWords = corpus.replaceAll("今", "").replaceAll(/\s/g, " ").split(/(?= )/u).map((word) => word.replace(" ", "▁"));
const markMerges = trainMerges(markWords, 300);
const markCharacters = [...new Set(Array.from("▁" + corpus.replaceAll(/[\s今]/gu, "")))].sort();
const bytePiecesOfFallback = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const doubled = [["▁", "▁"], ["▁▁", "▁▁"]];
const markPieces = (...extra) => ["<unk>", "<s>", "</s>", ...extra, ...markCharacters, "▁▁", "▁▁▁▁", ...markMerges.map(([left, right]) => left + right)];

function write(name, { normalizer = null, pre = null, post = null, decoder = null, tokens = [], model }, config) {
  const directory = path.join(data, name);
  fs.mkdirSync(directory, { recursive: true });
  const file = {
    version: "1.0", truncation: null, padding: null, added_tokens: tokens, normalizer, pre_tokenizer: pre, post_processor: post, decoder,
    model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, ...model },
  };
  fs.writeFileSync(path.join(directory, "tokenizer.json"), JSON.stringify(file, null, 1) + "\n");
  if (config) fs.writeFileSync(path.join(directory, "tokenizer_config.json"), JSON.stringify(config, null, 1) + "\n");
}

const asText = (merges) => merges.map(([left, right]) => `${left} ${right}`);
const byteModel = { vocab: numbered(bytePieces), merges: asText(byteMerges) };
const first = bytePieces.length;

write("gpt2", {
  pre: byteLevel(false, true), post: byteLevel(true), decoder: byteLevel(true), model: byteModel,
  tokens: [added(first, "<|endoftext|>")],
}, { bos_token: "<|endoftext|>", eos_token: { content: "<|endoftext|>", special: true }, tokenizer_class: "GPT2Tokenizer" });

write("gpt2-prefix-space", {
  pre: byteLevel(true, true), post: byteLevel(true), decoder: byteLevel(true), model: { ...byteModel, merges: byteMerges },
  tokens: [
    added(first, "<mask>", { lstrip: true }), added(first + 1, "<end>", { rstrip: true }), added(first + 2, "<both>", { lstrip: true, rstrip: true }),
    added(first + 3, "token", { special: false, normalized: true, single_word: true }), added(first + 4, "<a>"), added(first + 5, "<a><b>"),
    added(first + 6, "größer", { special: false }),
  ],
});

// Pieces that no merge leads to: only ignore_merges makes words of them.
const unreachable = [" unreachable", " 東京", "ünïcödé"].map(toByteCharacters);
const llama3 = first + unreachable.length;
write("llama3", {
  pre: sequence("pretokenizers", split(patterns.llama3), byteLevel(false)),
  post: sequence("processors", byteLevel(true), template("<|begin_of_text|>", llama3)),
  decoder: byteLevel(true),
  model: { vocab: numbered([...bytePieces, ...unreachable]), merges: asText(byteMerges), ignore_merges: true },
  tokens: ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|reserved_special_token_0|>"].map((content, index) => added(llama3 + index, content)),
}, { bos_token: "<|begin_of_text|>", eos_token: "<|end_of_text|>", tokenizer_class: "PreTrainedTokenizerFast" });

write("qwen2", {
  normalizer: { type: "NFC" }, pre: sequence("pretokenizers", split(patterns.qwen2), byteLevel(false)), post: byteLevel(false), decoder: byteLevel(false), model: byteModel,
  tokens: [
    added(first, "<|endoftext|>"), added(first + 1, "<|im_start|>"), added(first + 2, "<|im_end|>"),
    added(first + 3, "<tool_call>", { special: false }), added(first + 4, "caf\u00e9", { special: false, normalized: true }),
  ],
}, { bos_token: null, eos_token: "<|im_end|>", add_bos_token: false, tokenizer_class: "Qwen2Tokenizer" });

write("chinese-splits", {
  normalizer: sequence("normalizers"),
  pre: sequence("pretokenizers", split(String.raw`\p{N}{1,3}`), split(patterns.cjk), split(patterns.caseAware), byteLevel(false)),
  post: template("<bos>", first, [["<eos>", first + 1]]), decoder: byteLevel(true), model: byteModel, tokens: [added(first, "<bos>"), added(first + 1, "<eos>")],
});

write("case-aware-removed", {
  pre: sequence("pretokenizers", split(patterns.caseAware, "Removed", true), byteLevel(false)), decoder: byteLevel(true), model: byteModel,
});

const fallbackModel = { vocab: numbered(markPieces(...bytePiecesOfFallback)), merges: asText([...doubled, ...markMerges]), unk_token: "<unk>", fuse_unk: true, byte_fallback: true };
const threeTokens = ["<unk>", "<s>", "</s>"].map((content, id) => added(id, content));
const llama2Decoder = sequence("decoders", replace("▁", " "), { type: "ByteFallback" }, { type: "Fuse" }, strip(" ", 1, 0));
write("llama2", {
  normalizer: sequence("normalizers", { type: "Prepend", prepend: "▁" }, replace(" ", "▁")), post: template("<s>", 1), decoder: llama2Decoder, model: fallbackModel,
  tokens: [...threeTokens, added(Object.keys(fallbackModel.vocab).length, "<tool>", { normalized: true, rstrip: true, special: false })],
}, { add_bos_token: true, add_eos_token: false, bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", tokenizer_class: "LlamaTokenizer" });

write("metaspace-first", {
  pre: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false }, post: template("<s>", 1), decoder: llama2Decoder, model: fallbackModel, tokens: threeTokens,
});

const unknownModel = { vocab: numbered(markPieces()), merges: asText([...doubled, ...markMerges]), unk_token: "<unk>" };
write("metaspace-split", {
  pre: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true }, model: unknownModel, tokens: threeTokens,
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
});

// What removes the start of a text also takes the mark that the scheme "first" would have put there.
write("strip-first", {
  normalizer: sequence("normalizers", { type: "Strip", strip_left: true, strip_right: false }, { type: "StripAccents" }, replace("~", ""), { type: "Replace", pattern: { Regex: "#+" }, content: "" }),
  pre: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true }, model: unknownModel, tokens: threeTokens,
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
});

// A few bytes have pieces and most have not, so that unknown tokens and bytes meet; no decoder joins pieces with spaces.
const partial = ["<0xE2>", "<0x82>", "<0xAC>", "<0x0A>"];
write("lowercase-words", {
  normalizer: sequence("normalizers", { type: "NFD" }, { type: "Lowercase" }, { type: "StripAccents" }, { type: "Strip", strip_left: true, strip_right: true }),
  pre: sequence("pretokenizers", { type: "Whitespace" }, { type: "Digits", individual_digits: true }),
  model: { vocab: numbered([...markPieces(...partial)]), merges: asText(markMerges), unk_token: "<unk>", fuse_unk: true, byte_fallback: true }, tokens: [added(0, "<unk>"), added(1, "<s>", { normalized: true })],
});

// Merges that reach one piece in several ways, where it matters which candidates the library takes for stale.
const ambiguous = [..."abc"];
const ambiguousMerges = [];
for (let state = 7; ambiguousMerges.length < 60; ) {
  const pick = () => ambiguous[(state = (state * 48271) % 2147483647) % ambiguous.length];
  const pair = [pick(), pick()];
  if (pair.join("").length > 7 || ambiguousMerges.some(([left, right]) => left === pair[0] && right === pair[1])) continue;
  ambiguousMerges.push(pair);
  if (!ambiguous.includes(pair.join(""))) ambiguous.push(pair.join(""));
}
write("ambiguous-merges", { decoder: { type: "Fuse" }, model: { vocab: numbered(["<unk>", ...ambiguous]), merges: ambiguousMerges, unk_token: "<unk>", fuse_unk: false } });
