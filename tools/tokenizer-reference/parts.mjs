// Single normalizers and pre-tokenizers, each with the texts that tell its options apart.
import { texts } from "./texts.mjs";

const wellFormed = texts.filter((text) => text.isWellFormed());
const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
const dashes = ["", "a", "-", "a--b", "-a-b-", "--a---b--", "a-b"];
const split = (pattern, behavior = "Isolated", invert = false) => ({ type: "Split", pattern, behavior, invert });
const regex = (expression, inputs, behavior) => ({ preTokenizer: split({ Regex: expression }, behavior), inputs });

const letters = ["aab\u0301 B1_2 \u24b6\u{1F130}x \u{10400}\u{1D7CE}\u{20000}\u{1F600} \u00b2\u00bc k\u212aK s\u017fS\u00df 1f-F\nx\r\ny \n", "a\n", "\n", "ab\nab\n\nab", "aabaa", "aaaaab", "]a-[b", "\u{1F600}a\u{1F600}\u{1F600}"];

export const cases = [
  ...["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"].map((type) => ({ normalizer: { type }, inputs: wellFormed })),
  ...[[true, true], [true, false], [false, true], [false, false]].map(([left, right]) => ({ normalizer: { type: "Strip", strip_left: left, strip_right: right }, inputs: ["", "  ", " \n a b\t\u3000", "a", "\u200b a"] })),
  { normalizer: { type: "Prepend", prepend: "\u2581" }, inputs: ["", "a", " a", "\u2581a"] },
  { normalizer: { type: "Replace", pattern: { String: "aa" }, content: "b" }, inputs: ["", "aaa", "aaaa", "xaay"] },
  { normalizer: { type: "Replace", pattern: { String: " " }, content: "" }, inputs: ["", " a  b ", "  "] },
  { normalizer: { type: "Replace", pattern: { Regex: " {2,}" }, content: "$1\\0 " }, inputs: ["", "a  b   c d", "    "] },
  { normalizer: { type: "Replace", pattern: { Regex: "x*" }, content: "-" }, inputs: ["", "axxb", "xx", "\u{1F600}x"] },
  ...behaviors.flatMap((behavior) => [false, true].flatMap((invert) => [
    { preTokenizer: split({ String: "-" }, behavior, invert), inputs: dashes },
    { preTokenizer: split({ Regex: "-+|b" }, behavior, invert), inputs: dashes },
  ])),
  ...behaviors.map((behavior) => ({ preTokenizer: { type: "Punctuation", behavior }, inputs: ["a,b;;c", "!", "$+<=>^`|~", "\u3002\u201cx\u201d\u00bf", "a"] })),
  { preTokenizer: { type: "Punctuation" }, inputs: ["a,b;;c"] },
  ...[true, false].map((individual) => ({ preTokenizer: { type: "Digits", individual_digits: individual }, inputs: ["a12b3", "123", "\u00bd\u0661\u2167\u{1D7CE}x", "none"] })),
  { preTokenizer: { type: "Whitespace" }, inputs: wellFormed },
  { preTokenizer: { type: "WhitespaceSplit" }, inputs: wellFormed },
  ...["first", "always", "never"].flatMap((scheme) => [true, false].map((isSplit) => ({
    preTokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: scheme, split: isSplit }, inputs: ["", " ", "a b", " a  b ", "\u2581a", "a\u2581\u2581b", "a\nb"],
  }))),
  { preTokenizer: { type: "Metaspace", replacement: "_", str_rep: "_", add_prefix_space: true }, inputs: ["a b", "_a"] },
  { preTokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "\u2581", prepend_scheme: "first" }] }, inputs: ["a b c", " a b"] },
  ...[
    "\\w+", "\\W", "\\s", "\\d+", "\\h+", "\\H", "\\b", "\\B", "^a", "a$", "^", "$", "\\Aa", "a\\z", "a\\Z", "(?m:a.)", "a.", ".", "(?i)k", "(?i:s)", "(?i:[a-z]+)", "(?i:[^a-z]+)", "(?i:a)B",
    "a?+a", "a++b", "a*+b", "a{1,2}+", "a{,2}", "a{2,}", "a{2}", "a{2}?", "a+?", "a{1,3}?b", "a{", "a{x}", "(?=b)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a+)b", "(a|b)+", "a*", "",
    "[]a]", "[a-]", "[^\\]a]", "[\\w-]+", "[^\\s\\p{L}]+", "[\\h_]", "\\p{^L}", "\\P{L}+", "\\p{Lu}", "\\p{M}", "\\p{P}|\\p{S}", "\\p{So}", "\\x41|\\x{1f600}".slice(0, 4), "\\u0062", "\\/|\\-", "\\n", "\\r?\\n",
  ].map((expression) => regex(expression, letters)),
];
