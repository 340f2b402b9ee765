// What the small tokenizers are trained on, written for this purpose.

export const corpus = `
The tokenizer reads a text and gives numbers. Its numbers are the same every time, and the text comes back from them.
She'll say that it's fine, they've said they'd go, I'm sure we're late, and he can't know. DON'T SHOUT: IT'S LATE, WE'LL SEE.
A word, another word; the third word (in brackets) and the "fourth" one. The end of the line is here.
There were 7 days, 31 nights, 365 mornings and 1000000 reasons to wait until 2048 or 3.14159.
def merge(left, right):
    if left < right:
        return {"left": left, "right": right}
\tfor (int i = 0; i < count; i++) { total += values[i]; }
Ein Käse, zwei Käse; größer, schöner, weiß. Où êtes-vous, garçon? El niño comió piñas. Ζήτα και ήτα. Привет, мир.
今天天气很好，我们去公园。東京は日本の首都です。안녕하세요 세계. สวัสดีชาวโลก. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया.
The number of the word is the word of the number, and the reading of the text is the text of the reading.
Nothing is lost when the words are split, for all the bytes are kept: tokens, tokenizers, tokenization, token.
`;
