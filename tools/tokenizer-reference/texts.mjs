// The texts whose ids are recorded, written for this purpose.

const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";
// Letters in an order without a pattern, for merges that reach one piece in several ways.
let state = 1;
const letter = () => "abc"[(state = (state * 48271) % 2147483647) % 3];
const letters = Array.from({ length: 12 }, (_, i) => Array.from({ length: 10 * (i + 1) }, letter).join(""));

export const texts = [
  "", " ", "  ", "   ", "\n", "\r\n", "\t", " \n ", "a", " a", "a ", "  a", "a  b", "a   b    c     d",
  "The tokenizer reads a text and gives numbers.",
  "it's IT'S It'S they'd THEY'D we've WE'VE I'm I'M you'll YOU'LL they're THEY'RE 'tis 'TIS can't CAN'T it\u2019s '\u017f '\u017fa ' 's 's",
  "''s '' '''ll 'l 'r 'v 're' 'REal 'x'd",
  "tabs\there\t\tand\t there", "line\nline\n\nline\r\nline\r\n\r\nline \n line\n  line   \n\n   ", "trailing spaces   ", "\u00a0no\u00a0break\u2003em\u3000wide\u0085next\u2028line\u2029paragraph\u200bzero",
  "1 12 123 1234 12345 1234567890 3.14159 1,000,000 0x1F 1e-9 \u0661\u0662\u0663\u0664 \u00bd\u00b2 \u2167 \u4e00\u4e8c\u4e09",
  "def merge(left, right):\n    if left < right:\n        return {\"left\": left}\n\treturn None  # done\n",
  "if (a != b && c <= d) { x[i] += y->z; } /* note */ // end\r\n", "<html><body class=\"a\">&amp;</body></html>", "https://example.org/a/b?c=d&e=f#g", "!!! ??? ... --- *** ((())) [[]] {{}} ///\n/// $100 50% #1 @me ~ ^ ` | \\",
  "\u{1F600} \u{1F600}\u{1F601} a\u{1F600}b \u{1F44D}\u{1F3FD} " + family + " \u{1F1E9}\u{1F1EA} \u2764\ufe0f 1\ufe0f\u20e3",
  "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u3002", "\u6771\u4eac\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059\u3002\u30ab\u30bf\u30ab\u30ca 2024\u5e74", " \u6771\u4eac unreachable \u00fcn\u00efc\u00f6d\u00e9", "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4 \u1100\u1161\u11a8",
  "\u{20000}\u{2A6D6}\u4e00\u{20001} a\u{20000}b", "\u{1D400}\u{1D41A}\u{1D7CE}\u{1D7CF} x\u{1D465}y \u{10400}\u{10428} \u{1F130}\u{1F189} \u24b6\u24e9", "\u{E0041}\u{F0000}\u{10FFFD}\u{1E000}\u{10B99}",
  "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u0627 \u0628\u0650\u0627\u0644\u0639\u0627\u0644\u0645 \u0640\u0640", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e \u0915\u094d\u0937\u093f \u0931 \u0928\u093c",
  "caf\u00e9 cafe\u0301 CAFE\u0301 \u212b \u2126 \u1e9b\u0323 a\u0323\u0307 a\u0307\u0323 \u0344 \ufb01 \uff21 \u01c4 \u0130I\u0131i \u00df\u1e9e \u03a3\u03c3\u03c2 \u0958 \u2adc",
  "Gr\u00f6\u00dfe gr\u00f6\u00dfer \u00fcber stra\u00dfe; O\u00f9 \u00eates-vous? \u0396\u03ae\u03c4\u03b1 \u041f\u0440\u0438\u0432\u0435\u0442",
  "\u0000\u0001\u001f\u007f\u0080\u009f\ufeff\ufffd\ufffe\uffff\ue000", "\u2581 \u2581\u2581 a\u2581b <0x41> <0xE2>", "\u20ac \u20ac\u20ac a\u20acb \u0af1", "\u4eca\u4eca \u2603\u2603\u2604 \u20ac\u2603\u20ac\n\u2603",
  "<|endoftext|>", "a<|endoftext|>b <|endoftext|> <|endoftext|><|endoftext|>", "<|endoftext |endoftext|> <|ENDOFTEXT|>",
  "<|begin_of_text|>Hi<|eot_id|>\n\n<|end_of_text|> <|reserved_special_token_0|><|reserved_special_token_1|>", "<|im_start|>user\nHi<|im_end|>\n<tool_call>{}</tool_call> caf\u00e9 cafe\u0301", "<s>a</s> <s> b<s>\n<unk><S>", "a <tool>  b<tool>\u2581c <tool>",
  "a  <mask>  b <mask><mask>", "a  <end>  b <end> <end>", "a  <both>  b <both> <mask>  <end>", "token tokens token. _token token_ token2 (token) \u00e9token token\u0301 token\u200d token", "<a><b><a><a><b>c<b>", "gr\u00f6\u00dfer gro\u0308\u00dfer",
  "word ".repeat(40), "ab".repeat(300), "a".repeat(257), " ".repeat(129), "\n".repeat(65), "=".repeat(80), "0".repeat(50), "\u{1F600}".repeat(20), "aA".repeat(30) + "1a".repeat(30),
  ...letters, "~a b", "~~ a", "\u0301a b", "##a ~", "# a", "b~ ~a", "<s> a<s>~b",
  "a\ud800b", "\ud83d", "\ude00x", "\ude00\ud83d", "\ud83d\ud83d\ude00\ude00", "x\udfff",
];
